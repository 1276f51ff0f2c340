"""Events wait here until the broker has taken them, in order.

The oldest goes first and the newest is never refused: a full box lets go of the oldest ``update``
first, since the ``new`` and ``end`` around it still tell the story, and counts what it dropped.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.tell.messages import Event

LIMIT = 500
WINDOW = 20
"""Events that may wait for the broker's word at once."""


@dataclass(slots=True)
class Waiting:
    """An event, when it was said (monotonic ns), and its number with the broker once handed on."""

    event: Event
    said_ns: int
    mid: int | None = None


class Outbox:
    """A bounded queue; not safe for threads by itself, its owner holds a lock."""

    def __init__(self, limit: int = LIMIT) -> None:
        """Start empty."""
        self._limit = limit
        self._waiting: deque[Waiting] = deque()
        self.dropped = 0

    def __len__(self) -> int:
        """How many events the broker has not taken yet."""
        return len(self._waiting)

    def add(self, event: Event, said_ns: int) -> None:
        """Put one more at the end; make room if need be."""
        while len(self._waiting) >= self._limit:
            updates = (w for w in self._waiting if w.mid is None and w.event.change == "update")
            self._waiting.remove(next(updates, self._waiting[0]))
            self.dropped += 1
        self._waiting.append(Waiting(event, said_ns))

    def due(self) -> list[Waiting]:
        """Those to hand on now, in order, so that no more than ``WINDOW`` are under way."""
        under_way = sum(w.mid is not None for w in self._waiting)
        idle = [w for w in self._waiting if w.mid is None]
        return idle[: max(0, WINDOW - under_way)]

    def taken(self, mid: int) -> None:
        """The broker has acknowledged ``mid``."""
        for waiting in self._waiting:
            if waiting.mid == mid:
                self._waiting.remove(waiting)
                return
