"""A device that has much to tell, and the books in which is written what came of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import msgspec

from edge.tell import messages as m
from edge.tell.mqtt import Publisher
from edge.tell.report import Said
from tests.tell import examples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from edge.tell.settings import MqttSettings

FRAME_S = 1 / 30
CHANGES = ("new", "update", "end")
EXAMPLE = m.decode("event", (examples.GOLDEN / "event_new.json").read_bytes())


def event(number: int) -> m.Event:
    """The ``number``-th of an endless drive: episodes of new, update, end."""
    assert isinstance(EXAMPLE, m.Event)
    episode, place = divmod(number, 3)
    name = f"01JD8Z3K{episode:018d}"
    return msgspec.structs.replace(
        EXAMPLE, id=name, rev=place + 1, change=CHANGES[place], seq=number
    )


@dataclass
class Drive:
    """The telling half of the service, frame by frame, at ``pace`` events a second."""

    settings: MqttSettings
    state: Path | None = None
    device: str = "pi_drill"
    said: int = 0
    longest_frame_s: float = 0.0
    out: Publisher = field(init=False)

    def __post_init__(self) -> None:
        self.out = Publisher(self.settings, self.device, self.state)

    def __enter__(self) -> Self:
        self.out.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.out.__exit__(None, None, None)

    def frame(self) -> None:
        """What telling costs the loop in one frame."""
        began = time.perf_counter()
        self.out.tend()
        self.longest_frame_s = max(self.longest_frame_s, time.perf_counter() - began)

    def say(self, count: int = 1) -> None:
        """Some more events, at once."""
        for _ in range(count):
            began = time.perf_counter()
            self.out.publish(Said("event", event(self.said), retain=False, keep=True))
            self.longest_frame_s = max(self.longest_frame_s, time.perf_counter() - began)
            self.said += 1

    def go(self, seconds: float, pace: float = 3.0) -> None:
        """Drive on for a while; an alert every ``1 / pace`` seconds."""
        end = time.monotonic() + seconds
        due = time.monotonic()
        while time.monotonic() < end:
            if pace and time.monotonic() >= due:
                self.say()
                due += 1 / pace
            self.frame()
            time.sleep(FRAME_S)

    def go_until(self, happens: Callable[[], object], patience_s: float) -> bool:
        """Drive on in silence until something has happened; false when it does not."""
        end = time.monotonic() + patience_s
        while not happens():
            if time.monotonic() > end:
                return False
            self.frame()
            time.sleep(FRAME_S)
        return True


@dataclass(frozen=True)
class Books:
    """What was said against what was heard."""

    said: int
    heard: int
    missing: int
    twice: int
    in_order: bool
    late: int

    @property
    def good(self) -> bool:
        """Every event, each once by (id, rev), in order."""
        return not self.missing and self.in_order


def books(said: int, payloads: Iterable[bytes], expected: Iterable[int] | None = None) -> Books:
    """Compare. ``expected``: numbers of the events that must arrive (left out: all of them)."""
    first: dict[int, bool] = {}
    count = 0
    for payload in payloads:
        heard = m.decode("event", payload)
        assert isinstance(heard, m.Event)
        count += 1
        first.setdefault(int(heard.id[8:]) * 3 + heard.rev - 1, heard.late)
    numbers = list(first)
    wanted = set(range(said) if expected is None else expected)
    return Books(
        said=said,
        heard=count,
        missing=len(wanted - set(numbers)),
        twice=count - len(numbers),
        in_order=numbers == sorted(numbers),
        late=sum(first.values()),
    )
