"""A broker that can take less than is said: for as long as it stands, or for a moment."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass, field

import pytest

from edge.tell.link import INFLIGHT
from edge.tell.mqtt import Publisher
from edge.tell.report import Said
from edge.tell.settings import MqttSettings
from tests.tell.boxes import an_event
from tests.tell.brokers import until
from tests.tell.scripted import CONNECT, PUBLISH, Scripted

BACKLOG = 50


@dataclass
class Sparing(Scripted):
    """Throws out whoever has more than ``most`` messages under way; takes its time for each."""

    most: int = INFLIGHT
    named: bool = True
    """Whether it says so in its CONNACK."""

    under_way: set[bytes] = field(default_factory=set)
    record: int = 0

    def _answer(self, kind: int, body: bytes) -> bytes:
        if kind >> 4 == CONNECT and self.named:
            self.connects += 1
            self.under_way.clear()
            return b"\x20\x06\0\0\x03\x21" + self.most.to_bytes(2, "big")
        answer = super()._answer(kind, body)
        if kind >> 4 != PUBLISH or not answer:
            return answer
        self.under_way.add(answer[2:4])
        self.record = max(self.record, len(self.under_way))
        if self.record > self.most:
            return b"\xe0\x02\x93\0"  # receive maximum exceeded
        threading.Timer(0.05, self._acknowledge, (answer,)).start()
        return b""

    def _acknowledge(self, answer: bytes) -> None:
        self.under_way.discard(answer[2:4])
        with contextlib.suppress(OSError, AttributeError):
            self._talking.sendall(answer)


def publisher(port: int) -> Publisher:
    return Publisher(MqttSettings(host="127.0.0.1", port=port), "pi_7c1f3a")


@pytest.mark.parametrize(
    ("most", "named", "record"),
    [(3, True, 3), (10, True, 10), (65_535, True, INFLIGHT), (INFLIGHT, False, INFLIGHT)],
)
def test_no_more_is_under_way_than_the_broker_can_take(most, named, record):
    with Sparing(most=most, named=named) as broker, publisher(broker.port) as out:
        for rev in range(1, BACKLOG + 1):
            out.publish(Said("event", an_event(rev), retain=False, keep=True))
        until(lambda: out.tend() or (out.connected and not out.queued))
        assert (broker.connects, broker.record) == (1, record)
        assert broker.published.count("mien/pi_7c1f3a/event") == BACKLOG
