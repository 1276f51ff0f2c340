"""What is said of a step, and when: the rate caps, the repeats, the heartbeat.

Wall time is worked out here, once: everything before has only the camera's clock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edge.tell import messages as m
from edge.tell import wording
from edge.tell.stamps import rfc3339, ulid
from edge.types import NS, Level

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.tell.wording import Head
    from edge.types import Alert, MoodSummary, Step

STATE_GAP_NS = NS // 2  # contract: at most two a second
HEARTBEAT_NS = 30 * NS
LOUD = Level.CRITICAL
"""From here on nothing is muted: warnings can be muted, the system cannot (EU 2021/1341)."""


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
                "event", wording.cut_short(self.head("event", t_ns), last), retain=False, keep=True
            )
            for last in left_open
        ]

    def head(self, topic: str, t_ns: int) -> Head:
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
        if alert.episode not in self._ids:  # one that was muted until now begins here
            alert = replace(alert, change="new")
            self._ids[alert.episode] = self._new_id(self._wall_ns(alert.t_ns))
        head, name = self.head("event", alert.t_ns), self._ids[alert.episode]
        message = wording.event(head, alert, name, self._ts, self._identity.params_hash)
        return Said("event", message, retain=False, keep=True)

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
        head = self.head("emotion/summary", summary.end_ns)
        message = wording.summary(head, summary, self._identity.emotion_model)
        return Said("emotion/summary", message, retain=True)

    def _metrics(self, step: Step, fps: float | None) -> list[Said]:
        gap_ns = self._metrics_gap_ns
        if gap_ns is None or 0 <= step.t_ns - self._metrics_ns < gap_ns:
            return []
        self._metrics_ns = step.t_ns
        message = wording.metrics(self.head("metrics", step.t_ns), step, fps)
        return [Said("metrics", message, retain=False, qos=0)]

    def _state(self, step: Step, fps: float | None) -> list[Said]:
        key = (
            *(step.level, step.drowsiness, step.track, step.faces, step.light, step.degraded),
            *(step.calibration.state, step.mood and step.mood.label, step.eyes.shut),
            step.eyes.perclos60 and round(step.eyes.perclos60, 2),
            *(step.attention.state, step.attention.zone, step.speed_band),
        )
        since_ns = step.t_ns - self._state_ns
        changed = key != self._state_key and since_ns >= STATE_GAP_NS
        if not changed and 0 <= since_ns < HEARTBEAT_NS:
            return []
        self._state_key, self._state_ns = key, step.t_ns
        head = self.head("state", step.t_ns)
        message = wording.state(head, step, fps, emotion=self._identity.emotion)
        return [Said("state", message, retain=True)]

    def _calibration(self, step: Step) -> list[Said]:
        """On change of state or reason, and each tenth of the way."""
        known = step.calibration
        key = (known.state, known.reason, int(known.progress * 10), known.yaw_deg is None)
        if key == self._calibration_key:
            return []
        self._calibration_key = key
        message = wording.calibration(self.head("calibration", step.t_ns), known)
        return [Said("calibration", message, retain=True)]

    def _ts(self, t_ns: int) -> str:
        return rfc3339(self._wall_ns(t_ns))
