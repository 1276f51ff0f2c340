"""What is said of a step, and when: the rate caps, the repeats, the heartbeat.

Wall time is worked out here, once: everything before has only the camera's clock.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from edge.tell import messages as m
from edge.types import NS, Level

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.types import Alert, MoodSummary, Pose, Spread, Step

STATE_GAP_NS = NS // 2  # contract: at most two a second
HEARTBEAT_NS = 30 * NS
LOUD = Level.CRITICAL
"""From here on nothing is muted: warnings can be muted, the system cannot (EU 2021/1341)."""

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who speaks, and under which rules."""

    device: str
    boot_id: str
    params_hash: str
    emotion: bool
    emotion_model: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """A message for ``topic`` below the device. ``keep``: it must not be lost (QoS 1, outbox)."""

    topic: str
    message: m.Message
    retain: bool
    qos: int = 1
    keep: bool = False


class Reporter:
    """Steps in, messages out. Remembers what was said last, and the id of every open episode."""

    def __init__(
        self,
        identity: Identity,
        wall_ns: Callable[[int], int],
        synced: Callable[[], bool] = lambda: False,
        new_id: Callable[[int], str] | None = None,
    ) -> None:
        """``wall_ns`` turns a time of the data into UTC nanoseconds since 1970.

        ``new_id`` names an episode that began then; left out, a ULID.
        """
        self._new_id = new_id or ulid
        self._identity = identity
        self._wall_ns = wall_ns
        self._synced = synced
        self._seq = 0
        self._ids: dict[int, str] = {}
        self._state_key: tuple[object, ...] | None = None
        self._state_ns = -HEARTBEAT_NS
        self._metrics_ns = -HEARTBEAT_NS
        self._active_said = False
        self._calibration_key: tuple[object, ...] | None = None
        self._muted = False
        self._metrics_gap_ns: int | None = None

    def settle(self, identity: Identity, *, muted: bool, metrics_hz: float) -> None:
        """Take over what has been changed from outside. ``muted``: warnings are kept to oneself."""
        self._identity = identity
        self._muted = muted
        self._metrics_gap_ns = round(NS / metrics_hz) if metrics_hz else None

    def __call__(self, step: Step, fps: float | None = None) -> list[Said]:
        """Everything that this step gives reason to say, events first."""
        changes = [alert for alert in step.changes if self._is_said(alert)]
        said = [self._event(alert) for alert in changes]
        if changes or not self._active_said:
            said.append(self._active(step))
        said.extend(self._metrics(step, fps))
        if self._identity.emotion:
            said.extend(map(self._summary, step.summaries))
        said.extend(self._state(step, fps))
        said.extend(self._calibration(step))
        for alert in changes:
            if alert.change == "end":
                del self._ids[alert.episode]
        return said

    def farewell(self, step: Step) -> list[Said]:
        """A clean stop after ``step``: every episode that is open ends, ``reason`` "stopped"."""
        calm = [
            replace(
                alert,
                rev=alert.rev + 1,
                change="end",
                reason="stopped",
                t_ns=step.t_ns,
                end_ns=step.t_ns,
                before=step.level,
                after=Level.NONE,
            )
            for alert in step.active
        ]
        return self(replace(step, active=(), changes=tuple(calm), summaries=())) if calm else []

    def resumed(self, left_open: list[m.Event], t_ns: int) -> list[Said]:
        """Ends for what a process that died left open: each lasted at least to its last word."""
        return [
            Said(
                "event",
                msgspec.structs.replace(
                    last,
                    **self.head("event", t_ns),
                    # one later word may have been sent and not been written before the power went
                    rev=last.rev + 2,
                    change="end",
                    end_ts=last.ts,
                    reason="restart",
                    before=m.LevelOnly(level=last.after.level),
                    after=m.LevelOnly(level=0),
                    late=False,
                    age_ms=0,
                ),
                retain=False,
                keep=True,
            )
            for last in left_open
        ]

    def head(self, topic: str, t_ns: int) -> dict[str, Any]:
        """The fields that every message begins with; counts ``seq`` up."""
        self._seq += 1
        return {
            "schema": m.SCHEMA[topic],
            "dev": self._identity.device,
            "ts": self._ts(t_ns),
            "mono_ms": t_ns // 1_000_000,
            "boot_id": self._identity.boot_id,
            "seq": self._seq,
            "time_synced": self._synced(),
        }

    def _is_said(self, alert: Alert) -> bool:
        """An episode that has been told of is told to its end; a muted one is not begun."""
        if alert.episode in self._ids:
            return True
        loud = not self._muted or alert.level >= LOUD
        return loud and alert.change != "end"

    def _event(self, alert: Alert) -> Said:
        change = alert.change
        if alert.episode not in self._ids:  # one that was muted until now begins here
            change = "new"
            self._ids[alert.episode] = self._new_id(self._wall_ns(alert.t_ns))
        until_ns = alert.end_ns if alert.end_ns is not None else alert.t_ns
        return Said(
            "event",
            m.Event(
                **self.head("event", alert.t_ns),
                id=self._ids[alert.episode],
                rev=alert.rev,
                change=change,
                type=alert.type,
                level=int(alert.level),
                start_ts=self._ts(alert.start_ns),
                end_ts=None if alert.end_ns is None else self._ts(alert.end_ns),
                duration_ms=(until_ns - alert.start_ns) // 1_000_000,
                reason=alert.reason,
                evidence=m.Evidence(
                    max_closed_ms=alert.evidence.max_closed_ms,
                    perclos60=_round(alert.evidence.perclos60, 3),
                    valid_ratio=_round(alert.evidence.valid_ratio, 2),
                    fps=_round(alert.evidence.fps, 1),
                ),
                before=m.LevelOnly(level=int(alert.before)),
                after=m.LevelOnly(level=int(alert.after)),
                params_hash=self._identity.params_hash,
            ),
            retain=False,
            keep=True,
        )

    def _active(self, step: Step) -> Said:
        self._active_said = True
        alerts = [
            m.OpenEpisode(
                id=self._ids[a.episode],
                type=a.type,
                level=int(a.level),
                start_ts=self._ts(a.start_ns),
            )
            for a in step.active
            if a.episode in self._ids
        ]
        head = self.head("alerts/active", step.t_ns)
        return Said("alerts/active", m.Active(**head, alerts=alerts), retain=True)

    def _summary(self, summary: MoodSummary) -> Said:
        message = m.EmotionSummary(
            **self.head("emotion/summary", summary.end_ns),
            window_s=round((summary.end_ns - summary.start_ns) / NS, 1),
            valid_s=round(summary.valid_s, 1),
            frames=summary.looks,
            dominant=summary.dominant,
            confidence=_round(summary.confidence, 2),
            share={name: round(part, 3) for name, part in summary.share.items()},
            valence=_mean_sd(summary.valence),
            arousal=_mean_sd(summary.arousal),
            transitions=summary.transitions,
            model=self._identity.emotion_model,
        )
        return Said("emotion/summary", message, retain=True)

    def _metrics(self, step: Step, fps: float | None) -> list[Said]:
        gap_ns = self._metrics_gap_ns
        if gap_ns is None or 0 <= step.t_ns - self._metrics_ns < gap_ns:
            return []
        self._metrics_ns = step.t_ns
        eyes, pose = step.eyes, step.pose
        message = m.Metrics(
            **self.head("metrics", step.t_ns),
            openness=_round(eyes.openness, 3),
            perclos60=_round(eyes.perclos60, 3),
            perclos180=_round(eyes.perclos180, 3),
            yaw=None if pose is None else round(pose.yaw_deg, 1),
            pitch=None if pose is None else round(pose.pitch_deg, 1),
            roll=None if pose is None else round(pose.roll_deg, 1),
            fps=_round(fps, 1),
        )
        return [Said("metrics", message, retain=False, qos=0)]

    def _state(self, step: Step, fps: float | None) -> list[Said]:
        key = (
            *(step.level, step.drowsiness, step.track, step.faces, step.light, step.degraded),
            *(step.calibration.state, step.mood and step.mood.label, step.eyes.shut),
            _round(step.eyes.perclos60, 2),
            *(step.attention.state, step.attention.zone, step.speed_band),
        )
        since_ns = step.t_ns - self._state_ns
        changed = key != self._state_key and since_ns >= STATE_GAP_NS
        if not changed and 0 <= since_ns < HEARTBEAT_NS:
            return []
        self._state_key, self._state_ns = key, step.t_ns
        eyes = step.eyes
        message = m.State(
            **self.head("state", step.t_ns),
            subject=m.Subject(
                present=step.track is not None,
                track=step.track,
                faces=step.faces,
                confidence=_round(step.confidence, 2),
            ),
            light=step.light,
            degraded=list(step.degraded),
            calibration=step.calibration.state,
            level=int(step.level),
            drowsiness=m.Drowsiness(
                state=step.drowsiness,
                perclos60=_round(eyes.perclos60, 3),
                perclos180=_round(eyes.perclos180, 3),
                blink_ms_mean=_round(eyes.blink_ms_mean, 0),
                long_blink_share=_round(eyes.long_blink_share, 2),
                eyes_closed_ms=eyes.closed_ms,
                openness=_round(eyes.openness, 2),
                kss_est=step.kss_est,
            ),
            distraction=m.Distraction(
                state=step.attention.state,
                zone=step.attention.zone,
                off_forward_ms=step.attention.off_forward_ms,
                vats_s=_round(step.attention.vats_s, 1),
            ),
            pose=_head_pose(step.pose),
            speed_kmh=_round(step.speed_kmh, 1),
            speed_band=step.speed_band,
            fps=_round(fps, 1),
            emotion=self._emotion(step),
        )
        return [Said("state", message, retain=True)]

    def _calibration(self, step: Step) -> list[Said]:
        """On change of state or reason, and each tenth of the way."""
        known = step.calibration
        key = (known.state, known.reason, int(known.progress * 10), known.yaw_deg is None)
        if key == self._calibration_key:
            return []
        self._calibration_key = key
        message = m.Calibration(
            **self.head("calibration", step.t_ns),
            state=known.state,
            progress=round(known.progress, 2),
            ear_open=_round(known.ear_open, 3),
            ear_shut=_round(known.ear_shut, 3),
            yaw=_round(known.yaw_deg, 1),
            pitch=_round(known.pitch_deg, 1),
            reason=known.reason,
        )
        return [Said("calibration", message, retain=True)]

    def _emotion(self, step: Step) -> m.Expression | msgspec.UnsetType | None:
        if not self._identity.emotion:
            return msgspec.UNSET
        if step.mood is None:
            return None
        return m.Expression(label=step.mood.label, confidence=round(step.mood.confidence, 2))

    def _ts(self, t_ns: int) -> str:
        wall_ns = self._wall_ns(t_ns)
        at = datetime.fromtimestamp(wall_ns // NS, UTC)
        return f"{at:%Y-%m-%dT%H:%M:%S}.{wall_ns % NS // 1_000_000:03d}Z"


def ulid(wall_ns: int) -> str:
    """A ULID: 48 bits of milliseconds, 80 random bits, 26 characters that sort by time."""
    number = (wall_ns // 1_000_000 << 80) | int.from_bytes(os.urandom(10))
    return "".join(CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def _mean_sd(spread: Spread | None) -> m.MeanSd | None:
    if spread is None:
        return None
    return m.MeanSd(mean=round(spread.mean, 2), sd=round(spread.sd, 2))


def _head_pose(pose: Pose | None) -> m.HeadPose | None:
    if pose is None:
        return None
    return m.HeadPose(
        yaw=round(pose.yaw_deg, 1), pitch=round(pose.pitch_deg, 1), roll=round(pose.roll_deg, 1)
    )


def _round(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
