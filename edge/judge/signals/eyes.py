"""The driver's eyes as spans of time: closures, and the time in which they were seen.

Times of opening and shutting lie midway between the two frames that show them: the estimate
that has the same error in both directions at any frame rate. Which two frames shows only later
where the eyes were lowered before they shut, or half open for a while after.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from edge.judge.signals.closure import (
    BLINK_NS,
    NO_GLIMPSES,
    closed_ns,
    glimpsed,
    is_shut,
    under_way,
)
from edge.judge.signals.onset import led, levelled
from edge.judge.spans import extended
from edge.types import NS

if TYPE_CHECKING:
    from edge.judge.signals.closure import Closure, EyeState
    from edge.judge.signals.lids import Look
    from edge.judge.signals.rules import EyeRules

KEEP_NS = 180 * NS
"""The longest window that anything here is asked for."""

LOST_LOOKS, LONGEST_GAP_NS = 3.2, NS * 4 // 5
"""Two looks that are lost in a row end no closure at five pictures a second, either [E]."""

BRIDGE_LOOKS, LONGEST_BRIDGE_NS = 1.25, NS // 4
"""A single look at open eyes ends no closure that is longer than a blink, at five pictures a second
either: of shut eyes one look in twelve is not read so (``python -m bench.drowsiness``), and
two in a row hardly ever [E]."""

GLIMPSE_NS = 2 * NS
"""Behind reflections eyes are read for moments at a time, and a face comes and goes: unseen for no
longer than this, who was seen asleep before it and is after it may have slept on [E]."""

WIDE_S, NARROW_S = 10.0, 3.0
"""Time constants of how wide the eyes usually are, up and down, for those that never read fully
open: narrow eyes are known within seconds, looking down for a moment does not count as such [E]."""

WIDE_SHARE = 0.75
"""Eyes that usually read so narrow that ``open_above`` is out of reach count as open again at
this share of their usual width: without it one blink would be a sleep without an end [E]."""


def advance_eyes(
    state: EyeState, t_ns: int, look: Look, rules: EyeRules, interval_ns: float | None = None
) -> EyeState:
    """Take one look at the eyes at ``t_ns``; looks come every ``interval_ns``, None: unknown."""
    gap_ns = max(rules.gap_s * NS, min(LOST_LOOKS * (interval_ns or 0), LONGEST_GAP_NS))
    followed = state.seen_ns is not None and t_ns - state.seen_ns <= gap_ns
    bridge_ns = _bridge_ns(state, rules, interval_ns)
    if not followed:
        state = _forget_the_gap(state, t_ns, rules)
    opening = look.openness
    if opening is None:
        return state if state.bowed_ns is None else replace(state, bowed_ns=None)
    was_shut = state.shut_since_ns is not None and state.reopened_ns is None
    shut = opening < rules.shut_below or (was_shut and opening <= _reopens_at(state, rules))
    if shut and look.low and state.shut_since_ns is None and not state.before.shut_ns:
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
    state = _sunk(state, t_ns, between_ns, opening, rules)
    if shut:
        state = _shutting(state, t_ns, between_ns, look, rules, bridge_ns)
        if not state.settled or state.first_ns == t_ns:
            state = led(state, t_ns, between_ns, opening, rules)
    else:
        state = _opening(state, t_ns, between_ns, bridge_ns, was_shut=was_shut, rules=rules)
    low = levelled(state.low if followed else None, opening, 2 * (t_ns - before_ns))
    wide = state.wide
    if opening >= rules.shut_below:  # while a closure is not over yet, too: or it might never be
        wide = _wide(wide, opening, t_ns - before_ns, rules)
    return replace(
        state,
        seen_ns=t_ns,
        openness=opening,
        deep_ns=state.deep_ns + (0 if was_shut else deep_ns),
        deep_since_ns=_deep_since_ns(state, between_ns, followed=followed)
        if shut and min(opening, low) < rules.deep_below
        else None,
        low=low,
        wide=wide,
        bowed_ns=None,
        level=state.level if shut else levelled(state.level, opening, t_ns - before_ns),
        valid=extended(state.valid, before_ns, t_ns, KEEP_NS),
        closures=_recent(state.closures, t_ns),
    )


def _bridge_ns(state: EyeState, rules: EyeRules, interval_ns: float | None) -> float:
    """For how long the eyes may be open without having woken up."""
    least_ns = rules.bridge_s * NS
    if interval_ns is None or closed_ns(state) < BLINK_NS:
        return least_ns
    return max(least_ns, min(BRIDGE_LOOKS * interval_ns, LONGEST_BRIDGE_NS))


def _sunk(state: EyeState, t_ns: int, between_ns: int, opening: float, rules: EyeRules) -> EyeState:
    """How far the closure goes, if there is one, and how long the lids were half open in it."""
    down = state.openness is not None and state.openness < rules.shut_below
    if opening >= rules.shut_below:
        return replace(state, until_ns=between_ns) if down else state
    if not down and is_shut(state) and between_ns - state.until_ns >= BLINK_NS:
        half = extended(state.half, state.until_ns, between_ns, KEEP_NS)
        return replace(state, until_ns=t_ns, half=half)
    return replace(state, until_ns=t_ns)


def _deep_since_ns(state: EyeState, between_ns: int, *, followed: bool) -> int:
    """Since when the lids are down as far as they are now, without a look that says otherwise."""
    if state.deep_since_ns is None or not followed:
        return between_ns
    return state.deep_since_ns


def _reopens_at(state: EyeState, rules: EyeRules) -> float:
    if state.wide is None:
        return rules.open_above
    return min(rules.open_above, max(rules.shut_below + 0.05, WIDE_SHARE * state.wide))


def _wide(wide: float | None, opening: float, passed_ns: int, rules: EyeRules) -> float:
    if wide is None:  # narrow eyes are only believed to be so after a while
        wide = max(opening, rules.open_above / WIDE_SHARE)
    constant_s = WIDE_S if opening > wide else NARROW_S
    return wide + min(1.0, passed_ns / (constant_s * NS)) * (opening - wide)


def _forget_the_gap(state: EyeState, t_ns: int, rules: EyeRules) -> EyeState:
    """After a gap nothing is assumed: the closure ended when it was last seen."""
    over = state.seen_ns is None or t_ns - state.seen_ns > GLIMPSE_NS
    if state.openness is None:
        stale = over and state.before != NO_GLIMPSES
        return replace(state, before=NO_GLIMPSES) if stale else state
    return replace(
        state,
        before=NO_GLIMPSES if over else glimpsed(state),
        openness=None,
        shut_since_ns=None,
        lead=(),
        level=None,
        reopened_ns=None,
        deep_ns=0,
        open_since_ns=None,
        closures=state.closures + under_way(state, rules),
    )


def _shutting(
    state: EyeState, t_ns: int, between_ns: int, look: Look, rules: EyeRules, bridge_ns: float
) -> EyeState:
    if state.shut_since_ns is not None:
        goes_on = state.reopened_ns is None or between_ns - state.reopened_ns <= bridge_ns
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
        half=(),
        deep_ns=0,
        pitch_deg=look.pitch_deg,
        fell_deg=0.0,
    )


def _opening(
    state: EyeState,
    t_ns: int,
    between_ns: int,
    bridge_ns: float,
    *,
    was_shut: bool,
    rules: EyeRules,
) -> EyeState:
    if was_shut:
        state = replace(state, reopened_ns=between_ns)
    if state.reopened_ns is not None and t_ns - state.reopened_ns > bridge_ns:
        blinked = closed_ns(state) < BLINK_NS
        since_ns = state.open_since_ns if blinked else None
        state = replace(
            state,
            open_since_ns=since_ns if since_ns is not None else state.reopened_ns,
            before=state.before if blinked else NO_GLIMPSES,
            closures=state.closures + under_way(state, rules),
            shut_since_ns=None,
            lead=(),
            reopened_ns=None,
            deep_ns=0,
        )
    if state.open_since_ns is None and state.shut_since_ns is None:
        state = replace(state, open_since_ns=t_ns)
    if state.before.shut_ns and state.shut_since_ns is None:
        state = replace(state, before=NO_GLIMPSES)
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
