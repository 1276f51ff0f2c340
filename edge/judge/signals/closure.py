"""What is remembered of the driver's eyes, and what can be asked of it: ``eyes`` makes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from edge.judge.spans import within
from edge.types import NS

if TYPE_CHECKING:
    from edge.judge.signals.rules import EyeRules
    from edge.judge.spans import Span

BLINK_NS = NS // 2
"""Closures under 0.5 s are blinks (Johns; Wilkinson): they do not break a run of open eyes."""

SUDDEN_NOD_NS = NS * 13 // 100
NOD_DEG, FALLING_DEG = 5.0, 2.0
"""A head that moves down drags the lids with it: no closure under 0.5 s counts while the head
falls by 5 degrees, none under 130 ms while it falls at all (driver state table; 2 deg is [E])."""


class Closure(Struct, frozen=True):
    """Eyes shut for longer than a blink, of which ``deep_ns`` more than 80 % covered."""

    start_ns: int
    end_ns: int
    deep_ns: int


class Glimpses(Struct, frozen=True):
    """Before moments in which the eyes were not seen: shut whenever they were, or open.

    Only time in which they were seen so counts: deep time since ``since_ns``, or open time.
    """

    shut_ns: int = 0
    since_ns: int = 0
    open_ns: int = 0


NO_GLIMPSES = Glimpses()


class EyeState(Struct, frozen=True):
    """What is remembered of the eyes. Spans, so its size does not grow with the drive."""

    seen_ns: int | None = None
    openness: float | None = None
    shut_since_ns: int | None = None
    first_ns: int = 0  # first and last look of the closure that showed the eyes shut
    last_ns: int = 0
    until_ns: int = 0  # end of the closure as far as it goes: no later than lids half open
    level: float | None = None  # openness before the closure, and the least in it
    floor: float = 0.0
    mean: float = 0.0
    settled: bool = True
    lead: tuple[tuple[int, float, int], ...] = ()  # see ``onset``
    half: tuple[Span, ...] = ()  # in the closure: half open for longer than a blink
    reopened_ns: int | None = None  # a closure that has opened, but may yet go on (bridge)
    deep_ns: int = 0
    deep_before_ns: int = 0  # of that, before the closure's start as it is known by now
    deep_since_ns: int | None = None  # of a closure: more than 80 % covered without a break since
    low: float | None = None  # how open the lids have been over the last quarter of a second
    open_since_ns: int | None = None  # open since then, blinks apart
    wide: float | None = None
    pitch_deg: float | None = None  # at the start of the closure
    fell_deg: float = 0.0  # how far the head has gone down in it
    bowed_ns: int | None = None  # lids look shut under a bent head since: asleep, or looking down
    closures: tuple[Closure, ...] = ()
    valid: tuple[Span, ...] = ()
    before: Glimpses = NO_GLIMPSES


def closed_ns(state: EyeState) -> int:
    """How long the closure that is under way (or has just opened) has lasted; 0 for none."""
    if state.shut_since_ns is None or state.seen_ns is None:
        return 0
    return max(0, state.until_ns - state.shut_since_ns)


def slept_ns(state: EyeState) -> int:
    """The same, with what was seen of it before moments in which the eyes were not seen.

    But without lids half open for longer than a blink: that is no reason to wake up yet, and none
    to be alarmed, either.
    """
    lasted_ns = closed_ns(state)
    if not lasted_ns:
        return 0
    half_ns = within(state.half, state.shut_since_ns or 0) if state.half else 0
    return lasted_ns - half_ns + state.before.shut_ns


def slept_since_ns(state: EyeState) -> int | None:
    """Since when the eyes are shut whenever they are seen; None where they are not."""
    return state.before.since_ns if state.before.shut_ns else state.shut_since_ns


def is_shut(state: EyeState) -> bool:
    """Eyes are seen shut now."""
    return state.shut_since_ns is not None and state.reopened_ns is None


def deep_run_ns(state: EyeState) -> int:
    """How long the lids have now been that far down without a break; 0 where they are not."""
    if state.deep_since_ns is None or state.seen_ns is None or not is_shut(state):
        return 0
    return state.seen_ns - state.deep_since_ns


def deep_share(state: EyeState) -> float:
    """Share of the closure under way in which the eyes were more than 80 % covered."""
    lasted_ns = closed_ns(state)
    return min(1.0, _deep_ns(state) / lasted_ns) if lasted_ns else 0.0


def _deep_ns(state: EyeState) -> int:
    return state.deep_ns - state.deep_before_ns


def glimpsed(state: EyeState) -> Glimpses:
    """What has been seen by now, before a moment in which the eyes are not seen."""
    before = state.before
    if not is_shut(state):
        return Glimpses(open_ns=open_ns(state))
    lasted_ns = closed_ns(state)
    if lasted_ns >= BLINK_NS:
        since_ns = slept_since_ns(state)
        deep_ns = min(_deep_ns(state), lasted_ns)
        return Glimpses(before.shut_ns + deep_ns, since_ns or 0)
    opened_ns = 0
    if state.open_since_ns is not None and state.shut_since_ns is not None:
        opened_ns = max(0, state.shut_since_ns - state.open_since_ns)
    return replace(before, open_ns=before.open_ns + opened_ns)


def open_ns(state: EyeState) -> int:
    """How long the eyes have been seen open without a break; a blink is no break.

    Nor is a moment in which they were not seen, which itself does not count.
    """
    if state.seen_ns is None or is_shut(state):
        return 0
    if state.reopened_ns is not None and closed_ns(state) >= BLINK_NS:
        return state.seen_ns - state.reopened_ns
    if state.open_since_ns is None:
        return 0
    return state.before.open_ns + state.seen_ns - state.open_since_ns


def under_way(state: EyeState, rules: EyeRules) -> tuple[Closure, ...]:
    """The closure that has not ended (or not for long enough): it counts already.

    Empty for a blink (Abe 2023: under 0.25 s is no PERCLOS) and for eyes shut in a single look: at
    a low frame rate its length is anybody's guess.
    """
    lasted_ns = closed_ns(state)
    blink = lasted_ns < rules.perclos_min_closure_s * NS or state.last_ns == state.first_ns
    if blink or state.shut_since_ns is None or dragged(lasted_ns, state.fell_deg, state.fell_deg):
        return ()
    start_ns = state.shut_since_ns
    return (Closure(start_ns, start_ns + lasted_ns, min(_deep_ns(state), lasted_ns)),)


def dragged(lasted_ns: int, fell_deg: float, sunk_deg: float) -> bool:
    """Whether a head that went down took lids along that were down for ``lasted_ns``.

    ``fell_deg``: how far in all; ``sunk_deg``: of that, what counts against a sudden one.
    """
    if lasted_ns < BLINK_NS and fell_deg > NOD_DEG:
        return True
    return lasted_ns < SUDDEN_NOD_NS and sunk_deg > FALLING_DEG
