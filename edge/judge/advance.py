"""One observation further: the whole judgement, in the order in which it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.judge.alerts import advance_alerts, ended, highest
from edge.judge.driver import advance_driver, changed, driver, sane
from edge.judge.oddities import oddities
from edge.judge.people.faces import advance_people
from edge.judge.say import Now, evidence, reasons, said, wanted
from edge.judge.signals.blinks import BlinkState, advance_blinks, forgotten
from edge.judge.signals.calibration import (
    advance_calibration,
    eye_span,
    reseeded,
    resumed,
    started,
)
from edge.judge.signals.direction import DirectionState, advance_direction, pointed, relative
from edge.judge.signals.eyes import (
    EyeState,
    Look,
    advance_eyes,
    is_shut,
    openness,
    readable,
    turned,
)
from edge.judge.signals.gestures import GestureState, advance_gestures
from edge.judge.signals.perclos import perclos
from edge.judge.speed import distraction_counts, speed_kmh
from edge.judge.state import State
from edge.judge.states.closed_eyes import (
    Around,
    advance_closed,
    dismissed,
    microsleeps,
)
from edge.judge.states.distraction import (
    AttentionState,
    advance_attention,
    ahead_ns,
    astray,
)
from edge.judge.states.effort import advance_effort
from edge.judge.states.fatigue import FatigueState, Signs, advance_fatigue
from edge.judge.states.sight import advance_sight
from edge.judge.values import replace
from edge.types import NS, Step

if TYPE_CHECKING:
    from edge.judge.rules import Rules
    from edge.types import FaceReading, Mark, Observation, Pose

PACE_S = 1.0
"""Time constant of the running frame interval."""

LATE_NS = 2 * NS
"""Frames that come out of order by less are left out; further back the clock has been set."""

OFTEN_NS = NS // 6

ABSENT_NS = 2 * NS
"""Between frames further apart than this nobody looked: that is no time without a face."""

NO_LOOK = Look()

UNLEARNT_LOW_DEG = 20.0
"""How far down a head is bent before straight ahead is known: a wider berth [E]."""


def advance(state: State, seen: Observation, rules: Rules) -> tuple[State, Step]:
    """Judge one observation. Time that stands still or is out of order changes nothing."""
    if state.t_ns is not None and state.last is not None and seen.t_ns <= state.t_ns:
        if state.t_ns - seen.t_ns <= LATE_NS:
            odd = oddities(seen, state.t_ns, None)
            return state, replace(state.last, changes=(), marks=(), summaries=(), odd=odd)
        return _clock_set_back(state, seen, rules)
    last_ns = state.t_ns
    found = driver(state.driver, seen, rules.presence)
    face = None if found is None else sane(found)
    state = _bridged(state, seen, face, rules)
    state, pose, marks = _signals(state, seen, face, rules)
    speed = speed_kmh(seen, rules.speed)
    state = _states(state, seen, face, pose, speed, marks, rules)
    straight = state.direction.ahead
    ahead = None if face is None or straight is None else (face.track, *straight.angles)
    people, summaries = advance_people(state.people, seen, ahead, rules)
    quiet_ns = state.quiet_ns
    if "ack" in seen.requests:
        quiet_ns = seen.t_ns + round(rules.alerts.ack_s * NS)
    effort = advance_effort(state.effort, seen.t_ns, seen.board, rules.effort)
    state = replace(state, t_ns=seen.t_ns, people=people, quiet_ns=quiet_ns, effort=effort)
    odd = oddities(seen, last_ns, found)
    now = Now(state, seen, face, pose, speed, rules, marks, summaries, odd)
    return _told(state, now)


def _told(state: State, now: Now) -> tuple[State, Step]:
    wants = wanted(now)
    proof = evidence(now) if wants or state.alerts.active else None
    alerts, changes = advance_alerts(
        state.alerts, now.seen.t_ns, wants, reasons(now), proof, now.rules.alerts
    )
    step = said(now, highest(alerts.active), alerts.active, changes)
    return replace(state, alerts=alerts, last=step), step


def _clock_set_back(state: State, seen: Observation, rules: Rules) -> tuple[State, Step]:
    """Begin afresh on the new clock; what was open ends, since its times mean nothing any more."""
    alerts, changes = ended(
        state.alerts, seen.t_ns if state.t_ns is None else state.t_ns, "clock_set_back"
    )
    odd = oddities(seen, state.t_ns, None)
    state, step = advance(State(alerts=alerts), seen, rules)
    odd += step.odd
    return state, replace(step, changes=changes + step.changes, odd=odd)


def _bridged(state: State, seen: Observation, face: FaceReading | None, rules: Rules) -> State:
    """What a gap between frames, another driver or a request makes of what was known."""
    t_ns = seen.t_ns
    absent_ns = 0 if state.t_ns is None else t_ns - state.t_ns
    other = changed(state.driver, seen, face, rules.presence)
    if absent_ns > ABSENT_NS:
        other = other or absent_ns > rules.presence.vacant_s * NS
        last_ns = state.driver.seen_ns
        moved = None if last_ns is None else last_ns + absent_ns
        state = replace(
            state, driver=replace(state.driver, seen_ns=moved), attention=AttentionState()
        )
    if other:
        # Whoever was asleep stays so until open eyes are seen: it may be the same person.
        state = replace(
            state,
            calibration=started("driver_changed"),
            direction=DirectionState(),
            eyes=EyeState(),
            blinks=BlinkState(),
            gestures=GestureState(),
            attention=AttentionState(),
            fatigue=FatigueState(),
        )
    if seen.remembered is not None and state.t_ns is None:
        state = replace(
            state,
            calibration=resumed(seen.remembered, rules.calibration, rules.eyes),
            direction=pointed(seen.remembered),
        )
    if "recalibrate" in seen.requests:
        state = replace(state, calibration=started("requested"), direction=DirectionState())
    return state


def _signals(
    state: State, seen: Observation, face: FaceReading | None, rules: Rules
) -> tuple[State, Pose | None, tuple[Mark, ...]]:
    """Everything that is read off the face, measured against this driver's own."""
    t_ns = seen.t_ns
    frozen = seen.light is not None and seen.light.repeated  # the same picture again: no look
    if face is None or frozen:
        return _unseen(state, t_ns, rules), None, ()
    ear = face.ear if readable(face, rules.eyes) else None
    pose, mar = face.pose, face.mar
    span = eye_span(state.calibration, rules.eyes)
    pitch = None if pose is None else relative(pose, state.direction)
    learnt = state.direction.ahead is not None
    low_deg = rules.eyes.low_deg if learnt else max(rules.eyes.low_deg, UNLEARNT_LOW_DEG)
    look = Look(
        openness(ear, span.ear_shut, span.ear_open),
        None if pitch is None else pitch[1],
        low=pitch is not None and pitch[1] < -low_deg,
    )
    eyes = advance_eyes(state.eyes, t_ns, look, rules.eyes)
    shut = is_shut(eyes)
    blinks, blinked = advance_blinks(forgotten(state.blinks, t_ns), t_ns, look)
    gestures, moved = advance_gestures(state.gestures, t_ns, mar, look, shut=shut)
    speed = speed_kmh(seen, rules.speed)
    direction = advance_direction(
        state.direction, t_ns, None if shut else pose, speed, rules.attention
    )
    yaw = 0.0 if pose is None else (relative(pose, direction) or (0.0, 0.0))[0]
    calibration = advance_calibration(
        state.calibration,
        t_ns,
        ear,
        look.openness,
        shut=shut,
        straight=abs(yaw) <= rules.calibration.yaw_deg and not look.low,
        rules=rules.calibration,
        eyes=rules.eyes,
    )
    if direction.moved and not state.direction.moved:
        calibration = reseeded(calibration, "camera_moved")
    interval_ns = _pace(state, t_ns)
    fast = _fast(interval_ns, rules)
    marks = moved + (blinked if fast else ())
    state = replace(
        state,
        interval_ns=interval_ns,
        eyes=eyes,
        blinks=blinks if fast else BlinkState(usual=state.blinks.usual),
        gestures=gestures,
        direction=direction,
        calibration=calibration,
    )
    return state, pose, marks


