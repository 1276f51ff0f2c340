"""What is said after one observation: which alerts are wanted, on what they rest, the step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from edge.judge.alerts import Wanted
from edge.judge.signals.calibration import shown
from edge.judge.signals.closure import closed_ns, is_shut
from edge.judge.signals.perclos import valid_ratio
from edge.judge.speed import band, drowsy_at_most
from edge.judge.states import closed_eyes, fatigue
from edge.judge.states.distraction import off_forward_ns, vats_ns
from edge.judge.states.zones import FORWARD
from edge.types import NS, Attention, Calibration, Evidence, Eyes, Level, Step

if TYPE_CHECKING:
    from edge.judge.rules import Rules
    from edge.judge.state import State
    from edge.types import Alert, FaceReading, Mark, Mood, MoodSummary, Observation, Pose

DISTRACTIONS = ("distraction_long", "distraction_vats", "phone_suspect")


class Now(Struct, frozen=True):
    """Everything that has been judged of one observation."""

    state: State
    seen: Observation
    face: FaceReading | None
    pose: Pose | None
    speed: float | None
    rules: Rules
    marks: tuple[Mark, ...]
    summaries: tuple[MoodSummary, ...]
    odd: tuple[str, ...]


def wanted(now: Now) -> tuple[Wanted, ...]:
    """The states that hold and that somebody should hear of, the most urgent family first."""
    state = now.state
    wants: list[Wanted] = []
    asleep = state.closed.type
    if asleep is not None:
        wants.append(Wanted(asleep, closed_eyes.LEVELS[asleep], state.closed.start_ns))
    tired = fatigue.held(state.fatigue)
    if tired is not None:
        most = drowsy_at_most(state.pace_tired.kmh, now.rules.speed)
        level = min(fatigue.LEVELS[tired], most)
        if level:
            wants.append(Wanted(tired, level, state.fatigue.start_ns))
    if asleep is None or asleep == "eyes_closed_pre":  # a sleeper's head drops: one alarm is enough
        wants += _distracted(state)
    lost = state.driver
    if lost.lost is not None and lost.seen_ns is not None:
        wants.append(Wanted("face_lost", lost.lost, lost.seen_ns))
    if state.sight.unreadable_ns is not None:
        wants.append(Wanted("eyes_unreadable", Level.ADVISORY, state.sight.unreadable_ns))
    if state.sight.blocked_ns is not None:
        wants.append(Wanted("camera_blocked", Level.ADVISORY, state.sight.blocked_ns))
    if _quiet(now):
        wants = [want for want in wants if want.level != Level.CAUTION]
    return tuple(wants)


def _distracted(state: State) -> list[Wanted]:
    attention = state.attention
    wants = []
    if attention.level:
        wants.append(Wanted("distraction_long", attention.level, attention.start_ns))
    if attention.vats_ns is not None:
        wants.append(Wanted("distraction_vats", Level.CAUTION, attention.vats_ns))
    if attention.phone_ns is not None:
        wants.append(Wanted("phone_suspect", Level.CAUTION, attention.phone_ns))
    return wants


def reasons(now: Now) -> dict[str, str]:
    """Why an alert that is no longer wanted ends, by type."""
    state = now.state
    if not state.alerts.active:
        return {}
    escalated = state.closed.type is not None
    why = dict.fromkeys(closed_eyes.LEVELS, "escalated" if escalated else state.closed.reason)
    tired = fatigue.held(state.fatigue)
    why |= dict.fromkeys(fatigue.LEVELS, "rested" if tired is None else "changed")
    ahead = "looking_ahead" if state.attention.zone == FORWARD else "not_judged"
    why |= dict.fromkeys(DISTRACTIONS, "asleep" if escalated else ahead)
    why["face_lost"] = "vacated" if state.driver.vacated else "face_found"
    gone = now.face is None
    why["eyes_unreadable"] = "face_gone" if gone else "eyes_readable"
    why["camera_blocked"] = "picture_back"
    if _quiet(now):
        for alert in state.alerts.active:
            if alert.level == Level.CAUTION and why[alert.type] not in {"escalated", "asleep"}:
                why[alert.type] = "acknowledged"
    return why


def evidence(now: Now) -> Evidence:
    """What an alert of this moment rests on."""
    state = now.state
    types = {alert.type for alert in state.alerts.active} | {state.closed.type}
    concerned = not types.isdisjoint(closed_eyes.LEVELS)
    return Evidence(
        max_closed_ms=state.closed.max_closed_ns // 1_000_000 if concerned else None,
        perclos60=now.state.signs.perclos60,
        valid_ratio=valid_ratio(state.eyes, now.seen.t_ns),
        fps=NS / state.interval_ns if state.interval_ns else None,
    )


def said(now: Now, level: Level, active: tuple[Alert, ...], changes: tuple[Alert, ...]) -> Step:
    """The step."""
    state, face, signs = now.state, now.face, now.state.signs
    word = closed_eyes.word(state.closed, state.eyes)
    if word == "alert":
        word = fatigue.held(state.fatigue) or word
    asleep = state.closed.type in {"microsleep", "sleep", "unresponsive"}
    return Step(
        t_ns=now.seen.t_ns,
        level=level,
        faces=len(now.seen.faces),
        track=face.track if face else None,
        confidence=face.confidence if face else None,
        light=state.sight.light,
        degraded=_degraded(now),
        calibration=_calibration(now),
        drowsiness=word,
        kss_est=fatigue.kss_estimate(state.fatigue, signs.perclos60, asleep=asleep),
        eyes=_eyes(now),
        attention=_attention(now),
        pose=now.pose,
        mood=_mood(now),
        active=active,
        changes=changes,
        people=state.people.shown,
        summaries=now.summaries,
        speed_kmh=now.speed,
        speed_band=band(now.speed, now.rules.speed),
        marks=now.marks,
        given_up=state.effort.given_up,
        faults=_faults(state),
        odd=now.odd,
        yawns=len(state.fatigue.yawns),
        nods=len(state.fatigue.nods),
    )


def _mood(now: Now) -> Mood | None:
    """The driver's."""
    track = None if now.face is None else now.face.track
    for person in now.state.people.shown:
        if person.track == track:
            return person.mood
    return None


