"""The publisher: what goes to the broker when, and what has come from it.

Everything here happens in the loop's own thread, once a frame in ``tend``. Retained topics are
kept by topic and said afresh on every connect, since the broker may have forgotten them; events
wait in the outbox until the broker has acknowledged them.
"""

from __future__ import annotations

import logging
import random
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from edge.tell import messages as m
from edge.tell.link import Acked, Down, Heard, Link, Up
from edge.tell.outbox import Moment, Outbox
from edge.tell.requests import BIRTH_TOPIC, Asked, HomeAssistant, understood
from edge.types import NS

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from edge.tell.report import Said
    from edge.tell.settings import MqttSettings

log = logging.getLogger(__name__)

LAST_WORDS_S = 1.0
"""How long a clean exit waits for the broker to take the last messages."""

RETRY_S = (1.0, 30.0)  # contract, rule 4
HUSH_S = 3.0
"""Some brokers of 3.1.1 say nothing at all to a greeting in version 5 (amqtt 0.12)."""

ASKED_LIMIT = 64
"""Questions that may wait for the loop; a flood beyond is dropped."""

A_FRAME = 8
"""Questions answered in one frame, so that nobody can hold up the pictures by asking."""

BEHIND = 40
"""Retained messages that the broker may owe its word for before only the latest are kept."""

