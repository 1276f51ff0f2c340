"""How a step reads as messages: what is put into each, rounded to what can be known.

``head`` is what every message begins with (``Reporter.head``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from edge.tell import messages as m
from edge.tell import people
from edge.tell.stamps import rounded

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.types import Alert, Calibration, Pose, Step

Head = dict[str, Any]


def event(
    head: Head, alert: Alert, name: str, rfc3339: Callable[[int], str], params_hash: str
) -> m.Event:
    """One change of an episode. ``rfc3339`` writes a time of the data as UTC."""
    until_ns = alert.end_ns if alert.end_ns is not None else alert.t_ns
    return m.Event(
        **head,
        id=name,
        rev=alert.rev,
        change=alert.change,
        type=alert.type,
        level=int(alert.level),
        start_ts=rfc3339(alert.start_ns),
        end_ts=None if alert.end_ns is None else rfc3339(alert.end_ns),
        duration_ms=(until_ns - alert.start_ns) // 1_000_000,
        reason=alert.reason,
        evidence=m.Evidence(
            max_closed_ms=alert.evidence.max_closed_ms,
            perclos60=rounded(alert.evidence.perclos60, 3),
            valid_ratio=rounded(alert.evidence.valid_ratio, 2),
            fps=rounded(alert.evidence.fps, 1),
        ),
        before=m.LevelOnly(level=int(alert.before)),
        after=m.LevelOnly(level=int(alert.after)),
        params_hash=params_hash,
    )


def cut_short(head: Head, last: m.Event) -> m.Event:
    """The end of an episode that a process left open: it lasted at least to its last word."""
    return msgspec.structs.replace(
        last,
        **head,
        # one later word may have been sent and not been written before the power went
        rev=last.rev + 2,
        change="end",
        end_ts=last.ts,
        reason="restart",
        before=m.LevelOnly(level=last.after.level),
        after=m.LevelOnly(level=0),
        late=False,
        age_ms=0,
    )


def state(head: Head, step: Step, fps: float | None, *, emotion: bool) -> m.State:
    """The latest picture; ``emotion`` only where it may be said."""
    eyes = step.eyes
    return m.State(
        **head,
        subject=m.Subject(
            present=step.track is not None,
            track=step.track,
            faces=step.faces,
            confidence=rounded(step.confidence, 2),
            attention=people.attention_of(step),
        ),
        light=step.light,
        degraded=list(step.degraded),
        calibration=step.calibration.state,
        level=int(step.level),
        drowsiness=m.Drowsiness(
            state=step.drowsiness,
            perclos60=rounded(eyes.perclos60, 3),
            perclos180=rounded(eyes.perclos180, 3),
            blink_ms_mean=rounded(eyes.blink_ms_mean, 0),
            long_blink_share=rounded(eyes.long_blink_share, 2),
            eyes_closed_ms=eyes.closed_ms,
            openness=rounded(eyes.openness, 2),
            kss_est=step.kss_est,
            yawns_10min=step.yawns,
            nods_10min=step.nods,
        ),
        distraction=m.Distraction(
            state=step.attention.state,
            zone=step.attention.zone,
            off_forward_ms=step.attention.off_forward_ms,
            vats_s=rounded(step.attention.vats_s, 1),
        ),
        pose=_head_pose(step.pose),
        speed_kmh=rounded(step.speed_kmh, 1),
        speed_band=step.speed_band,
        fps=rounded(fps, 1),
        emotion=people.expression(step) if emotion else msgspec.UNSET,
    )


def calibration(head: Head, known: Calibration) -> m.Calibration:
    """What is known of the driver's own face."""
    return m.Calibration(
        **head,
        state=known.state,
        progress=round(known.progress, 2),
        ear_open=rounded(known.ear_open, 3),
        ear_shut=rounded(known.ear_shut, 3),
        yaw=rounded(known.yaw_deg, 1),
        pitch=rounded(known.pitch_deg, 1),
        reason=known.reason,
    )


def metrics(head: Head, step: Step, fps: float | None, *, emotion: bool) -> m.Metrics:
    """The raw signals; ``emotion``: facial actions may be said, too."""
    eyes, pose = step.eyes, step.pose
    return m.Metrics(
        **head,
        openness=rounded(eyes.openness, 3),
        perclos60=rounded(eyes.perclos60, 3),
        perclos180=rounded(eyes.perclos180, 3),
        yaw=None if pose is None else round(pose.yaw_deg, 1),
        pitch=None if pose is None else round(pose.pitch_deg, 1),
        roll=None if pose is None else round(pose.roll_deg, 1),
        fps=rounded(fps, 1),
        actions=people.actions_of(step) if emotion else msgspec.UNSET,
    )


def _head_pose(pose: Pose | None) -> m.HeadPose | None:
    if pose is None:
        return None
    return m.HeadPose(
        yaw=round(pose.yaw_deg, 1), pitch=round(pose.pitch_deg, 1), roll=round(pose.roll_deg, 1)
    )