def _eyes(now: Now) -> Eyes:
    eyes = now.state.eyes
    seen_now = eyes.seen_ns == now.seen.t_ns
    shut = is_shut(eyes)
    return Eyes(
        openness=eyes.openness if seen_now else None,
        shut=shut if seen_now else None,
        closed_ms=closed_ns(eyes) // 1_000_000 if shut else 0,
        perclos60=now.state.signs.perclos60,
        perclos180=now.state.signs.perclos180,
        blink_ms_mean=now.state.blinks.mean_ms,
        long_blink_share=now.state.blinks.long_share,
    )


def _attention(now: Now) -> Attention:
    state, rules = now.state.attention, now.rules.attention
    if not rules.enabled:
        return Attention("off")
    ahead = now.state.direction.ahead
    if ahead is None or not ahead.sure:
        return Attention("learning" if now.pose is not None else "unknown")
    if state.zone is None:
        return Attention("unknown")
    word = "distracted" if state.level or state.vats_ns is not None else "glance"
    if word == "glance" and state.zone == FORWARD:
        word = "attentive"
    t_ns = now.seen.t_ns
    off_ms = off_forward_ns(state, t_ns) // 1_000_000
    return Attention(word, state.zone, off_ms, vats_ns(state, t_ns, rules) / NS)


def _calibration(now: Now) -> Calibration:
    ahead = now.state.direction.ahead
    calibration = shown(now.state.calibration, now.rules.calibration)
    if ahead is None or not ahead.sure:
        return calibration
    return replace(calibration, yaw_deg=ahead.yaw_deg, pitch_deg=ahead.pitch_deg)


def _degraded(now: Now) -> tuple[str, ...]:
    state = now.state
    interval_ns = state.interval_ns  # None: the last picture is over a second old, or the first
    pause = interval_ns is None and state.last is not None
    slow = pause or (interval_ns is not None and NS / interval_ns < now.rules.eyes.perclos_fps)
    parts = (
        ("eyes", state.sight.unreadable_ns is not None),
        ("face", state.driver.lost is not None),
        ("camera", state.sight.blocked_ns is not None),
        ("frame_rate", slow),
        (state.effort.why, state.effort.given_up > 0),
    )
    return tuple(name for name, failing in parts if failing)


def _faults(state: State) -> tuple[str, ...]:
    blocked = state.sight.blocked_by
    return state.effort.faults if blocked is None else (blocked, *state.effort.faults)


def _quiet(now: Now) -> bool:
    return now.state.quiet_ns is not None and now.seen.t_ns < now.state.quiet_ns