EXPIRY_S = {"event": 60, "metrics": 60}  # contract, rule 4, MQTT 5
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody asks of this device, and where the answer goes."""

    name: str
    asked: Asked
    answer_to: str | None = None
    correlation: bytes | None = None


class Publisher:
    """A connection to the broker for as long as the ``with`` block lasts."""

    def __init__(self, settings: MqttSettings, device: str, state: Path | None = None) -> None:
        """Prepare; nothing is opened before the ``with`` block. ``state``: where the outbox is."""
        self._settings = settings
        self._device = device
        self._root = f"{settings.base}/{device}"
        self._file = None if state is None else state / "outbox.db"
        self._boot = BOOT_ID.read_text(encoding="ascii").strip() if BOOT_ID.exists() else ""
        self._link: Link | None = None
        self._v5 = settings.protocol != "3.1.1"
        self._latest: dict[str, Said] = {}
        self._behind: dict[str, None] = {}  # topics whose latest is still to be said, in order
        self._owed: set[int] = set()
        self._announcement: bytes | None = None
        self._questions: deque[Question] = deque(maxlen=ASKED_LIMIT)
        self._next_ns = 0
        self._failures = 0
        self._connects = 0
        self._greeted = False
        self._told_why = False

    def __enter__(self) -> Self:
        """Start connecting in the background: a broker that is not there stops nothing."""
        self._outbox = Outbox(self._file)
        self._dial()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Say ``offline`` and leave; a broker that is not there is not waited for."""
        until_ns = time.monotonic_ns() + round(LAST_WORDS_S * NS)
        self._wait(lambda: not (self._outbox or self._behind), until_ns)
        if self._link is not None and self.connected:
            self._owed = {self._send(m.AVAILABILITY, b"offline", 1, retain=True)}
            self._wait(lambda: not self._owed, until_ns + NS // 2)
        if self._link is not None:
            self._link.close(wait=self.connected)
        self._outbox.close()

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted us and is still there as far as one can know."""
        return self._greeted and self._link is not None and self._link.up

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

    def dangling(self) -> list[m.Event]:
        """The last word on each episode that an earlier process left open."""
        return self._outbox.dangling()

    def publish(self, said: Said) -> None:
        """Hand a message over. Events are kept until acknowledged, of the rest the latest."""
        if said.retain:
            self._latest[said.topic] = said
        if said.keep and isinstance(said.message, m.Event):
            self._outbox.add(said.message, self._now())
            self._flush()
            self._outbox.settle()  # the disk may take its time: the broker was told first
        elif said.retain:
            self._behind[said.topic] = None
            self._catch_up()
        elif self.connected:
            self._send(said.topic, m.encode(said.message), said.qos)

    def announce(self, discovery: bytes) -> None:
        """What Home Assistant is told of this device; empty takes it back."""
        self._announcement = discovery
        self._discover()

    def rebirth(self) -> None:
        """Say everything that is retained again."""
        if self._link is None or not self.connected:
            return
        self._send(m.AVAILABILITY, b"online", 1, retain=True)
        self._discover()
        self._behind = dict.fromkeys(self._latest)
        self._catch_up()

    def tend(self) -> None:
        """Read what the connection has learned and hand on what waits: once a frame."""
        if self._link is None:
            if time.monotonic_ns() >= self._next_ns:
                self._dial()
            return
        if self._link.v5 and not self._connects and self._link.unanswered_s > HUSH_S:
            self._lose(Down("no answer to MQTT 5", version=True))
            return
        for news in self._link.read():
            match news:
                case Acked(mid):
                    self._owed.discard(mid)
                    self._outbox.taken(mid)
                case Up():
                    self._greet()
                case Heard():
                    self._hear(news)
                case Down():
                    self._lose(news)
                    return
        self._flush()
        self._catch_up()

    def take(self) -> list[Question]:
        """What has been asked of us since the last time, a few at most."""
        count = min(A_FRAME, len(self._questions))
        return [self._questions.popleft() for _ in range(count)]

    def answer(self, question: Question, response: m.Message) -> None:
        """Answer on ``rsp/<name>``, and where an MQTT 5 asker wants it. Not kept."""
        if self._link is None or not self.connected:
            return
        payload = m.encode(response)
        self._send(f"{m.RESPONSE}/{question.name}", payload, 1)
        elsewhere = question.answer_to
        if elsewhere and not set("+#\0") & set(elsewhere) and not elsewhere.startswith(self._root):
            self._link.send(elsewhere, payload, 1, correlation=question.correlation)

    def _dial(self) -> None:
        client_id = f"{self._settings.base}-{self._device}"
        will = f"{self._root}/{m.AVAILABILITY}"
        self._link = Link(self._settings, client_id, will, v5=self._v5)

    def _greet(self) -> None:
        link = self._link
        if link is None:
            return
        self._told_why, self._failures, self._greeted = False, 0, True
        self._connects += 1
        where = (self._settings.host, self._settings.port, "5" if link.v5 else "3.1.1")
        log.info("mqtt: connected to %s:%d, MQTT %s", *where)
        topics = ("cmd/+", "set/+", "input/vehicle")
        # first listen, then say so: whoever hears "online" may ask
        link.listen(*(f"{self._root}/{topic}" for topic in topics), BIRTH_TOPIC)
        self.rebirth()

    def _hear(self, heard: Heard) -> None:
        found = understood(self._root, heard)
        if found is None:
            return
        name, asked = found
        if isinstance(asked, HomeAssistant):
            if asked.online and not heard.retained:
                self._discover()
            return
        self._questions.append(Question(name, asked, heard.answer_to, heard.correlation))

    def _lose(self, down: Down) -> None:
        """Over: say so once an outage, and spread the attempts of a fleet over time."""
        if self._link is not None:
            self._link.close(wait=False)
        self._link, self._greeted = None, False
        self._owed.clear()
        self._outbox.taken_back()
        least_s, most_s = RETRY_S
        ceiling_s = min(most_s, 3.0 * 2**self._failures)
        self._failures = min(self._failures + 1, 10)
        wait_s = random.uniform(least_s, ceiling_s)  # noqa: S311 - jitter, not a secret
        if down.version and self._settings.protocol == "auto":
            self._v5 = not self._v5
            if not self._v5:  # another question, not the same one again
                self._next_ns = time.monotonic_ns()
                return
        self._next_ns = time.monotonic_ns() + round(wait_s * NS)
        if not self._told_why:
            where = (self._settings.host, self._settings.port, down.why)
            log.warning("mqtt: %s:%d: %s; events are kept", *where)
            self._told_why = True

    def _flush(self) -> None:
        if not self._outbox or not self.connected:
            return
        for number, event in self._outbox.due(self._now()):
            self._outbox.handed_on(number, self._send("event", m.encode(event), 1))

    def _catch_up(self) -> None:
        while self._behind and self.connected and len(self._owed) < BEHIND:
            topic = next(iter(self._behind))
            del self._behind[topic]
            said = self._latest[topic]
            mid = self._send(topic, m.encode(said.message), said.qos, retain=True)
            if said.qos:
                self._owed.add(mid)

    def _discover(self) -> None:
        if self._announcement is not None and self._link is not None and self.connected:
            topic = f"homeassistant/device/{self._device}/config"
            self._link.send(topic, self._announcement, 1, retain=True)

    def _send(self, topic: str, payload: bytes, qos: int, *, retain: bool = False) -> int:
        if self._link is None:
            msg = "there is no connection"
            raise RuntimeError(msg)
        expiry_s = EXPIRY_S.get(topic)
        return self._link.send(
            f"{self._root}/{topic}", payload, qos, retain=retain, expiry_s=expiry_s
        )

    def _now(self) -> Moment:
        return Moment(time.monotonic_ns(), time.time_ns(), self._boot)

    def _wait(self, over: Callable[[], bool], until_ns: int) -> None:
        while not over() and self.connected and time.monotonic_ns() < until_ns:
            self.tend()
            time.sleep(0.01)
