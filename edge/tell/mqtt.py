"""The publisher: what goes to the broker when, and what has come from it.

Everything here happens in the loop's own thread, once a frame in ``tend``. Retained topics are
kept by topic and said afresh on every connect, since the broker may have forgotten them; events
wait in the outbox until the broker has acknowledged them.
"""

from __future__ import annotations

import logging
import time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from edge.tell import messages as m
from edge.tell.latest import Latest
from edge.tell.line import Line
from edge.tell.news import Acked, Down, Heard, Up
from edge.tell.questions import Question, Questions
from edge.tell.stamps import Moment
from edge.types import NS

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from edge.tell.outbox import Outbox
    from edge.tell.report import Said
    from edge.tell.settings import MqttSettings

log = logging.getLogger(__name__)

LAST_WORDS_S = 1.0
"""How long a clean exit waits for the broker to take the last messages."""

AGAIN_S = 10.0
"""How long what was refused waits: a quota may be free again by then, and a wrong ACL costs no
more than a window of events each time [own choice]."""

HEADER = 16
"""Bytes of a message beside its topic and payload, at most."""

EXPIRY_S = {"event": 60, "metrics": 60}  # contract, rule 4, MQTT 5
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Publisher:
    """A connection to the broker for as long as the ``with`` block lasts."""

    def __init__(self, settings: MqttSettings, device: str, state: Path | None = None) -> None:
        """Prepare; nothing is opened before the ``with`` block. ``state``: where the outbox is."""
        self._device = device
        self._root = f"{settings.base}/{device}"
        self._file = None if state is None else state / "outbox.db"
        self._boot = BOOT_ID.read_text(encoding="ascii").strip() if BOOT_ID.exists() else ""
        client_id, will = f"{settings.base}-{device}", f"{self._root}/{m.AVAILABILITY}"
        self._line = Line(settings, client_id, will)
        self._latest = Latest()
        self._latest.put_raw(m.AVAILABILITY, b"online")
        self._announcement: bytes | None = None
        self._questions = Questions(self._root)
        self._again_ns: int | None = None  # when to say again what was refused

    def __enter__(self) -> Self:
        """The first ``tend`` takes up what an earlier process left, and connects meanwhile."""
        return self

    @cached_property
    def _outbox(self) -> Outbox:
        """Opened once a camera is: its first picture is waited for all the same."""
        from edge.tell.outbox import Outbox  # noqa: PLC0415 - SQLite is an eighth of a start

        return Outbox(self._file)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Say ``offline`` and leave; a broker that is not there is not waited for."""
        until_ns = time.monotonic_ns() + round(LAST_WORDS_S * NS)
        self._once_more()
        self._wait(lambda: not (self._outbox or self._latest.behind), until_ns)
        if self.connected:
            self._latest.taken_back()
            mid = self._send(m.AVAILABILITY, b"offline", 1, retain=True)
            self._latest.owed(mid, m.AVAILABILITY)
            self._wait(lambda: self._latest.settled, until_ns + NS // 2)
        self._line.close()
        self._outbox.close()

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted us and is still there as far as one can know."""
        return self._line.link is not None

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
            reconnects=max(0, self._line.connects - 1),
        )

    def reach(self, wait_s: float) -> None:
        """Give a connection that is being made a moment, before last words that nobody hears."""
        until_ns = time.monotonic_ns() + round(wait_s * NS)
        self.tend()
        while self._line.trying and not self.connected and time.monotonic_ns() < until_ns:
            self.tend()
            time.sleep(0.01)

    def dangling(self) -> list[m.Event]:
        """The last word on each episode that an earlier process left open."""
        return self._outbox.dangling()

    def publish(self, said: Said) -> None:
        """Hand a message over. Events are kept until acknowledged, of the rest the latest."""
        if said.keep and isinstance(said.message, m.Event):
            self._outbox.add(said.message, self._now())
            self._flush()
            self._outbox.settle()  # the disk may take its time: the broker was told first
        elif said.retain:
            self._latest.put(said)
            self._catch_up()
        elif self.connected:
            self._send(said.topic, m.encode(said.message), said.qos)

    def erase(self, topic: str) -> None:
        """Take back what is retained there, by whichever process it was said."""
        self._latest.put_raw(topic, b"")
        self._catch_up()

    def announce(self, discovery: bytes) -> None:
        """What Home Assistant is told of this device; empty takes it back."""
        self._announcement = discovery
        self._discover()

    def rebirth(self) -> None:
        """Say everything that is retained again."""
        if not self.connected:
            return
        self._latest.afresh()
        self._catch_up()
        self._flush()  # before what is ten times as long, and can wait
        self._discover()

    def tend(self) -> None:
        """Read what the connection has learned and hand on what waits: once a frame."""
        for news in self._line.read():
            match news:
                case Acked(mid, refused):
                    self._settle(mid, refused=bool(refused))
                case Up():
                    self._greet()
                case Heard():
                    if self._questions.heard(news):
                        self._discover()
                case Down():
                    self._latest.taken_back()
                    self._outbox.taken_back()
                    self._again_ns = None
        if self._again_ns is not None and time.monotonic_ns() >= self._again_ns:
            self._once_more()
        if self._outbox:
            self._flush()
        if self._latest.behind:
            self._catch_up()

    def take(self) -> list[Question]:
        """What has been asked of us since the last time, a few at most."""
        return self._questions.take()

    def answer(self, question: Question, response: m.Message) -> None:
        """Answer on ``rsp/<name>``, and where an MQTT 5 asker wants it. Not kept."""
        link = self._line.link
        if link is None:
            return
        payload = m.encode(response)
        self._send(f"{m.RESPONSE}/{question.name}", payload, 1)
        elsewhere = question.answer_to
        if not elsewhere or set("+#\0") & set(elsewhere):
            return
        if not elsewhere.startswith(f"{self._root}/"):  # what we say is for us to say
            link.send(elsewhere, payload, 1, correlation=question.correlation)

    def _settle(self, mid: int, *, refused: bool) -> None:
        if not refused:
            self._latest.taken(mid)
            self._outbox.taken(mid)
            return
        self._latest.refused(mid)
        self._outbox.refused(mid)
        if self._again_ns is None:
            self._again_ns = time.monotonic_ns() + round(AGAIN_S * NS)

    def _once_more(self) -> None:
        """A refusal may have been for a moment, and the connection may stand for days."""
        self._again_ns = None
        self._latest.again()
        self._outbox.again()

    def _greet(self) -> None:
        link = self._line.link
        if link is None:
            return
        link.listen(*self._questions.topics)  # then say so: whoever hears "online" may ask
        self.rebirth()

    def _flush(self) -> None:
        if not self.connected:
            return
        for number, event in self._outbox.due(self._now()):
            self._outbox.handed_on(number, self._send("event", m.encode(event), 1))

    def _catch_up(self) -> None:
        while self.connected and (found := self._latest.next()) is not None:
            topic, qos, payload = found
            mid = self._send(topic, payload, qos, retain=True)
            if qos:
                self._latest.owed(mid, topic)

    def _discover(self) -> None:
        link = self._line.link
        if self._announcement is None or link is None:
            return
        topic = f"homeassistant/device/{self._device}/config"
        most = link.packet_limit
        if most is not None and len(topic) + len(self._announcement) + HEADER > most:
            # it would throw us out for it, each time (MQTT 5, 3.2.2.3.6)
            log.warning("mqtt: the broker takes %d bytes: Home Assistant is not told of us", most)
            return
        link.send(topic, self._announcement, 1, retain=True)

    def _send(self, topic: str, payload: bytes, qos: int, *, retain: bool = False) -> int:
        link = self._line.link
        if link is None:
            return 0
        expiry_s = EXPIRY_S.get(topic)
        return link.send(f"{self._root}/{topic}", payload, qos, retain=retain, expiry_s=expiry_s)

    def _now(self) -> Moment:
        return Moment(time.monotonic_ns(), time.time_ns(), self._boot)

    def _wait(self, over: Callable[[], bool], until_ns: int) -> None:
        while not over() and self.connected and time.monotonic_ns() < until_ns:
            self.tend()
            time.sleep(0.01)
