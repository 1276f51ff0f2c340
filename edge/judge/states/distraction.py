"""Attention: how long head and eyes have been away from the road, at once and added up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from edge.judge.signals.looking import BLINK_NS
from edge.judge.spans import Span, extended, within
from edge.judge.states.rules import CLUSTER
from edge.judge.states.zones import DOWN, FORWARD, free, zone
from edge.types import NS, Level

if TYPE_CHECKING:
    from edge.judge.states.rules import AttentionRules

GAP_NS = NS // 2
"""Looks further apart than this leave open where the head pointed between them [E]."""

PHONE_LEAST_NS, PHONE_MOST_NS, PHONE_WINDOW_NS, PHONE_DWELLS = NS * 6 // 10, 2 * NS, 30 * NS, 3
PHONE_OVER_NS = 10 * NS
"""Three short dwells below the road within 30 s look like a telephone in the lap [E, beta]."""

WARN_AFTER_NS = NS
"""A warning comes a second after the caution at the earliest [E]: somebody may still react."""


class AttentionState(Struct, frozen=True):
    """Where head and eyes point, since when, and what has added up."""

    seen_ns: int | None = None
    gaze_ns: int | None = None  # when the eyes were last read: a blink later they look there still
    glance: bool = False  # the eyes alone are away
    zone: str | None = None
    zone_ns: int = 0  # in this zone since
    off_ns: int | None = None  # away from the road since; short returns do not count
    counted_ns: int = 0  # of that, what counts: the first second in a mirror is free
    forward_ns: int | None = None  # ahead without a break since
    level: Level = Level.NONE
    start_ns: int = 0
    caution_ns: int = 0
    warned_ns: int | None = None
    away: tuple[Span, ...] = ()
    vats_ns: int | None = None  # start of the open ``distraction_vats``
    dwells: tuple[int, ...] = ()
    phone_ns: int | None = None  # start of the open ``phone_suspect``


def advance_attention(
    state: AttentionState,
    t_ns: int,
    head: tuple[float, float] | None,
    speed_kmh: float | None,
    rules: AttentionRules,
    *,
    counts: bool,
    right_hand: bool = False,
    gaze: tuple[float, float] | None = None,
    unsure: bool = False,
    lowered: bool = False,
) -> AttentionState:
    """One look. ``head``: degrees from straight ahead, None where unseen; ``counts``: judged now.

    ``gaze``: the same for the eyes; where it is None the head alone is judged, but for ``lowered``
    lids under a bent head. ``unsure``: eyes cannot be read for long already, or it is dark.

    A head that was last seen turned away stays turned away while it is not seen, since to come
    back it would have to pass before the camera; but for that alone nothing is more than a caution.
    One that was last seen ahead is still ahead in a moment's gap: a picture that is lost, or comes
    twice, is no look away.
    """
    now = None if head is None else zone(head, gaze, rules, right_hand=right_hand, lowered=lowered)
    if gaze is not None and head is not None:
        state = replace(state, gaze_ns=t_ns, glance=abs(head[0]) < rules.glance_deg)
    elif state.gaze_ns is not None and t_ns - state.gaze_ns > BLINK_NS:
        state = replace(state, gaze_ns=None, glance=False)
    elif state.gaze_ns is not None and counts and now == FORWARD:
        if state.zone == FORWARD:
            return state
        now = state.zone or now
    before_ns = state.seen_ns
    if before_ns is None or (
        now is not None and t_ns - before_ns > GAP_NS and state.off_ns is None
    ):
        before_ns = t_ns
    if now is None:
        turned = state.off_ns is not None and state.zone not in {None, FORWARD}
        if not turned:
            return _lost_ahead(state, t_ns)
        now = state.zone
    if not counts:
        ahead = state.forward_ns if state.zone == FORWARD and state.forward_ns is not None else t_ns
        return AttentionState(
            seen_ns=t_ns, zone=now, zone_ns=t_ns, forward_ns=ahead if now == FORWARD else None
        )
    if now == FORWARD:
        return _forward(state, before_ns, t_ns, rules)
    state = _away(state, before_ns, t_ns, now or FORWARD, rules)
    limit_s = _limit_s(state, speed_kmh, rules, unsure=unsure)
    return _judged(state, t_ns, limit_s, rules, 0 if head is not None else t_ns - before_ns)


def astray(state: AttentionState, t_ns: int, rules: AttentionRules) -> bool:
    """No return to the road for ``respond_s`` after a warning (NCAP: unresponsive)."""
    if state.warned_ns is None or state.forward_ns is not None:
        return False
    return t_ns - state.warned_ns >= rules.respond_s * NS


def acknowledged(state: AttentionState) -> AttentionState:
    """Somebody is there: no return is waited for until the next warning."""
    return replace(state, warned_ns=None)


def ahead_ns(state: AttentionState, t_ns: int) -> int:
    """How long the head has pointed ahead without a break."""
    return 0 if state.forward_ns is None else t_ns - state.forward_ns


def off_forward_ns(state: AttentionState, t_ns: int) -> int:
    """How long the head has been away from the road, short returns included."""
    return 0 if state.off_ns is None else t_ns - state.off_ns


def vats_ns(state: AttentionState, t_ns: int, rules: AttentionRules) -> int:
    """Time away from the road in the last ``vats_window_s``."""
    return within(state.away, t_ns - round(rules.vats_window_s * NS))


def _lost_ahead(state: AttentionState, t_ns: int) -> AttentionState:
    if state.zone == FORWARD and state.seen_ns is not None and t_ns - state.seen_ns <= GAP_NS:
        return state
    # unseen time is no lack of response, and what came before it no part of the next look away
    warned_ns = None if state.warned_ns is None else t_ns
    if not state.level:
        state = replace(state, off_ns=None, counted_ns=0)
    return replace(state, seen_ns=None, zone=None, forward_ns=None, warned_ns=warned_ns)


def _forward(
    state: AttentionState, before_ns: int, t_ns: int, rules: AttentionRules
) -> AttentionState:
    since_ns = state.forward_ns
    if since_ns is None:
        since_ns = (before_ns + t_ns) // 2
        if state.off_ns is not None:  # the half interval in which it was still away
            state = _away(state, before_ns, since_ns, state.zone or FORWARD, rules)
        if rules.phone:
            state = _dwelt(state, since_ns)
    ahead = t_ns - since_ns
    state = replace(state, seen_ns=t_ns, zone=FORWARD, zone_ns=since_ns, forward_ns=since_ns)
    if ahead >= rules.forward_s * NS and state.level:
        state = replace(state, level=Level.NONE, warned_ns=None)
    if ahead > rules.flicker_s * NS and not state.level and state.off_ns is not None:
        state = replace(state, off_ns=None, counted_ns=0)
    if ahead >= rules.vats_forward_s * NS and (state.away or state.vats_ns is not None):
        state = replace(state, away=(), vats_ns=None)
    if state.phone_ns is not None and t_ns - max(state.dwells, default=0) > PHONE_OVER_NS:
        state = replace(state, phone_ns=None, dwells=())
    return state


def _away(
    state: AttentionState, before_ns: int, t_ns: int, now: str, rules: AttentionRules
) -> AttentionState:
    entered = state.zone in {None, FORWARD}
    from_ns = (before_ns + t_ns) // 2 if entered else before_ns
    zone_ns = from_ns if now != state.zone else state.zone_ns
    off_ns = from_ns if state.off_ns is None else state.off_ns
    counted_from_ns = from_ns
    if free(now):  # the first second away, not of each mirror: glances add up
        counted_from_ns = max(from_ns, off_ns + round(rules.mirror_free_s * NS))
    away, counted_ns = state.away, state.counted_ns
    if t_ns > counted_from_ns:
        keep_ns = round(rules.vats_window_s * NS)
        away = extended(away, counted_from_ns, t_ns, keep_ns)
        counted_ns += t_ns - counted_from_ns
    return replace(
        state,
        seen_ns=t_ns,
        zone=now,
        zone_ns=zone_ns,
        off_ns=off_ns,
        counted_ns=counted_ns,
        forward_ns=None,
        away=away,
    )


def _judged(
    state: AttentionState,
    t_ns: int,
    limit_s: float,
    rules: AttentionRules,
    unseen_ns: int,
) -> AttentionState:
    off_ns = state.off_ns if state.off_ns is not None else t_ns
    if not state.level and state.counted_ns >= round(limit_s * NS):
        state = replace(state, level=Level.CAUTION, start_ns=off_ns, caution_ns=t_ns)
    late = t_ns - off_ns >= round(rules.warn_s * NS) and t_ns - state.caution_ns >= WARN_AFTER_NS
    if state.level == Level.CAUTION and late and not unseen_ns:
        state = replace(state, level=Level.WARNING, warned_ns=t_ns)
    if state.warned_ns is not None:  # unseen time is no lack of response
        state = replace(state, warned_ns=state.warned_ns + unseen_ns)
    if state.vats_ns is None and vats_ns(state, t_ns, rules) >= round(rules.vats_s * NS):
        state = replace(state, vats_ns=state.away[0][0])
    return state


def _limit_s(
    state: AttentionState, speed_kmh: float | None, rules: AttentionRules, *, unsure: bool
) -> float:
    if state.zone not in {"side_left", "side_right"}:
        return rules.long_s + (rules.unsure_s if unsure and state.zone == DOWN else 0.0)
    slow = state.glance if speed_kmh is None else speed_kmh < rules.side_kmh
    return rules.side_slow_s if slow else rules.side_s


def _dwelt(state: AttentionState, t_ns: int) -> AttentionState:
    """The head comes up again; perhaps after as long as a glance at a telephone takes."""
    if (
        state.zone not in {DOWN, CLUSTER}
        or not PHONE_LEAST_NS <= t_ns - state.zone_ns <= PHONE_MOST_NS
    ):
        return state
    kept = (at for at in state.dwells if at >= t_ns - PHONE_WINDOW_NS)
    dwells = (*kept, t_ns)
    enough = len(dwells) >= PHONE_DWELLS and state.phone_ns is None
    return replace(state, dwells=dwells, phone_ns=dwells[0] if enough else state.phone_ns)
