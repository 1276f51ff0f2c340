"""Whoever listens at the broker for as long as they like: ``mien watch``, and the demo."""

from __future__ import annotations

import threading
from collections.abc import Callable
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Self

from edge.tell.link import CONNECT_S, unconnected

if TYPE_CHECKING:
    from types import TracebackType

    from edge.tell.settings import MqttSettings

Hear = Callable[[str, str, bytes], None]
"""Device, topic below it, payload."""


class Audience:
    """Hears what is said, also after the broker was away, for as long as the ``with`` block lasts.

    What it was given is called in paho's thread.
    """

    def __init__(
        self,
        settings: MqttSettings,
        device: str,
        hear: Hear,
        refused: Callable[[str], None],
        away: Callable[[str], None] = lambda _: None,
    ) -> None:
        """``device``: its name, ``+`` for all. Raises ``LinkError`` for unusable certificates.

        ``refused``: called with the reason when the broker does not let us hear it. ``away``: with
        words when it goes after that, and with none when it is back.
        """
        self._settings, self._hear, self._refused, self._away = settings, hear, refused, away
        self._topics = f"{settings.base}/{device}/#"
        self._answered = threading.Event()
        self._hears = False
        # some brokers take all who give no name for one (amqtt 0.12)
        name = f"{settings.base}-watch-{token_hex(4)}"
        self._client = unconnected(settings, name, v5=settings.protocol == "5", again=True)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message

    def __enter__(self) -> Self:
        """Connect, and wait for the broker's word. Raises ``OSError``."""
        self._client.connect(self._settings.host, self._settings.port, self._settings.keepalive_s)
        self._client.loop_start()
        if not self._answered.wait(CONNECT_S):
            self._refuse("no answer")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave in order."""
        self._client.on_disconnect = None  # whoever leaves is not left
        self._client.disconnect()
        self._client.loop_stop()

    def _refuse(self, why: str) -> None:
        self._refused(why)
        self._answered.set()

    def _on_connect(self, *args: Any) -> None:
        if args[3].is_failure:
            login = "" if self._settings.username else "; MIEN_MQTT_USERNAME is not set"
            self._refuse(f"the broker refuses us: {args[3]}{login}")
        else:
            self._client.subscribe(self._topics, qos=1)

    def _on_subscribe(self, *args: Any) -> None:
        if args[3][0].is_failure:
            self._refuse(f"the broker lets us hear nothing of {self._topics}: {args[3][0]}")
        else:
            if self._answered.is_set():
                self._away("")
            self._hears = True
            self._answered.set()

    def _on_disconnect(self, *args: Any) -> None:
        if not self._answered.is_set():  # it wants TLS, or is no broker at all
            self._refuse(f"the broker hung up without a word: {args[3]}")
        elif self._hears:
            self._hears = False
            self._away("the broker is away; calling again")

    def _on_message(self, _client: object, _data: object, message: Any) -> None:
        try:
            _, device, *below = message.topic.split("/", 2)
        except UnicodeDecodeError:  # nobody's; paho's thread would end with it, without a word
            return
        if below:
            self._hear(device, below[0], bytes(message.payload))
