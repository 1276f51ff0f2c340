"""What the face shows, measured against this driver's own: all signals of one observation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from edge.judge.signals.blinks import advance_blinks, blinked_since, forgotten, hidden
from edge.judge.signals.calibration import (
    advance_calibration,
    eye_span,
    reseeded,
)
from edge.judge.signals.closure import is_shut
from edge.judge.signals.direction import DirectionState, advance_direction, relative
from edge.judge.signals.eyes import advance_eyes
from edge.judge.signals.gestures import advance_gestures
from edge.judge.signals.lids import Look, openness, readable
from edge.judge.signals.looking import advance_looking, read
from edge.judge.speed import speed_kmh
from edge.judge.states.sight import stands_still
from edge.types import NS, Level

if TYPE_CHECKING:
    from edge.judge.rules import Rules
    from edge.judge.state import State
    from edge.types import FaceReading, Mark, Observation, Pose

PACE_S = 1.0
"""Time constant of the running frame rate."""

NO_LOOK = Look()

LATELY_NS, ALIVE = 60 * NS, 5
"""Awake eyes blink 10 to 20 times a minute; those of somebody unconscious need not be shut [E]."""

UNLEARNT_LOW_DEG = 20.0
"""How far down a head is bent before straight ahead is known: a wider berth [E]."""


def sensed(
    state: State, seen: Observation, face: FaceReading | None, rules: Rules
) -> tuple[State, Pose | None, tuple[Mark, ...]]:
    """Everything that is read off the face, measured against this driver's own."""
    t_ns = seen.t_ns
    still = seen.light is not None and stands_still(seen.light, state.sight.repeats)
    if face is None or still:
        return _unseen(state, t_ns, rules), None, ()
    ear = face.ear if readable(face, rules.eyes) else None
    pose, mar = face.pose, face.mar
    span = eye_span(state.calibration, rules.eyes)
    pitch = None if pose is None else relative(pose, state.direction)
    learnt = state.direction.ahead is not None
    low_deg = rules.eyes.low_deg if learnt else max(rules.eyes.low_deg, UNLEARNT_LOW_DEG)
    look = Look(
        openness(ear, span.ear_shut, span.ear_open),
        None if pose is None else pose.pitch_deg,
        low=pitch is not None and pitch[1] < -low_deg,
    )
    eyes = advance_eyes(state.eyes, t_ns, look, rules.eyes, state.interval_ns)
    shut = is_shut(eyes)
    blinks, blinked = advance_blinks(forgotten(state.blinks, t_ns), t_ns, look)
    gestures, moved = advance_gestures(state.gestures, t_ns, mar, look, shut=shut)
    speed = speed_kmh(seen, rules.speed)
    direction = advance_direction(
        state.direction,
        t_ns,
        None if shut else pose,
        speed,
        rules.attention,
        watch=_awake(state, look, rules),
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
    gaze = read(face, t_ns, eyes, blinks, rules.attention.gaze_sure)
    watched = advance_looking(
        state.looking, t_ns, gaze, relative(pose, direction), speed, rules.attention
    )
    if direction.moved and not state.direction.moved:
        calibration = reseeded(calibration, "camera_moved")
        watched = DirectionState()
    interval_ns = _pace(state, t_ns)
    fast = _fast(interval_ns, rules)
    marks = moved + (blinked if fast else ())
    state = replace(
        state,
        interval_ns=interval_ns,
        eyes=eyes,
        blinks=blinks if fast else hidden(state.blinks, t_ns),
        gestures=gestures,
        direction=direction,
        looking=watched,
        gaze=gaze,
        calibration=calibration,
    )
    return state, pose, marks


def _awake(state: State, look: Look, rules: Rules) -> bool:
    """Whether a head that stays elsewhere may speak of the camera: one that has slumped does not.

    Where an alarm is on that takes eyes that are seen open, and in an emergency blinks as well.
    """
    emergency = state.closed.type is not None
    if not emergency and state.attention.level < Level.WARNING:
        return True
    opened = look.openness is not None and look.openness > rules.eyes.open_above
    return opened and (not emergency or blinked_since(state.blinks, LATELY_NS) >= ALIVE)


def _unseen(state: State, t_ns: int, rules: Rules) -> State:
    """No look at a face: nothing is learnt, only what was remembered grows older."""
    interval_ns = _pace(state, t_ns)
    blinks = forgotten(state.blinks, t_ns)
    return replace(
        state,
        interval_ns=interval_ns,
        gaze=None,
        eyes=advance_eyes(state.eyes, t_ns, NO_LOOK, rules.eyes, state.interval_ns),
        blinks=blinks if _fast(interval_ns, rules) else hidden(blinks, t_ns),
    )


def _fast(interval_ns: float | None, rules: Rules) -> bool:
    """Whether frames come often enough to tell a blink."""
    return interval_ns is not None and NS / interval_ns >= rules.eyes.blink_fps


def _pace(state: State, t_ns: int) -> float | None:
    """The frame interval in ns; a gap of over a second starts it afresh.

    From a running mean of the rate: one of intervals counts long ones for too much.
    """
    if state.t_ns is None or t_ns - state.t_ns > NS:
        return None
    passed_ns = t_ns - state.t_ns
    if state.interval_ns is None:
        return float(passed_ns)
    share = min(1.0, passed_ns / (PACE_S * NS))
    return 1 / ((1 - share) / state.interval_ns + share / passed_ns)
