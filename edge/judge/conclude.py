"""What the signals mean, with how long it has been so: all states of one observation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from edge.judge.driver import advance_driver
from edge.judge.signals.direction import relative
from edge.judge.signals.lids import readable, turned
from edge.judge.signals.looking import looking, lowered
from edge.judge.signals.perclos import perclos
from edge.judge.speed import LOOKS_S, TIRED_S, distraction_counts, fastest
from edge.judge.states.closed_eyes import (
    Around,
    advance_closed,
    dismissed,
    microsleeps,
)
from edge.judge.states.distraction import (
    AttentionState,
    acknowledged,
    advance_attention,
    ahead_ns,
    astray,
)
from edge.judge.states.fatigue import Signs, advance_fatigue
from edge.judge.states.sight import advance_sight
from edge.judge.states.zones import aside
from edge.types import NS

if TYPE_CHECKING:
    from edge.judge.rules import Rules
    from edge.judge.state import State
    from edge.types import FaceReading, Mark, Observation, Pose

OFTEN_NS = NS // 6
"""What is read off minutes is looked at six times a second."""


def concluded(
    state: State,
    seen: Observation,
    face: FaceReading | None,
    pose: Pose | None,
    speed: float | None,
    marks: tuple[Mark, ...],
    rules: Rules,
) -> State:
    """What the signals mean, with how long it has been so."""
    t_ns = seen.t_ns
    sight = advance_sight(
        state.sight,
        t_ns,
        seen.light,
        rules.sight,
        face=face is not None,
        readable=None if face is None or turned(face, rules.eyes) else readable(face, rules.eyes),
    )
    ahead = state.direction.ahead
    judged = rules.attention.enabled and ahead is not None and ahead.sure
    pace = fastest(state.pace, t_ns, speed, LOOKS_S)
    counts = judged and distraction_counts(pace.kmh, rules.speed)
    attention = advance_attention(
        state.attention,
        t_ns,
        relative(pose, state.direction),
        speed,
        rules.attention,
        gaze=looking(state.looking, state.gaze, rules.attention),
        lowered=lowered(state.eyes, t_ns),
        unsure=sight.unreadable_ns is not None or sight.light in {"low", "blind"},
        counts=counts,
        right_hand=rules.presence.driver_side == "right",
    )
    ack = "ack" in seen.requests
    if ack and state.closed.type == "unresponsive":
        attention = acknowledged(attention)
    gone_ns = 0
    if face is None and state.driver.seen_ns is not None:
        gone_ns = t_ns - state.driver.seen_ns
    around = Around(
        gone_ns=gone_ns,
        forward_ns=ahead_ns(attention, t_ns) if judged else None,
        unseen=face is not None and face.pose is None,
        astray=astray(attention, t_ns, rules.attention),
        ack=ack,
        unread=sight.unreadable_ns is not None,
        aside=judged and attention.zone is not None and aside(attention.zone),
    )
    closed = advance_closed(state.closed, t_ns, state.eyes, around, rules.drowsiness)
    follow = advance_driver(
        state.driver,
        seen,
        face,
        closed.last_shut_ns,
        rules.presence,
        blocked=sight.bad_ns is not None or sight.blocked_ns is not None,
    )
    if follow.vacated and closed.type in {"eyes_closed_pre", "microsleep"}:
        closed = dismissed(closed, "vacated")
    if follow.vacated:
        attention = AttentionState()
    moved = replace(
        state,
        sight=sight,
        pace=pace,
        pace_tired=fastest(state.pace_tired, t_ns, speed, TIRED_S),
        attention=attention,
        closed=closed,
        driver=follow,
    )
    if marks or closed is not state.closed or t_ns - state.signs_ns >= OFTEN_NS:
        signs = _signs(moved, t_ns, rules)
        fatigue = advance_fatigue(state.fatigue, t_ns, signs, marks, rules.fatigue)
        moved = replace(moved, fatigue=fatigue, signs=signs, signs_ns=t_ns)
    return moved


def _signs(state: State, t_ns: int, rules: Rules) -> Signs:
    blinks = state.blinks
    paced = state.interval_ns is not None and NS / state.interval_ns >= rules.eyes.perclos_fps
    usual_ms = None if blinks.usual is None else blinks.usual.mean_ms
    ratio = None if blinks.mean_ms is None or not usual_ms else blinks.mean_ms / usual_ms
    return Signs(
        perclos60=perclos(state.eyes, t_ns, 60, rules.eyes) if paced else None,
        perclos180=perclos(state.eyes, t_ns, 180, rules.eyes) if paced else None,
        blink_ratio=ratio,
        long_share=blinks.long_share,
        blinks=blinks.drowsy,
        microsleeps5=microsleeps(state.closed, t_ns, 300),
        microsleeps10=microsleeps(state.closed, t_ns, 600),
        believed=state.calibration.span is not None,
    )
