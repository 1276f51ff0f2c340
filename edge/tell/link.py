"""One connection to the broker: the only module that knows paho.

A ``Link`` is one attempt. When it fails or ends it is over, and whatever it had under way dies
with it: the outbox says it again on the next, with its true age. paho's thread connects, keeps
alive and delivers; all that it learns is laid down as news for the loop to read.
"""

from __future__ import annotations

import errno
import logging
import socket
import sys
import time
from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge.tell.news import INBOUND_LIMIT, Acked, Down, Heard, News, Up
from edge.tell.trust import trust
from edge.types import NS

if TYPE_CHECKING:
    from paho.mqtt.reasoncodes import ReasonCode

    from edge.tell.settings import MqttSettings

log = logging.getLogger(__name__)

NEWS_LIMIT = 256
"""Messages that may wait to be read: a flood of commands is cut off here, not stored."""

PACKET_LIMIT = 64 * 1024  # MQTT 5: the broker sends nothing larger
CONNECT_S = 5.0
INFLIGHT = 20  # contract, rule 4; less where the broker takes less
NO_NETWORK = {errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTUNREACH, socket.EAI_AGAIN}
"""What a board hears of its own kernel or resolver where no network is up."""


class Link:
    """An attempt to talk to the broker, and the connection that may come of it."""

    def __init__(self, settings: MqttSettings, client_id: str, will: str, *, v5: bool) -> None:
        """Start connecting in the background. Raises ``LinkError`` for unusable certificates."""
        self.v5 = v5
        self.packet_limit: int | None = None  # bytes that the broker takes, where it has said so
        self._was_up = False
        self._greeting_ns: int | None = None
        self._topics: dict[int, str] = {}  # of what is under way
        self._filters: tuple[str, ...] = ()
        self._refused: set[bool] = set()
        self._acked: deque[News] = deque()  # as many as there are messages under way
        self._heard: deque[News] = deque(maxlen=NEWS_LIMIT)
        self._down: deque[News] = deque()
        self._client = client = unconnected(settings, client_id, v5=v5)
        client.will_set(will, "offline", qos=1, retain=True)
        client.max_inflight_messages_set(INFLIGHT)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.on_subscribe = self._on_subscribe
        client.on_socket_open = self._on_socket_open
        client.connect_async(
            settings.host, settings.port, settings.keepalive_s, properties=_connecting(v5=v5)
        )
        client.loop_start()

    def read(self) -> list[News]:
        """All news since the last time; the end comes last."""
        if not (self._acked or self._heard or self._down):  # as on most frames
            return []
        news = [
            queue.popleft()
            for queue in (self._acked, self._heard, self._down)
            for _ in tuple(queue)
        ]
        for each in news:
            if isinstance(each, Acked):
                self._settle(each)
        return news

    @property
    def up(self) -> bool:
        """Whether the broker has accepted us and is still there as far as one can know."""
        return self._client.is_connected()

    @property
    def unanswered_s(self) -> float:
        """How long the broker has not answered our greeting; 0 where it has, or has not got it."""
        if self._was_up or self._greeting_ns is None:
            return 0.0
        return (time.monotonic_ns() - self._greeting_ns) / NS

    def send(
        self,
        topic: str,
        payload: bytes,
        qos: int,
        *,
        retain: bool = False,
        expiry_s: int | None = None,
        correlation: bytes | None = None,
    ) -> int:
        """Hand over; never blocks. Gives the number under which it will be acknowledged."""
        properties = _publishing(expiry_s, correlation) if self.v5 else None
        mid = self._client.publish(topic, payload, qos, retain=retain, properties=properties).mid
        if qos:
            self._topics[mid] = topic
        return mid

    def listen(self, *filters: str) -> None:
        """Subscribe at QoS 1 to what is said from now on: nothing that is retained is a request."""
        self._filters = filters
        fresh = SubscribeOptions(1, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND)
        if self.v5:
            self._client.subscribe([(each, fresh) for each in filters])
        else:
            self._client.subscribe([(each, 1) for each in filters])

    def close(self, *, wait: bool) -> None:
        """Leave in order, so that no will is sent; ``wait`` until the broker has been told."""
        client = self._client
        client.disconnect()
        if wait:
            client.loop_stop()
        # they lead back here: without them paho's sockets are closed as soon as it is let go,
        # not when the garbage collector comes by (a day without a broker has 3000 attempts)
        client.on_connect = client.on_connect_fail = client.on_disconnect = None
        client.on_publish = client.on_message = client.on_subscribe = None
        client.on_socket_open = None

    def _on_connect(self, *args: Any) -> None:
        reason: ReasonCode = args[3]
        if reason.is_failure:
            wrong = reason.getName() == "Unsupported protocol version"
            self._down.append(Down(f"the broker refused us: {reason}", version=wrong))
        else:
            # paho goes past what an MQTT 5 broker can hold (HiveMQ: 10), and is thrown out for it.
            # Its setter refuses while there is a connection; nothing is under way on it yet
            most = getattr(args[4], "ReceiveMaximum", INFLIGHT)
            self._client._max_inflight_messages = min(INFLIGHT, most)  # noqa: SLF001
            self.packet_limit = getattr(args[4], "MaximumPacketSize", None)
            self._was_up = True
            self._heard.append(Up())

    def _on_socket_open(self, *_: object) -> None:
        self._greeting_ns = time.monotonic_ns()

    def _on_connect_fail(self, client: paho.Client, _data: object) -> None:
        error = sys.exception()  # paho calls from its ``except OSError``, and gives no reason
        why = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        offline = isinstance(error, OSError) and error.errno in NO_NETWORK
        self._down.append(Down(f"the broker cannot be reached: {why}", offline=offline))
        client.loop_stop()  # from its own thread: end after this attempt, the next is another link

    def _on_disconnect(self, *args: Any) -> None:
        reason: ReasonCode = args[3]
        silent = reason.getName() == "Keep alive timeout"
        self._down.append(Down(f"the connection was lost: {reason}", hung_up=not silent))

    def _on_publish(self, *args: Any) -> None:
        reason: ReasonCode = args[3]
        self._acked.append(Acked(args[2], str(reason) if reason.is_failure else ""))

    def _settle(self, acked: Acked) -> None:
        """Say what is refused: the first, and the first event, since more of the kind follow."""
        topic = self._topics.pop(acked.mid, "")
        event = topic.endswith("/event")
        if acked.refused and event not in self._refused:
            self._refused.add(event)
            log.warning("mqtt: the broker refuses %s: %s; events are kept", topic, acked.refused)

    def _on_subscribe(self, *args: Any) -> None:
        reasons: list[ReasonCode] = args[3]
        deaf = [
            f"{each}: {reason}"
            for each, reason in zip(self._filters, reasons, strict=False)
            if reason.is_failure
        ]
        if deaf:
            log.warning("mqtt: the broker lets us hear nothing of %s", ", ".join(deaf))

    def _on_message(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:  # nobody's; paho's thread would end with it, without a word
            return
        asked = message.properties
        self._heard.append(
            Heard(
                topic,
                bytes(message.payload[: INBOUND_LIMIT + 1]),
                retained=message.retain,
                answer_to=getattr(asked, "ResponseTopic", None),
                correlation=getattr(asked, "CorrelationData", None),
            )
        )


def unconnected(
    settings: MqttSettings, client_id: str, *, v5: bool, again: bool = False
) -> paho.Client:
    """A client that is not connected yet. Raises ``LinkError`` for unusable certificates.

    ``again``: it calls a broker that was away by itself.
    """
    client = paho.Client(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        protocol=MQTTProtocolVersion.MQTTv5 if v5 else MQTTProtocolVersion.MQTTv311,
        clean_session=None if v5 else True,
        reconnect_on_failure=again,
    )
    client.connect_timeout = CONNECT_S
    context = trust(settings)
    if context is not None:
        client.tls_set_context(context)
    if settings.username is not None:
        client.username_pw_set(settings.username, settings.password)
    return client


@lru_cache(maxsize=16)
def _publishing(expiry_s: int | None, correlation: bytes | None) -> Properties | None:
    """Kept, since paho makes tables of everything that MQTT 5 knows for each of them."""
    if expiry_s is None and correlation is None:
        return None
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    if expiry_s is not None:
        properties.MessageExpiryInterval = expiry_s
    if correlation is not None:
        properties.CorrelationData = correlation
    return properties


def _connecting(*, v5: bool) -> Properties | None:
    if not v5:
        return None
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.MaximumPacketSize = PACKET_LIMIT
    return properties
