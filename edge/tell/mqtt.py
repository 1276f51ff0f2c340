"""The broker: the only module that knows paho.

paho's thread connects, keeps alive and delivers; ``publish`` only hands over and never blocks.
Retained topics are kept by topic and said afresh on every connect, since the broker may have
forgotten them; events wait in the outbox until the broker has acknowledged them.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from edge.tell import messages as m
from edge.tell.outbox import Outbox

if TYPE_CHECKING:
    from types import TracebackType

    from edge.tell.report import Said
    from edge.tell.settings import MqttSettings

log = logging.getLogger(__name__)

LATE_MS = 1000
"""An event that waited longer than this for the broker is marked ``late`` [own choice]."""

LAST_WORDS_S = 1.0
"""How long a clean exit waits for the broker to take the last messages."""


class Publisher:
    """A connection to the broker for as long as the ``with`` block lasts."""

    def __init__(self, settings: MqttSettings, device: str) -> None:
        """Prepare; nothing is opened before the ``with`` block."""
        self._settings = settings
        self._root = f"{settings.base}/{device}"
        self._lock = threading.Lock()
        self._outbox = Outbox()
        self._latest: dict[str, Said] = {}
        self._taken: deque[int] = deque()
        self._connects = 0
        self._told_why = False
        self._client = client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"{settings.base}-{device}",
            protocol=MQTTProtocolVersion.MQTTv311,
            clean_session=True,
        )
        if settings.username is not None:
            client.username_pw_set(settings.username, settings.password)
        client.will_set(f"{self._root}/{m.AVAILABILITY}", "offline", qos=1, retain=True)
        client.connect_timeout = 5.0
        client.reconnect_delay_set(min_delay=1, max_delay=30)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish

    def __enter__(self) -> Self:
        """Start connecting in the background: a broker that is not there stops nothing."""
        settings = self._settings
        self._client.connect_async(settings.host, settings.port, settings.keepalive_s)
        self._client.loop_start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Say ``offline`` and leave; a broker that is not there is not waited for."""
        if not self.connected:
            return  # paho's thread is a daemon: it may be in the middle of a slow connect
        until = time.monotonic() + LAST_WORDS_S
        while self.queued and self.connected and time.monotonic() < until:
            self.tend()
            time.sleep(0.01)
        last = self._client.publish(f"{self._root}/{m.AVAILABILITY}", "offline", 1, retain=True)
        try:
            last.wait_for_publish(LAST_WORDS_S / 2)
        except (RuntimeError, ValueError):
            log.warning("mqtt: the broker went away before it could be told goodbye")
        self._client.disconnect()
        self._client.loop_stop()

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted us and is still there as far as one can know."""
        return self._client.is_connected()

    @property
    def queued(self) -> int:
        """Events that the broker has not acknowledged yet."""
        return len(self._outbox)

    @property
    def health(self) -> m.MqttHealth:
        """The connection in figures."""
        return m.MqttHealth(
            connected=self.connected,
            queued=self.queued,
            dropped=self._outbox.dropped,
            reconnects=max(0, self._connects - 1),
        )

    def publish(self, said: Said) -> None:
        """Hand a message over. Events are kept until acknowledged, of the rest the latest."""
        with self._lock:
            if said.retain:
                self._latest[said.topic] = said
            if said.keep and isinstance(said.message, m.Event):
                self._outbox.add(said.message, time.monotonic_ns())
                self._flush()
            elif self.connected:
                self._send(said)

    def tend(self) -> None:
        """Let go of what the broker has acknowledged and hand on what waits: once a frame."""
        if self._taken:
            with self._lock:
                while self._taken:
                    self._outbox.taken(self._taken.popleft())
                self._flush()

    def _send(self, said: Said) -> int:
        payload = m.encode(said.message)
        return self._client.publish(
            f"{self._root}/{said.topic}", payload, said.qos, retain=said.retain
        ).mid

    def _flush(self) -> None:
        if not self.connected:
            return
        now_ns = time.monotonic_ns()
        for waiting in self._outbox.due():
            event = waiting.event
            event.age_ms = (now_ns - waiting.said_ns) // 1_000_000
            event.late = event.age_ms > LATE_MS
            payload = m.encode(event)
            waiting.mid = self._client.publish(f"{self._root}/event", payload, qos=1).mid

    def _on_connect(
        self,
        client: paho.Client,
        _data: object,
        _flags: paho.ConnectFlags,
        reason: ReasonCode,
        _properties: object,
    ) -> None:
        if reason.is_failure:
            self._complain(f"the broker refused us: {reason}")
            return
        self._told_why = False
        self._connects += 1
        log.info("mqtt: connected to %s:%d", self._settings.host, self._settings.port)
        with self._lock:
            client.publish(f"{self._root}/{m.AVAILABILITY}", "online", 1, retain=True)
            for said in self._latest.values():
                self._send(said)
            self._flush()

    def _on_connect_fail(self, _client: paho.Client, _data: object) -> None:
        self._complain("the broker cannot be reached")

    def _on_disconnect(
        self,
        _client: paho.Client,
        _data: object,
        _flags: paho.DisconnectFlags,
        reason: ReasonCode,
        _properties: object,
    ) -> None:
        if reason.is_failure:
            self._complain(f"the connection was lost: {reason}")

    def _on_publish(
        self,
        _client: paho.Client,
        _data: object,
        mid: int,
        _reason: ReasonCode,
        _properties: object,
    ) -> None:
        # paho holds its own lock here, and takes it again in publish(): our lock would be the
        # second half of a deadlock. The loop's tend() does the rest.
        self._taken.append(mid)

    def _complain(self, what: str) -> None:
        """Say it once per outage, and spread the fleet's next attempts over time."""
        least_s = random.uniform(1.0, 2.0)  # noqa: S311 - jitter, not a secret
        self._client.reconnect_delay_set(min_delay=least_s, max_delay=30)  # type: ignore[arg-type]
        if not self._told_why:
            log.warning(
                "mqtt: %s:%d: %s; events are kept", self._settings.host, self._settings.port, what
            )
            self._told_why = True


def reachable(settings: MqttSettings, wait_s: float = 3.0) -> str | None:
    """None if the broker lets us in, else why not: for ``mien check``."""
    done = threading.Event()
    answer: list[str] = ["no answer"]

    def on_connect(*args: object) -> None:
        reason = args[3]
        refused = isinstance(reason, ReasonCode) and reason.is_failure
        answer[0] = f"refused: {reason}" if refused else ""
        done.set()

    client = paho.Client(CallbackAPIVersion.VERSION2)
    if settings.username is not None:
        client.username_pw_set(settings.username, settings.password)
    client.connect_timeout = wait_s
    client.on_connect = on_connect
    try:
        outcome = client.connect(settings.host, settings.port, settings.keepalive_s)
    except OSError as error:
        return error.strerror or str(error)
    if outcome is not MQTTErrorCode.MQTT_ERR_SUCCESS:
        return str(outcome)
    client.loop_start()
    done.wait(wait_s)
    client.disconnect()
    client.loop_stop()
    return answer[0] or None
