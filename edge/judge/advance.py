"""One observation further: the whole judgement, in the order in which it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from edge.judge.alerts import advance_alerts, ended, highest
from edge.judge.conclude import concluded
from edge.judge.driver import changed, driver, sane
from edge.judge.oddities import oddities
from edge.judge.people.faces import advance_people
from edge.judge.say import Now, evidence, reasons, said, wanted
from edge.judge.sense import sensed
from edge.judge.signals.blinks import BlinkState
from edge.judge.signals.calibration import (
    resumed,
    started,
)
from edge.judge.signals.closure import (
    EyeState,
)
from edge.judge.signals.direction import DirectionState, pointed
from edge.judge.signals.gestures import GestureState
from edge.judge.speed import speed_kmh
from edge.judge.state import State
from edge.judge.states.closed_eyes import dismissed
from edge.judge.states.distraction import (
    AttentionState,
)
from edge.judge.states.effort import advance_effort
from edge.judge.states.fatigue import FatigueState
from edge.types import NS, Step

if TYPE_CHECKING:
    from edge.judge.rules import Rules
    from edge.types import FaceReading, Observation

REOPENED = "reopened"
"""The request that comes with the first frame after the camera had been shut."""

LATE_NS = 2 * NS
"""Frames that come out of order by less are left out. Further from the one before, either way, the
clock may have been set, or a single stamp is wrong: the next frame tells which [E]."""

ABSENT_NS = 2 * NS
"""Between frames further apart than this nobody looked: that is no time without a face."""


def advance(state: State, seen: Observation, rules: Rules) -> tuple[State, Step]:
    """Judge one observation. If its time stands still or is out of order, only requests count."""
    astray = False  # the picture before this one, by its time
    if state.t_ns is not None and state.last is not None:
        since_ns = seen.t_ns - state.t_ns
        steady = state.interval_ns is not None and REOPENED not in seen.requests
        far = steady and abs(since_ns) > LATE_NS
        if -LATE_NS <= since_ns <= 0 or (far and not state.far):
            return _left_out(replace(state, far=far), seen, state.last)
        astray = state.far and not far
    if state.waiting or state.far:
        seen = replace(seen, requests=(*state.waiting, *seen.requests))
        state = replace(state, waiting=(), far=False)
    if state.t_ns is not None and seen.t_ns <= state.t_ns:
        return _clock_set_back(state, seen, rules)
    if REOPENED in seen.requests:
        return _reopened(state, seen, rules)
    last_ns = state.t_ns
    found = driver(state.driver, seen, rules.presence)
    face = None if found is None else sane(found)
    state = _bridged(state, seen, face, rules)
    state, pose, marks = sensed(state, seen, face, rules)
    speed = speed_kmh(seen, rules.speed)
    state = concluded(state, seen, face, pose, speed, marks, rules)
    straight, looking = state.direction.ahead, state.looking.ahead
    ahead = None
    if face is not None and straight is not None:
        ahead = face.track, straight.angles, (looking or straight).angles
    people, summaries = advance_people(state.people, seen, ahead, rules)
    quiet_ns = state.quiet_ns
    if "ack" in seen.requests:
        quiet_ns = seen.t_ns + round(rules.alerts.ack_s * NS)
    effort = advance_effort(state.effort, seen.t_ns, seen.board, rules.effort)
    state = replace(state, t_ns=seen.t_ns, people=people, quiet_ns=quiet_ns, effort=effort)
    odd = oddities(seen, last_ns, found, astray=astray)
    now = Now(state, seen, face, pose, speed, rules, marks, summaries, odd)
    return _told(state, now)


def _left_out(state: State, seen: Observation, last: Step) -> tuple[State, Step]:
    """A picture whose time cannot be right: what is asked with it is asked with the next one."""
    odd = () if state.far else oddities(seen, state.t_ns, None)
    state = replace(state, waiting=(*state.waiting, *seen.requests))
    return state, replace(last, changes=(), marks=(), summaries=(), odd=odd)


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
    odd = oddities(seen, state.t_ns, None)
    state, step = _ended(state, State(), seen, rules, "clock_set_back")
    return state, replace(step, odd=odd + step.odd)


def _reopened(state: State, seen: Observation, rules: Rules) -> tuple[State, Step]:
    """Somebody had shut the camera: what was open ended with that, and nobody sleeps unseen."""
    kept = replace(
        state,
        closed=dismissed(state.closed, "stopped"),
        interval_ns=None,
        eyes=EyeState(),
        attention=AttentionState(),
    )
    others = tuple(name for name in seen.requests if name != REOPENED)
    return _ended(state, kept, replace(seen, requests=others), rules, "stopped")


def _ended(
    state: State, kept: State, seen: Observation, rules: Rules, reason: str
) -> tuple[State, Step]:
    """End what is open in ``state``, and go on from ``kept``."""
    over_ns = seen.t_ns if state.t_ns is None else state.t_ns
    alerts, changes = ended(state.alerts, over_ns, reason)
    state, step = advance(replace(kept, alerts=alerts), seen, rules)
    return state, replace(step, changes=changes + step.changes)


def _bridged(state: State, seen: Observation, face: FaceReading | None, rules: Rules) -> State:
    """What a gap between frames, another driver or a request makes of what was known."""
    t_ns = seen.t_ns
    absent_ns = 0 if state.t_ns is None else t_ns - state.t_ns
    vacant_ns = round(rules.presence.vacant_s * NS)
    other = changed(state.driver, seen, face, rules.presence)
    if absent_ns > ABSENT_NS:
        other = other or absent_ns > vacant_ns
        last_ns = state.driver.seen_ns
        moved = None if last_ns is None else last_ns + absent_ns
        state = replace(
            state, driver=replace(state.driver, seen_ns=moved), attention=AttentionState()
        )
    if other:
        # Whoever was asleep stays so until open eyes are seen: it may be the same person.
        closed, fatigue = state.closed, state.fatigue
        if state.driver.vacated or absent_ns > vacant_ns:
            # but nobody has another's microsleeps counted, nor is as tired as they were
            closed, fatigue = replace(closed, microsleeps=()), FatigueState()
        state = replace(
            state,
            closed=closed,
            calibration=started("driver_changed"),
            direction=DirectionState(),
            looking=DirectionState(),
            eyes=EyeState(),
            blinks=BlinkState(),
            gestures=GestureState(),
            attention=AttentionState(),
            fatigue=fatigue,
        )
    if seen.remembered is not None and state.t_ns is None:
        state = replace(
            state,
            calibration=resumed(seen.remembered, rules.calibration, rules.eyes),
            direction=pointed(seen.remembered),
        )
    if "recalibrate" in seen.requests:
        state = replace(
            state,
            calibration=started("requested"),
            direction=DirectionState(),
            looking=DirectionState(),
        )
    return state