def _unseen(state: State, t_ns: int, rules: Rules) -> State:
    """No look at a face: nothing is learnt, only what was remembered grows older."""
    interval_ns = _pace(state, t_ns)
    blinks = forgotten(state.blinks, t_ns)
    return replace(
        state,
        interval_ns=interval_ns,
        eyes=advance_eyes(state.eyes, t_ns, NO_LOOK, rules.eyes),
        blinks=blinks if _fast(interval_ns, rules) else BlinkState(usual=blinks.usual),
    )


def _fast(interval_ns: float | None, rules: Rules) -> bool:
    """Whether frames come often enough to tell a blink."""
    return interval_ns is not None and NS / interval_ns >= rules.eyes.blink_fps


def _states(
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
    attention = advance_attention(
        state.attention,
        t_ns,
        relative(pose, state.direction),
        speed,
        rules.attention,
        counts=judged and distraction_counts(speed, rules.speed),
        right_hand=rules.presence.driver_side == "right",
    )
    gone_ns = 0
    if face is None and state.driver.seen_ns is not None:
        gone_ns = t_ns - state.driver.seen_ns
    around = Around(
        gone_ns=gone_ns,
        forward_ns=ahead_ns(attention, t_ns) if judged and pose is not None else None,
        astray=astray(attention, t_ns, rules.attention),
        ack="ack" in seen.requests,
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
    moved = replace(state, sight=sight, attention=attention, closed=closed, driver=follow)
    # What is read off minutes is looked at six times a second.
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


def _pace(state: State, t_ns: int) -> float | None:
    """Running mean of the frame interval, in ns; a gap of over a second starts it afresh."""
    if state.t_ns is None or t_ns - state.t_ns > NS:
        return None
    passed_ns = t_ns - state.t_ns
    if state.interval_ns is None:
        return float(passed_ns)
    share = min(1.0, passed_ns / (PACE_S * NS))
    return state.interval_ns + share * (passed_ns - state.interval_ns)
