"""How pictures come, against how they were asked for: too slow, too many, another size.

A pure function of what was counted, so that its stories replay; none of it changes what is judged.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from edge.types import NS

WINDOW_NS = 10 * NS
"""Counted over so long; a word about it holds until the next count [E]."""

SLOW, FAST_ENOUGH = 0.6, 0.75
"""Share of the frames asked for below which a camera is slow, and from which it is not. A webcam
that exposes longer in dim light halves its rate: that is said, since blinks are lost by it [E]."""

OVERLOADED, KEEPING_UP = 0.5, 0.3
"""Share of the frames that nobody had time for: blinks are lost from about a half on [E]."""


class Delivery(Struct, frozen=True):
    """The count that is under way, and what the last one said."""

    start_ns: int | None = None
    came: int = 0
    dropped: int = 0
    slow: bool = False
    overloaded: bool = False
    size: bool = False

    @property
    def faults(self) -> tuple[str, ...]:
        """By name."""
        named = (
            ("camera_slow", self.slow),
            ("overloaded", self.overloaded),
            ("camera_size", self.size),
        )
        return tuple(name for name, holds in named if holds)


def delivered(
    state: Delivery, t_ns: int, dropped: int, asked_fps: float | None, *, size: bool
) -> Delivery:
    """One frame came after ``dropped`` that were skipped. ``size``: it has another than asked.

    ``asked_fps`` None: nobody asked for a rate (a file).
    """
    if state.start_ns is None or t_ns < state.start_ns:
        return replace(state, start_ns=t_ns, came=0, dropped=0, size=size)
    came, lost = state.came + 1, state.dropped + dropped
    if t_ns - state.start_ns < WINDOW_NS:
        return replace(state, came=came, dropped=lost, size=size)
    every = came + lost
    rate = every * NS / (t_ns - state.start_ns)
    slow = asked_fps is not None and rate < asked_fps * (FAST_ENOUGH if state.slow else SLOW)
    overloaded = lost > every * (KEEPING_UP if state.overloaded else OVERLOADED)
    return Delivery(start_ns=t_ns, slow=slow, overloaded=overloaded, size=size)
