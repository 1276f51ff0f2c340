"""The driver's eyes as spans of time: closures, and the time in which they were seen.

Times of opening and shutting lie midway between the two frames that show them: the estimate
that has the same error in both directions at any frame rate. Which two frames shows only later
where the eyes were lowered before they shut, or half open for a while after.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.judge.signals.onset import led, levelled
from edge.judge.spans import Span, extended
from edge.judge.values import replace
from edge.types import NS

if TYPE_CHECKING:
    from edge.judge.signals.lids import Look
    from edge.judge.signals.rules import EyeRules

BLINK_NS = NS // 2
"""Closures under 0.5 s are blinks (Johns; Wilkinson): they do not break a run of open eyes."""

KEEP_NS = 180 * NS
"""The longest window that anything here is asked for."""

WIDE_S, NARROW_S = 10.0, 3.0
"""Time constants of how wide the eyes usually are, up and down, for those that never read fully
open: narrow eyes are known within seconds, looking down for a moment does not count as such [E]."""

WIDE_SHARE = 0.75
"""Eyes that usually read so narrow that ``open_above`` is out of reach count as open again at
this share of their usual width: without it one blink would be a sleep without an end [E]."""

SUDDEN_NOD_NS = NS * 13 // 100
NOD_DEG, FALLING_DEG = 5.0, 2.0
"""A head that moves down drags the lids with it: no closure under 0.5 s counts while the head
falls by 5 degrees, none under 130 ms while it falls at all (driver state table; 2 deg is [E])."""


@dataclass(frozen=True, slots=True)
class Closure:
    """Eyes shut for longer than a blink, of which ``deep_ns`` more than 80 % covered."""

    start_ns: int
    end_ns: int
    deep_ns: int


@dataclass(frozen=True, slots=True)
class EyeState:
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
    lead: tuple[tuple[int, float], ...] = ()  # see ``onset``
    reopened_ns: int | None = None  # a closure that has opened, but may yet go on (bridge)
    deep_ns: int = 0
    open_since_ns: int | None = None  # open since then, blinks apart
    wide: float | None = None
    pitch_deg: float | None = None  # at the start of the closure
    fell_deg: float = 0.0  # how far the head has gone down in it
    bowed_ns: int | None = None  # lids look shut under a bent head since: asleep, or looking down
    closures: tuple[Closure, ...] = ()
    valid: tuple[Span, ...] = ()


def advance_eyes(state: EyeState, t_ns: int, look: Look, rules: EyeRules) -> EyeState:
    """Take one look at the eyes at ``t_ns``."""
    followed = state.seen_ns is not None and t_ns - state.seen_ns <= rules.gap_s * NS
    if not followed and state.openness is not None:
        state = _forget_the_gap(state, rules)
    opening = look.openness
    if opening is None:
        return state if state.bowed_ns is None else replace(state, bowed_ns=None)
    was_shut = state.shut_since_ns is not None and state.reopened_ns is None
    shut = opening < rules.shut_below or (was_shut and opening <= _reopens_at(state, rules))
    if shut and look.low and state.shut_since_ns is None:
        # a head bent down: neither shut nor open can be told
        return replace(state, bowed_ns=t_ns) if state.bowed_ns is None else state
    before_ns = state.seen_ns if followed and state.seen_ns is not None else t_ns
    between_ns = (before_ns + t_ns) // 2
    deep_ns = (
        _deep_ns(state.openness, before_ns, t_ns, opening, rules.deep_below)
        if shut or was_shut
        else 0
    )
    if was_shut:  # before the closure may end: its last half interval belongs to it
        state = replace(state, deep_ns=state.deep_ns + deep_ns)
    if opening < rules.shut_below:
        state = replace(state, until_ns=t_ns)
    elif state.openness is not None and state.openness < rules.shut_below:
        state = replace(state, until_ns=between_ns)
    if shut:
        state = _shutting(state, t_ns, between_ns, look, rules)
        if not state.settled or state.first_ns == t_ns:
            state = led(state, t_ns, between_ns, opening, rules)
    else:
        state = _opening(state, t_ns, between_ns, was_shut=was_shut, rules=rules)
    wide = state.wide
    if opening >= rules.shut_below:  # while a closure is not over yet, too: or it might never be
        wide = _wide(wide, opening, t_ns - before_ns, rules)
    return replace(
        state,
        seen_ns=t_ns,
        openness=opening,
        deep_ns=state.deep_ns + (0 if was_shut else deep_ns),
        wide=wide,
        bowed_ns=None,
        level=state.level if shut else levelled(state.level, opening, t_ns - before_ns),
        valid=extended(state.valid, before_ns, t_ns, KEEP_NS),
        closures=_recent(state.closures, t_ns),
    )


def closed_ns(state: EyeState) -> int:
    """How long the closure that is under way (or has just opened) has lasted; 0 for none."""
    if state.shut_since_ns is None or state.seen_ns is None:
        return 0
    return max(0, state.until_ns - state.shut_since_ns)


def is_shut(state: EyeState) -> bool:
    """Eyes are seen shut now."""
    return state.shut_since_ns is not None and state.reopened_ns is None


def deep_share(state: EyeState) -> float:
    """Share of the closure under way in which the eyes were more than 80 % covered."""
    lasted_ns = closed_ns(state)
    return min(1.0, state.deep_ns / lasted_ns) if lasted_ns else 0.0


def open_ns(state: EyeState) -> int:
    """How long the eyes have been seen open without a break; a blink is no break."""
    if state.seen_ns is None or is_shut(state):
        return 0
    if state.reopened_ns is not None and closed_ns(state) >= BLINK_NS:
        return state.seen_ns - state.reopened_ns
    if state.open_since_ns is None:
        return 0
    return state.seen_ns - state.open_since_ns


def under_way(state: EyeState, rules: EyeRules) -> tuple[Closure, ...]:
    """The closure that has not ended (or not for long enough): it counts already.

    Empty for a blink (Abe 2023: under 0.25 s is no PERCLOS) and for eyes shut in a single look: at
    a low frame rate its length is anybody's guess.
    """
    lasted_ns = closed_ns(state)
    blink = lasted_ns < rules.perclos_min_closure_s * NS or state.last_ns == state.first_ns
    if blink or state.shut_since_ns is None or _dragged(state, lasted_ns):
        return ()
    start_ns = state.shut_since_ns
    return (Closure(start_ns, start_ns + lasted_ns, min(state.deep_ns, lasted_ns)),)


def _dragged(state: EyeState, lasted_ns: int) -> bool:
    if lasted_ns < BLINK_NS and state.fell_deg > NOD_DEG:
        return True
    return lasted_ns < SUDDEN_NOD_NS and state.fell_deg > FALLING_DEG


def _reopens_at(state: EyeState, rules: EyeRules) -> float:
    if state.wide is None:
        return rules.open_above
    return min(rules.open_above, max(rules.shut_below + 0.05, WIDE_SHARE * state.wide))


def _wide(wide: float | None, opening: float, passed_ns: int, rules: EyeRules) -> float:
    if wide is None:  # narrow eyes are only believed to be so after a while
        wide = max(opening, rules.open_above / WIDE_SHARE)
    constant_s = WIDE_S if opening > wide else NARROW_S
    return wide + min(1.0, passed_ns / (constant_s * NS)) * (opening - wide)


def _forget_the_gap(state: EyeState, rules: EyeRules) -> EyeState:
    """After a gap nothing is assumed: the closure ended when it was last seen."""
    return replace(
        state,
        openness=None,
        shut_since_ns=None,
        lead=(),
        level=None,
        reopened_ns=None,
        deep_ns=0,
        open_since_ns=None,
        closures=state.closures + under_way(state, rules),
    )


def _shutting(state: EyeState, t_ns: int, between_ns: int, look: Look, rules: EyeRules) -> EyeState:
    if state.shut_since_ns is not None:
        goes_on = state.reopened_ns is None or between_ns - state.reopened_ns <= rules.bridge_s * NS
        if goes_on:
            fell = 0.0
            if look.pitch_deg is not None and state.pitch_deg is not None:
                fell = state.pitch_deg - look.pitch_deg
            return replace(
                state, reopened_ns=None, last_ns=t_ns, fell_deg=max(state.fell_deg, fell)
            )
        state = replace(state, closures=state.closures + under_way(state, rules))
    return replace(
        state,
        shut_since_ns=between_ns,
        first_ns=t_ns,
        last_ns=t_ns,
        reopened_ns=None,
        deep_ns=0,
        pitch_deg=look.pitch_deg,
        fell_deg=0.0,
    )


def _opening(
    state: EyeState, t_ns: int, between_ns: int, *, was_shut: bool, rules: EyeRules
) -> EyeState:
    if was_shut:
        state = replace(state, reopened_ns=between_ns)
    if state.reopened_ns is not None and t_ns - state.reopened_ns > rules.bridge_s * NS:
        blinked = closed_ns(state) < BLINK_NS
        since_ns = state.open_since_ns if blinked else None
        state = replace(
            state,
            open_since_ns=since_ns if since_ns is not None else state.reopened_ns,
            closures=state.closures + under_way(state, rules),
            shut_since_ns=None,
            lead=(),
            reopened_ns=None,
            deep_ns=0,
        )
    if state.open_since_ns is None and state.shut_since_ns is None:
        state = replace(state, open_since_ns=t_ns)
    return state


def _deep_ns(
    before: float | None, before_ns: int, t_ns: int, opening: float, deep_below: float
) -> int:
    """Deep time between two looks: all of it, half or none, as 2, 1 or 0 ends are deep."""
    ends = (opening < deep_below) + (before is not None and before < deep_below)
    return (t_ns - before_ns) * ends // 2


def _recent(closures: tuple[Closure, ...], t_ns: int) -> tuple[Closure, ...]:
    if closures and closures[0].end_ns < t_ns - KEEP_NS:
        return tuple(c for c in closures if c.end_ns >= t_ns - KEEP_NS)
    return closures
