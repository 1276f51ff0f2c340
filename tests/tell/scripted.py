"""A broker that does what a test says: it refuses, and says what no broker should."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator

CONNECT, PUBLISH, PUBACK, SUBSCRIBE, PINGREQ = 1, 3, 4, 8, 12
NOT_AUTHORIZED = 0x87


@dataclass
class Scripted:
    """MQTT 5 or 3.1.1, one connection after the other. ``refuses``: topics that end with one."""

    refuses: tuple[str, ...] = ()
    deaf_to: tuple[str, ...] = ()
    speaks: tuple[tuple[bytes, bytes], ...] = ()
    """Topic and payload that are said, at QoS 1, to whoever has subscribed."""

    published: list[str] = field(default_factory=list)
    filters: dict[str, int] = field(default_factory=dict)
    """What was subscribed to, and the byte of options."""

    away: bool = False
    """Hangs up on every greeting, as a load balancer does that has nobody behind it."""

    slow: int = 0
    """Greetings that it leaves without an answer, as if that were long under way."""

    versions: list[int] = field(default_factory=list)
    """Of MQTT, of every greeting."""

    acknowledged: int = 0
    connects: int = 0

    def __enter__(self) -> Self:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._talking: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown(socket.SHUT_RDWR)  # wakes ``accept``
        self.hang_up()
        self._thread.join()
        self._server.close()

    def hang_up(self) -> None:
        """End the connection that there is."""
        with contextlib.suppress(OSError):
            if self._talking is not None:
                self._talking.shutdown(socket.SHUT_RDWR)

    def _serve(self) -> None:
        while True:
            try:
                self._talking, _ = self._server.accept()
            except OSError:
                return
            with self._talking, contextlib.suppress(OSError):
                for kind, body in _packets(self._talking):
                    self._talking.sendall(self._answer(kind, body))

    def _answer(self, kind: int, body: bytes) -> bytes:
        what = kind >> 4
        if what == CONNECT:
            self.versions.append(body[6])
            if self.away:
                self.hang_up()
                return b""
            if self.slow:
                self.slow -= 1
                return b""
            self.connects += 1
            return b"\x20\x03\0\0\0" if self._five else b"\x20\x02\0\0"
        if what == PINGREQ:
            return b"\xd0\0"
        if what == PUBACK:
            self.acknowledged += 1
        if what == PUBLISH:
            return self._published(kind, body)
        if what == SUBSCRIBE:
            return self._subscribed(body)
        return b""

    @property
    def _five(self) -> bool:
        return self.versions[-1:] != [4]

    def _published(self, kind: int, body: bytes) -> bytes:
        topic, rest = _text(body)
        self.published.append(topic)
        refused = NOT_AUTHORIZED if topic.endswith(self.refuses or "\0") else 0
        if not kind & 0x06:
            return b""
        return (
            b"\x40\x04" + rest[:2] + bytes([refused, 0]) if self._five else b"\x40\x02" + rest[:2]
        )

    def _subscribed(self, body: bytes) -> bytes:
        mid, rest = body[:2], body[3 if self._five else 2 :]  # without properties
        codes = b""
        while rest:
            topic, rest = _text(rest)
            self.filters[topic], rest = rest[0], rest[1:]
            codes += bytes([NOT_AUTHORIZED if topic.endswith(self.deaf_to or "\0") else 1])
        properties = b"\0" if self._five else b""
        answer = b"\x90" + bytes([2 + len(properties + codes)]) + mid + properties + codes
        for number, (named, payload) in enumerate(self.speaks, start=1):
            said = (
                struct.pack("!H", len(named)) + named + struct.pack("!H", number) + b"\0" + payload
            )
            answer += b"\x32" + bytes([len(said)]) + said
        return answer


def _text(body: bytes) -> tuple[str, bytes]:
    (size,) = struct.unpack("!H", body[:2])
    return body[2 : 2 + size].decode(), body[2 + size :]


def _packets(sock: socket.socket) -> Iterator[tuple[int, bytes]]:
    with sock.makefile("rb") as stream:
        while kind := stream.read(1):
            size = shift = 0
            while True:
                (digit,) = stream.read(1)
                size |= (digit & 127) << shift
                shift += 7
                if digit < 128:
                    break
            yield kind[0], stream.read(size)
