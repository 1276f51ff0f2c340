"""A broker that can take less than is said: for as long as it stands, or for a moment."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from dataclasses import dataclass, field

import pytest

from edge.tell import messages as m
from edge.tell import mqtt
from edge.tell.link import INFLIGHT
from edge.tell.mqtt import Publisher
from edge.tell.report import Said
from edge.tell.settings import MqttSettings
from tests.tell import examples
from tests.tell.boxes import MONDAY, an_event, revs
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


def an_event_said(rev: int) -> Said:
    return Said("event", an_event(rev), retain=False, keep=True)


@pytest.mark.parametrize(
    ("most", "named"), [(1, True), (10, True), (65_535, True), (INFLIGHT, False)]
)
def test_no_more_is_under_way_than_the_broker_can_take(most, named):
    with Sparing(most=most, named=named) as broker, publisher(broker.port) as out:
        for rev in range(1, BACKLOG + 1):
            out.publish(an_event_said(rev))
        until(lambda: out.tend() or (out.connected and not out.queued))
        assert broker.connects == 1
        assert broker.record <= min(most, INFLIGHT)
        assert broker.published.count("mien/pi_7c1f3a/event") == BACKLOG


@dataclass
class Small(Scripted):
    """Takes packets of 4 KiB, and says so."""

    def _answer(self, kind: int, body: bytes) -> bytes:
        answer = super()._answer(kind, body)
        return b"\x20\x08\0\0\x05\x27\0\0\x10\0" if kind >> 4 == CONNECT else answer


def test_a_broker_that_takes_little_is_given_all_but_the_announcement(caplog):
    with Small() as broker, publisher(broker.port) as out:
        out.announce(bytes(9000))
        out.publish(an_event_said(1))
        until(lambda: out.tend() or (out.connected and not out.queued))
        assert "mqtt: the broker takes 4096 bytes: Home Assistant is not told of us" in caplog.text
        out.announce(b"")  # taking it back is small
        until(lambda: out.tend() or "homeassistant/device/pi_7c1f3a/config" in broker.published)
        assert broker.connects == 1


# For a moment ------------------------------------------------------------------------------

OURS = ("/availability", "/alerts/active", "/event")


@dataclass
class Remembering(Scripted):
    """Knows what it has taken, by topic, and how much it has refused."""

    taken: dict[str, list[bytes]] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)

    def _published(self, kind: int, body: bytes) -> bytes:
        answer = super()._published(kind, body)
        end = 2 + int.from_bytes(body[:2], "big")
        topic = body[2:end].decode().removeprefix("mien/pi_7c1f3a/")
        rest = body[end + 2 :]  # without its number
        if answer and answer[4]:
            self.refusals.append(topic)
        elif answer:
            self.taken.setdefault(topic, []).append(rest[1 + rest[0] :])  # nor its properties
        return answer

    def revs(self) -> list[int]:
        return [json.loads(event)["rev"] for event in self.taken.get("event", ())]


def active(seq: int) -> Said:
    said = next(each for each in examples.night_drive() if each.topic == "alerts/active")
    said.message.seq = seq
    return said


def test_what_is_refused_for_a_moment_is_said_again_on_the_same_connection(monkeypatch, caplog):
    monkeypatch.setattr(mqtt, "AGAIN_S", 1.0)
    with Remembering(refuses=OURS) as broker, publisher(broker.port) as out:
        until(lambda: out.tend() or out.connected)
        for said in (an_event_said(1), active(7), an_event_said(2)):
            out.publish(said)
        until(lambda: broker.refusals.count("event") >= 2)
        until(lambda: out.tend() or "refuses mien/pi_7c1f3a/event" in caplog.text)
        broker.refuses = ()
        out.publish(an_event_said(3))  # does not overtake
        until(lambda: out.tend() or not out.queued)
        until(lambda: out.tend() or "alerts/active" in broker.taken)
        assert broker.connects == 1
        assert list(dict.fromkeys(broker.revs())) == [1, 2, 3]
        assert [json.loads(each)["seq"] for each in broker.taken["alerts/active"]] == [7]
        assert broker.taken[m.AVAILABILITY] == [b"online"]


def test_what_is_refused_for_good_is_not_said_all_the_time(monkeypatch, caplog):
    monkeypatch.setattr(mqtt, "AGAIN_S", 0.2)
    with Remembering(refuses=("/event", "/active")) as broker, publisher(broker.port) as out:
        until(lambda: out.tend() or out.connected)
        for said in (active(7), an_event_said(1)):
            out.publish(said)
        until(lambda: out.tend() or broker.refusals.count("event") >= 3)
        until(lambda: out.tend() or broker.refusals.count("alerts/active") >= 3)
        assert [record.getMessage() for record in caplog.records if "refuses" in record.msg] == [
            f"mqtt: the broker refuses mien/pi_7c1f3a/{topic}: Not authorized; events are kept"
            for topic in ("alerts/active", "event")
        ]
        assert out.health.queued == 1


def test_a_topic_whose_next_word_was_taken_is_not_said_again(monkeypatch):
    monkeypatch.setattr(mqtt, "AGAIN_S", 0.5)
    with Remembering(refuses=("/active",)) as broker, publisher(broker.port) as out:
        until(lambda: out.tend() or out.connected)
        out.publish(active(7))
        until(lambda: out.tend() or "alerts/active" in broker.refusals)
        broker.refuses = ()
        out.publish(active(8))
        out.publish(an_event_said(1))
        until(lambda: out.tend() or not out.queued)
        end = time.monotonic() + 1.0
        until(lambda: out.tend() or time.monotonic() > end)
        assert [json.loads(each)["seq"] for each in broker.taken["alerts/active"]] == [8]


def test_last_words_do_not_wait_for_the_end_of_a_pause(caplog):
    with Remembering(refuses=OURS) as broker:
        with publisher(broker.port) as out:
            until(lambda: out.tend() or out.connected)
            for said in (active(7), an_event_said(1)):
                out.publish(said)
            until(lambda: out.tend() or "refuses mien/pi_7c1f3a/event" in caplog.text)
            broker.refuses = ()
            out.publish(an_event_said(2))
        assert broker.revs() == [1, 2]
        assert len(broker.taken["alerts/active"]) == 1
        assert broker.taken[m.AVAILABILITY] == [b"online", b"offline"]


# Over a poor network ------------------------------------------------------------------------


@dataclass
class Mute(Scripted):
    """Takes what is said, and its answers do not come."""

    def _published(self, kind: int, body: bytes) -> bytes:
        super()._published(kind, body)
        return b""


def test_no_alert_waits_behind_old_pictures():
    with Mute() as broker, publisher(broker.port) as out:
        until(lambda: out.tend() or out.connected)
        picture = next(each for each in examples.night_drive() if each.topic == "state")
        for _ in range(60):  # half a minute of them
            out.publish(picture)
            out.tend()
        out.publish(an_event_said(1))
        until(lambda: out.tend() or "mien/pi_7c1f3a/event" in broker.published)


def test_what_waited_is_said_before_home_assistant_is_told_of_the_device():
    with Scripted() as broker, publisher(broker.port) as out:
        out.announce(b"{}")
        out.publish(an_event_said(1))
        place = "homeassistant/device/pi_7c1f3a/config"
        until(lambda: out.tend() or place in broker.published)
        assert broker.published.index("mien/pi_7c1f3a/event") < broker.published.index(place)


def test_a_box_goes_back_to_the_first_that_was_refused(opened):
    box = opened()
    for rev in range(1, 6):
        box.add(an_event(rev), MONDAY)
    for number, _ in box.due(MONDAY):
        box.handed_on(number, mid=number)
    box.taken(1)
    box.refused(4)
    box.refused(2)
    box.taken(3)
    assert revs(box) == []
    box.again()
    assert revs(box) == [2, 4, 5]
    box.handed_on(2, mid=12)
    box.refused(5)  # said before the pause, answered after it
    box.again()
    assert revs(box) == [4, 5]
    box.refused(12)
    box.taken_back()
    assert revs(box) == [2, 4, 5], "another connection is another chance"
