"""What is said of a step, and when: the rate caps, the repeats, the heartbeat.

Wall time is worked out here, once: everything before has only the camera's clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from edge.tell import messages as m
from edge.tell import people, wording
from edge.tell.episodes import Episodes
from edge.tell.stamps import rfc3339, ulid
from edge.types import NS, Level

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.tell.wording import Head
    from edge.types import Alert, Step

STATE_GAP_NS = NS // 2  # contract: at most two a second
HEARTBEAT_NS = 30 * NS
EMOTION_TOPIC = "emotion/summary"


class Identity(Struct, frozen=True):
    """Who speaks, and under which rules."""

    device: str
    boot_id: str
    params_hash: str
    emotion: bool
    emotion_model: str = ""


class Said(Struct, frozen=True):
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
        name = new_id or ulid
        self._episodes = Episodes(lambda t_ns: name(wall_ns(t_ns)))
        self._identity = identity
        self._wall_ns = wall_ns
        self._synced = synced
        self._seq = 0
        self._state_key: tuple[object, object] | None = None
        self._state_gap_ns = STATE_GAP_NS
        self._state_ns = -HEARTBEAT_NS
        self._rest_ns = -HEARTBEAT_NS
        self._metrics_ns = -HEARTBEAT_NS
        self._active_said = False
        self._calibration_key: tuple[object, ...] | None = None
        self._metrics_gap_ns: int | None = None

    def settle(
        self, identity: Identity, *, muted: bool, metrics_hz: float, state_s: float = 0
    ) -> None:
        """Take over what has been changed from outside. ``muted``: warnings are kept to oneself.

        ``state_s``: between two pictures, unless something urgent has changed.
        """
        if identity.emotion != self._identity.emotion:
            self._state_key = None  # the retained picture shall not keep what is forbidden now
        self._identity = identity
        self._episodes.muted = muted
        self._metrics_gap_ns = round(NS / metrics_hz) if metrics_hz else None
        self._state_gap_ns = round(state_s * NS)
        self._rest_ns = self._state_ns

    def __call__(self, step: Step, fps: float | None = None) -> list[Said]:
        """Everything that this step gives reason to say, events first.

        Most frames give none: until the next message may be due, only events are looked for.
        """
        resting = self._state_ns <= step.t_ns < self._rest_ns
        if resting and not (step.changes or step.summaries or self._episodes.waiting):
            return []
        said = []
        if step.changes or self._episodes.waiting or not self._active_said:
            said = self._alerts(step)
        if self._metrics_gap_ns is not None:
            said += self._metrics(step, fps, self._metrics_gap_ns)
        if step.summaries:
            said += self._summaries(step)
        said += self._state(step, fps)
        said += self._calibration(step)
        self._rest_ns = self._state_ns + STATE_GAP_NS
        if self._metrics_gap_ns is not None:
            self._rest_ns = min(self._rest_ns, self._metrics_ns + self._metrics_gap_ns)
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

    def _alerts(self, step: Step) -> list[Said]:
        """What has changed of the alerts, and which are open now."""
        changes = self._episodes.due(step.changes, step.t_ns)
        said = [self._event(alert) for alert in changes]
        if changes or not self._active_said:
            said.append(self._active(step))
        for alert in changes:
            self._episodes.over(alert)
        return said

    def _event(self, alert: Alert) -> Said:
        head, name = self.head("event", alert.t_ns), self._episodes.name(alert.episode) or ""
        message = wording.event(head, alert, name, self._ts, self._identity.params_hash)
        return Said("event", message, retain=False, keep=True)

    def _active(self, step: Step) -> Said:
        self._active_said = True
        alerts = [
            m.OpenEpisode(id=name, type=a.type, level=int(a.level), start_ts=self._ts(a.start_ns))
            for a in step.active
            if (name := self._episodes.name(a.episode)) is not None
        ]
        head = self.head("alerts/active", step.t_ns)
        return Said("alerts/active", m.Active(**head, alerts=alerts), retain=True)

    def _summaries(self, step: Step) -> list[Said]:
        """Attention in every profile, emotion only where it may be said."""
        end_ns = step.summaries[0].end_ns
        heed = people.attention_summary(self.head("attention/summary", end_ns), step.summaries)
        said = [Said("attention/summary", heed, retain=True)]
        if self._identity.emotion:
            head, model = self.head(EMOTION_TOPIC, end_ns), self._identity.emotion_model
            felt = people.emotion_summary(head, step.summaries, model)
            said.append(Said(EMOTION_TOPIC, felt, retain=True))
        return said

    def _metrics(self, step: Step, fps: float | None, gap_ns: int) -> list[Said]:
        if 0 <= step.t_ns - self._metrics_ns < gap_ns:
            return []
        self._metrics_ns = step.t_ns
        head, emotion = self.head("metrics", step.t_ns), self._identity.emotion
        message = wording.metrics(head, step, fps, emotion=emotion)
        return [Said("metrics", message, retain=False, qos=0)]

    def _state(self, step: Step, fps: float | None) -> list[Said]:
        since_ns = step.t_ns - self._state_ns
        if 0 <= since_ns < STATE_GAP_NS:
            return []
        eyes, attention, mood, share = step.eyes, step.attention, step.mood, step.eyes.perclos60
        urgent = (step.level, step.drowsiness, step.track is None, step.degraded)
        rest = (
            step.track,
            step.faces,
            step.light,
            step.calibration.state,
            None if mood is None else mood.label,
            eyes.shut,
            None if share is None else round(share, 2),
            attention.state,
            attention.zone,
            step.speed_band,
        )
        before = self._state_key
        if before is None or before[0] != urgent:
            gap_ns = STATE_GAP_NS
        else:
            gap_ns = HEARTBEAT_NS if before[1] == rest else self._state_gap_ns
        if 0 <= since_ns < gap_ns:
            return []
        self._state_key, self._state_ns = (urgent, rest), step.t_ns
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
