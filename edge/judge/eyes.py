"""The driver's eyes as spans of time: closures, time seen, PERCLOS.

Times of opening and shutting lie midway between the two frames that show them: the estimate
that has the same error in both directions at any frame rate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edge.types import NS

if TYPE_CHECKING:
    from edge.judge.rules import EyeRules

BLINK_NS = NS // 2
"""Closures under 0.5 s are blinks (Johns; Wilkinson): they do not break a run of open eyes."""

KEEP_NS = 180 * NS
"""The longest window that anything here is asked for."""


@dataclass(frozen=True, slots=True)
class Closure:
    """Eyes shut from ``start_ns`` to ``end_ns``, of which ``deep_ns`` more than 80 % covered."""

    start_ns: int
    end_ns: int
    deep_ns: int


@dataclass(frozen=True, slots=True)
class EyeState:
    """What is remembered of the eyes. Spans, so its size does not grow with the drive."""

    seen_ns: int | None = None
    openness: float | None = None
    shut_since_ns: int | None = None
    reopened_ns: int | None = None  # a closure that has opened, but may yet go on (bridge)
    deep_ns: int = 0
    open_since_ns: int | None = None  # open since then, blinks apart
    closures: tuple[Closure, ...] = ()
    valid: tuple[tuple[int, int], ...] = ()


def openness(ear: float | None, rules: EyeRules) -> float | None:
    """Eye aspect ratio to openness: 0 shut, 1 as open as usual, at most 1.2."""
    if ear is None or ear != ear:  # noqa: PLR0124 - NaN from a model is "not seen"
        return None
    return min(1.2, max(0.0, (ear - rules.ear_shut) / (rules.ear_open - rules.ear_shut)))


def advance_eyes(state: EyeState, t_ns: int, opening: float | None, rules: EyeRules) -> EyeState:
    """Take one look at the eyes at ``t_ns``; ``opening`` is None where they were not seen."""
    gap_ns = rules.gap_s * NS
    followed = state.seen_ns is not None and t_ns - state.seen_ns <= gap_ns
    if not followed:
        state = _forget_the_gap(state)
    if opening is None:
        return state
    was_shut = state.shut_since_ns is not None and state.reopened_ns is None
    shut = opening < rules.shut_below or (was_shut and opening <= rules.open_above)
    before_ns = state.seen_ns if followed and state.seen_ns is not None else t_ns
    between_ns = (before_ns + t_ns) // 2
    if shut:
        state = _shutting(state, between_ns, was_shut=was_shut, rules=rules)
        state = replace(
            state, deep_ns=state.deep_ns + _deep_ns(state, before_ns, t_ns, opening, rules)
        )
    else:
        deep_ns = _deep_ns(state, before_ns, t_ns, opening, rules) if was_shut else 0
        state = _opening(state, t_ns, between_ns, was_shut=was_shut, rules=rules)
        state = replace(state, deep_ns=state.deep_ns + deep_ns)
    return replace(
        state,
        seen_ns=t_ns,
        openness=opening,
        valid=_extend(state.valid, before_ns, t_ns),
        closures=_recent(state.closures, t_ns),
    )


def closed_ns(state: EyeState) -> int:
    """How long the closure that is under way (or has just opened) has lasted; 0 for none."""
    if state.shut_since_ns is None or state.seen_ns is None:
        return 0
    until_ns = state.reopened_ns if state.reopened_ns is not None else state.seen_ns
    return max(0, until_ns - state.shut_since_ns)


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


def perclos(state: EyeState, t_ns: int, window_s: float, rules: EyeRules) -> float | None:
    """PERCLOS (P80) over the last ``window_s``: deep closed time / time seen, 0..1.

    Closures under ``perclos_min_closure_s`` are blinks and do not count (Abe 2023). None until
    half the window was seen, and where less than ``perclos_coverage`` of it was.
    """
    if not state.valid:
        return None
    from_ns = t_ns - round(window_s * NS)
    seen_ns = sum(max(0, end - max(start, from_ns)) for start, end in state.valid)
    spanned_ns = min(t_ns - from_ns, t_ns - state.valid[0][0])
    enough = seen_ns >= window_s / 2 * NS and seen_ns >= rules.perclos_coverage * spanned_ns
    if not enough:
        return None
    deep_ns = 0.0
    for closure in (*state.closures, *_under_way(state)):
        lasted_ns = closure.end_ns - closure.start_ns
        if lasted_ns >= rules.perclos_min_closure_s * NS and closure.end_ns > from_ns:
            inside_ns = closure.end_ns - max(closure.start_ns, from_ns)
            deep_ns += closure.deep_ns * inside_ns / lasted_ns
    return min(1.0, deep_ns / seen_ns)


def valid_ratio(state: EyeState, from_ns: int, to_ns: int) -> float | None:
    """Share of ``from_ns..to_ns`` in which the eyes were seen."""
    if to_ns <= from_ns:
        return None
    seen_ns = sum(max(0, min(end, to_ns) - max(start, from_ns)) for start, end in state.valid)
    return seen_ns / (to_ns - from_ns)


def _under_way(state: EyeState) -> tuple[Closure, ...]:
    lasted_ns = closed_ns(state)
    if not lasted_ns or state.shut_since_ns is None:
        return ()
    start_ns = state.shut_since_ns
    return (Closure(start_ns, start_ns + lasted_ns, min(state.deep_ns, lasted_ns)),)


def _forget_the_gap(state: EyeState) -> EyeState:
    """After a gap nothing is assumed: the closure ended when it was last seen."""
    return replace(
        state,
        openness=None,
        shut_since_ns=None,
        reopened_ns=None,
        deep_ns=0,
        open_since_ns=None,
        closures=state.closures + _under_way(state),
    )


def _shutting(state: EyeState, between_ns: int, *, was_shut: bool, rules: EyeRules) -> EyeState:
    if was_shut:
        return state
    if state.reopened_ns is not None:
        if between_ns - state.reopened_ns <= rules.bridge_s * NS:
            return replace(state, reopened_ns=None)
        state = replace(state, closures=state.closures + _under_way(state))
    return replace(state, shut_since_ns=between_ns, reopened_ns=None, deep_ns=0)


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
            closures=state.closures + _under_way(state),
            shut_since_ns=None,
            reopened_ns=None,
            deep_ns=0,
        )
    if state.open_since_ns is None and state.shut_since_ns is None:
        state = replace(state, open_since_ns=t_ns)
    return state


def _deep_ns(state: EyeState, before_ns: int, t_ns: int, opening: float, rules: EyeRules) -> int:
    """Deep time between two looks: all of it, half or none, as 2, 1 or 0 ends are deep."""
    ends = (opening < rules.deep_below) + (
        state.openness is not None and state.openness < rules.deep_below
    )
    return (t_ns - before_ns) * ends // 2


def _extend(
    valid: tuple[tuple[int, int], ...], before_ns: int, t_ns: int
) -> tuple[tuple[int, int], ...]:
    if valid and valid[-1][1] == before_ns:
        spans = (*valid[:-1], (valid[-1][0], t_ns))
    else:
        spans = (*valid, (before_ns, t_ns))
    horizon_ns = t_ns - KEEP_NS
    if spans[0][1] < horizon_ns:
        spans = tuple(span for span in spans if span[1] >= horizon_ns)
    return spans


def _recent(closures: tuple[Closure, ...], t_ns: int) -> tuple[Closure, ...]:
    if closures and closures[0].end_ns < t_ns - KEEP_NS:
        return tuple(c for c in closures if c.end_ns >= t_ns - KEEP_NS)
    return closures
