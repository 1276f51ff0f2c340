"""One observation further: the whole judgement, in the order in which it is made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edge.judge.alerts import AlertState, Wanted, advance_alerts, highest
from edge.judge.drowsiness import LEVELS, DrowsinessState, advance_drowsiness, word
from edge.judge.eyes import (
    EyeState,
    advance_eyes,
    closed_ns,
    is_shut,
    openness,
    perclos,
    valid_ratio,
)
from edge.judge.mood import MoodState, advance_mood
from edge.judge.presence import PresenceState, advance_presence, subject
from edge.types import NS, Evidence, Eyes, Step

if TYPE_CHECKING:
    from edge.judge.rules import Rules
    from edge.types import FaceReading, MoodSummary, Observation

PACE_S = 1.0
"""Time constant of the running frame interval."""


@dataclass(frozen=True, slots=True)
class State:
    """All that judging remembers. A value: the same state and observation give the same step."""

    t_ns: int | None = None
    interval_ns: float | None = None
    presence: PresenceState = PresenceState()
    eyes: EyeState = EyeState()
    drowsiness: DrowsinessState = DrowsinessState()
    mood: MoodState = MoodState()
    alerts: AlertState = AlertState()
    last: Step | None = None


def advance(state: State, seen: Observation, rules: Rules) -> tuple[State, Step]:
    """Judge one observation. Time that stands still or runs backwards changes nothing."""
    if state.t_ns is not None and state.last is not None and seen.t_ns <= state.t_ns:
        return state, replace(state.last, changes=(), summary=None)
    face = subject(state.presence, seen)
    other = face is not None and state.presence.track not in {None, face.track}
    eyes = EyeState(closures=state.eyes.closures, valid=state.eyes.valid) if other else state.eyes
    opening = openness(face.ear if face else None, rules.eyes)
    eyes = advance_eyes(eyes, seen.t_ns, opening, rules.eyes)
    drowsiness = advance_drowsiness(state.drowsiness, eyes, rules.drowsiness)
    presence = advance_presence(
        state.presence, seen.t_ns, face, drowsiness.last_shut_ns, rules.presence
    )
    # Lowered or closed eyes are not sorrow: while they are shut, no expression is read.
    emotion = face.emotion if face and not is_shut(eyes) else None
    mood, summary = MoodState(window=state.mood.window) if other else state.mood, None
    if rules.emotion:
        mood, summary = advance_mood(mood, seen.t_ns, emotion, rules.mood)
    moved = replace(
        state,
        t_ns=seen.t_ns,
        interval_ns=_pace(state, seen.t_ns),
        presence=presence,
        eyes=eyes,
        drowsiness=drowsiness,
        mood=mood,
    )
    return _say(moved, seen, face, summary, rules)


def _say(
    state: State,
    seen: Observation,
    face: FaceReading | None,
    summary: MoodSummary | None,
    rules: Rules,
) -> tuple[State, Step]:
    t_ns = seen.t_ns
    seen_now = state.eyes.seen_ns == t_ns
    eyes = Eyes(
        openness=state.eyes.openness if seen_now else None,
        shut=is_shut(state.eyes) if seen_now else None,
        closed_ms=closed_ns(state.eyes) // 1_000_000 if is_shut(state.eyes) else 0,
        perclos60=perclos(state.eyes, t_ns, 60, rules.eyes),
        perclos180=perclos(state.eyes, t_ns, 180, rules.eyes),
    )
    alerts, changes = advance_alerts(
        state.alerts, t_ns, _wanted(state), _reasons(state), _evidence(state, eyes), rules.alerts
    )
    step = Step(
        t_ns=t_ns,
        level=highest(alerts.active),
        faces=len(seen.faces),
        track=face.track if face else None,
        confidence=face.confidence if face else None,
        drowsiness=word(state.drowsiness, state.eyes),
        eyes=eyes,
        pose=face.pose if face else None,
        mood=state.mood.mood,
        active=alerts.active,
        changes=changes,
        summary=summary,
    )
    return replace(state, alerts=alerts, last=step), step


def _wanted(state: State) -> tuple[Wanted, ...]:
    wanted: tuple[Wanted, ...] = ()
    asleep = state.drowsiness
    if asleep.type is not None:
        wanted += (Wanted(asleep.type, LEVELS[asleep.type], asleep.start_ns),)
    lost = state.presence
    if lost.lost is not None and lost.seen_ns is not None:
        wanted += (Wanted("face_lost", lost.lost, lost.seen_ns),)
    return wanted


def _reasons(state: State) -> dict[str, str]:
    ended = "eyes_open" if state.drowsiness.type is None else "escalated"
    found = "vacated" if state.presence.vacated else "face_found"
    return dict.fromkeys(LEVELS, ended) | {"face_lost": found}


def _evidence(state: State, eyes: Eyes) -> Evidence:
    asleep = state.drowsiness
    concerned = asleep.type is not None or any(a.type in LEVELS for a in state.alerts.active)
    t_ns = state.t_ns or 0
    return Evidence(
        max_closed_ms=asleep.max_closed_ns // 1_000_000 if concerned else None,
        perclos60=eyes.perclos60,
        valid_ratio=valid_ratio(state.eyes, max(t_ns - 60 * NS, _first_ns(state)), t_ns),
        fps=NS / state.interval_ns if state.interval_ns else None,
    )


def _first_ns(state: State) -> int:
    return state.eyes.valid[0][0] if state.eyes.valid else 0


def _pace(state: State, t_ns: int) -> float | None:
    """Running mean of the frame interval, in ns; a gap of over a second starts it afresh."""
    if state.t_ns is None or t_ns - state.t_ns > NS:
        return None
    interval_ns = float(t_ns - state.t_ns)
    if state.interval_ns is None:
        return interval_ns
    share = min(1.0, interval_ns / (PACE_S * NS))
    return state.interval_ns + share * (interval_ns - state.interval_ns)
