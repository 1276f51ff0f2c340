"""What is said of the driver: the latest picture, the alert episodes, the raw signals."""

from __future__ import annotations

import msgspec

from edge.tell.messages.emotion import Expression
from edge.tell.messages.head import Message


class Subject(msgspec.Struct, kw_only=True):
    """The person who is judged. ``attention``: 0..1, from head and eyes (``attention/summary``)."""

    present: bool
    track: int | None
    faces: int
    confidence: float | None
    attention: float | None = None


class Drowsiness(msgspec.Struct, kw_only=True):
    """Eyes over time. PERCLOS as a share, 0..1; times in ms.

    ``kss_est``: Karolinska Sleepiness Scale, 5 (or less) to 9; an estimate that is not validated.
    ``yawns_10min``, ``nods_10min``: signs beside the eyes, never an alert by themselves.
    """

    state: str
    perclos60: float | None
    perclos180: float | None
    blink_ms_mean: float | None
    long_blink_share: float | None
    eyes_closed_ms: int
    openness: float | None
    kss_est: int | None = None
    yawns_10min: int = 0
    nods_10min: int = 0


class Distraction(msgspec.Struct, kw_only=True):
    """Where the head points: zone, how long away from the road, and how much of the last 30 s."""

    state: str
    zone: str | None
    off_forward_ms: int
    vats_s: float | None


class HeadPose(msgspec.Struct, kw_only=True):
    """Degrees: yaw > 0 to the subject's left, pitch > 0 up, roll > 0 clockwise."""

    yaw: float
    pitch: float
    roll: float


class State(Message, kw_only=True, omit_defaults=True):
    """``state``, retained: the latest picture. On change, at most 2 a second, else every 30 s.

    ``emotion`` is there only where the profile allows it.
    """

    subject: Subject
    light: str | None
    degraded: list[str]
    calibration: str
    level: int
    drowsiness: Drowsiness
    distraction: Distraction
    pose: HeadPose | None
    speed_kmh: float | None
    speed_band: str
    fps: float | None
    emotion: Expression | msgspec.UnsetType | None = msgspec.UNSET


class Calibration(Message, kw_only=True):
    """``calibration``, retained: what is known of the driver's own face. On change.

    ``state``: uncalibrated, collecting, ready or stale (in use, about to be replaced). ``progress``
    0..1; ``ear_open``, ``ear_shut``: eye aspect ratios in use; ``yaw``, ``pitch``: where straight
    ahead is, degrees of the camera; ``reason``: why it was refused or begun afresh.
    """

    state: str
    progress: float
    ear_open: float | None
    ear_shut: float | None
    yaw: float | None
    pitch: float | None
    reason: str | None


class Evidence(msgspec.Struct, kw_only=True):
    """What an alert rests on."""

    max_closed_ms: int | None
    perclos60: float | None
    valid_ratio: float | None
    fps: float | None


class LevelOnly(msgspec.Struct, kw_only=True):
    """The level of the whole device, before or after a change."""

    level: int


class Event(Message, kw_only=True):
    """``event``: one change of an alert episode. ``id`` is a ULID; (``id``, ``rev``) is unique.

    ``late``: it waited for the broker, for ``age_ms``.
    """

    id: str
    rev: int
    change: str
    type: str
    level: int
    start_ts: str
    end_ts: str | None
    duration_ms: int
    reason: str | None
    evidence: Evidence
    before: LevelOnly
    after: LevelOnly
    params_hash: str
    ack: str | None = None
    late: bool = False
    age_ms: int = 0


class OpenEpisode(msgspec.Struct, kw_only=True):
    """An episode that is open now."""

    id: str
    type: str
    level: int
    start_ts: str


class Active(Message, kw_only=True):
    """``alerts/active``, retained: every open episode; an empty list when there is none."""

    alerts: list[OpenEpisode]


class Metrics(Message, kw_only=True):
    """``metrics``: the raw signals, 1 to 5 a second where they are asked for (off by default).

    ``actions``: facial actions that can be believed, 0..1 by FACS number, null where none was read;
    there only where the profile allows emotion.
    """

    openness: float | None
    perclos60: float | None
    perclos180: float | None
    yaw: float | None
    pitch: float | None
    roll: float | None
    fps: float | None
    actions: dict[str, float] | msgspec.UnsetType | None = msgspec.UNSET
