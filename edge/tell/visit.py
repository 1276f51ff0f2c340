"""A short visit to the broker, beside the service: whether it is there, and what it keeps."""

from __future__ import annotations

import threading
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from edge.tell.link import unconnected
from edge.tell.trust import LinkError

if TYPE_CHECKING:
    from edge.tell.settings import MqttSettings


def last_words(settings: MqttSettings, topic: str, wait_s: float = 1.0) -> bytes | None:
    """What is retained on ``topic``; None for nothing, or where the broker does not let us in."""
    done = threading.Event()
    found: list[bytes] = []
    try:
        client = unconnected(settings, _visitor(settings), v5=settings.protocol == "5")
    except LinkError:
        return None

    def on_connect(*_: object) -> None:
        client.subscribe(topic, 1)

    def on_message(_client: object, _data: object, message: Any) -> None:
        if message.topic == topic:  # amqtt 0.12 sends what is retained elsewhere as well
            found.append(bytes(message.payload))
            done.set()

    client.on_connect, client.on_message = on_connect, on_message
    try:
        client.connect(settings.host, settings.port, settings.keepalive_s)
    except OSError:
        return None
    client.loop_start()
    done.wait(wait_s)
    client.disconnect()
    client.loop_stop()
    return found[0] if found else None


def reachable(settings: MqttSettings, wait_s: float = 5.0) -> str | None:
    """None if the broker lets us in, else why not: for ``mien check``."""
    done = threading.Event()
    answer: list[str] = ["no answer"]
    try:
        client = unconnected(settings, _visitor(settings), v5=settings.protocol == "5")
    except LinkError as error:
        return str(error)

    def on_connect(*args: Any) -> None:
        answer[0] = f"refused: {args[3]}" if args[3].is_failure else ""
        done.set()

    client.on_connect = on_connect
    try:
        client.connect(settings.host, settings.port, settings.keepalive_s)
    except OSError as error:
        return str(error.strerror or error)
    client.loop_start()
    done.wait(wait_s)
    client.disconnect()
    client.loop_stop()
    return answer[0] or None


def _visitor(settings: MqttSettings) -> str:
    """A name for a short visit. Some brokers take all who give none for one (amqtt 0.12)."""
    return f"{settings.base}-check-{token_hex(4)}"
