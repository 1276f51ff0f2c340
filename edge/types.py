"""The words of the product: what passes from room to room.

Every value here is frozen and small. ``Frame`` is the only one that holds pixels, and it
ends in ``see``. ``None`` always means "not seen"; it is never replaced by 0 or the last value.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NS = 1_000_000_000
"""Nanoseconds in a second; times are ``t_ns`` on the camera's monotonic clock."""

EMOTIONS = ("neutral", "happy", "surprise", "sad", "anger", "disgust", "fear", "contempt")
"""Order of every emotion vector (that of FER+, Barsoum et al. 2016)."""


@dataclass(frozen=True, slots=True)
class Between:
    """Range of a setting, both ends allowed: ``Annotated[float, Between(1, 120)]``."""

    low: float
    high: float


class Level(IntEnum):
    """How urgent, from nothing to the last call (driver state table)."""

    NONE = 0
    ADVISORY = 1
    CAUTION = 2
    WARNING = 3
    CRITICAL = 4
    EMERGENCY = 5


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture from a camera.

    ``image``: uint8[H, W, 3] RGB, C-contiguous. ``t_ns``: when the sensor took it, monotonic.
    ``luma``: uint8[h, w] small grey picture from the ISP where the camera gives one.
    ``dropped``: pictures skipped since the previous frame because a newer one was there.
    """

    t_ns: int
    image: NDArray[np.uint8]
    luma: NDArray[np.uint8] | None = None
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Box:
    """Rectangle in full-frame pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def area(self) -> float:
        """Area in square pixels; 0 for an inside-out box."""
        return max(0.0, self.right - self.left) * max(0.0, self.bottom - self.top)


@dataclass(frozen=True, slots=True)
class Pose:
    """Head pose in degrees: yaw > 0 to the subject's left, pitch > 0 up, roll > 0 clockwise."""

    yaw_deg: float
    pitch_deg: float
    roll_deg: float


@dataclass(frozen=True, slots=True)
class FaceReading:
    """What one face showed in one frame.

    ``ear``: eye aspect ratio of the eyes that can be judged (Soukupová & Čech 2016) on the common
    scale on which an average open eye reads 0.26. ``mar``: inner-lip gap / mouth width.
    ``emotion``: probabilities in the order of ``EMOTIONS``, only on frames on which the face was
    asked for it; ``actions``: facial actions 0..1 in the order of ``edge.see.actions.ACTIONS``, on
    the same frames. ``eyes_visible``: how sure it is that eyes are to be seen at all (no
    sunglasses, glare or hand), 0..1; None where nothing measures it.
    """

    track: int
    box: Box
    confidence: float
    ear: float | None = None
    ear_right: float | None = None
    ear_left: float | None = None
    mar: float | None = None
    pose: Pose | None = None
    emotion: tuple[float, ...] | None = None
    actions: tuple[float, ...] | None = None
    eyes_visible: float | None = None


@dataclass(frozen=True, slots=True)
class Light:
    """Brightness of the whole picture, 0..1: mean and standard deviation of a sparse grid.

    ``repeated``: the grid is identical to the last frame's, bit for bit (a stuck camera).
    """

    mean: float
    spread: float
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Vehicle:
    """What the vehicle last said, and how long before this frame it said so."""

    speed_kmh: float | None = None
    age_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Observation:
    """All that ``judge`` ever learns of a frame. Recordings are made of these.

    ``requests``: what people asked for since the last frame: ``ack``, ``recalibrate``.
    """

    t_ns: int
    faces: tuple[FaceReading, ...] = ()
    light: Light | None = None
    width: int = 0
    height: int = 0
    vehicle: Vehicle | None = None
    requests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an alert rests on, said with it so that it can be checked."""

    max_closed_ms: int | None = None
    perclos60: float | None = None
    valid_ratio: float | None = None
    fps: float | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """One change of an alert episode: ``new``, ``update`` or ``end``.

    ``episode`` counts from 1 within a session; ``rev`` counts from 1 within an episode. ``said``:
    how often it has been announced (a drowsy driver is told again every minute). ``advice``:
    ``rest`` once it should be said that a rest is due.
    """

    episode: int
    rev: int
    change: str
    type: str
    level: Level
    before: Level
    after: Level
    start_ns: int
    t_ns: int
    end_ns: int | None = None
    reason: str | None = None
    evidence: Evidence = Evidence()
    said: int = 1
    advice: str | None = None


@dataclass(frozen=True, slots=True)
class Eyes:
    """The driver's eyes now. ``openness`` 0 shut .. 1 as open as usual; PERCLOS 0..1."""

    openness: float | None = None
    shut: bool | None = None
    closed_ms: int = 0
    perclos60: float | None = None
    perclos180: float | None = None
    blink_ms_mean: float | None = None
    long_blink_share: float | None = None


@dataclass(frozen=True, slots=True)
class Attention:
    """Where the head points. ``zone`` and ``state`` are None and ``unknown`` while unseen.

    ``off_forward_ms``: away from the road without a break; ``vats_s``: away in the last 30 s.
    """

    state: str = "unknown"
    zone: str | None = None
    off_forward_ms: int = 0
    vats_s: float | None = None


@dataclass(frozen=True, slots=True)
class Calibration:
    """What is known of this driver's own face.

    ``state``: uncalibrated, collecting, ready or stale (in use, about to be replaced).
    ``progress`` 0..1 towards ``ready``. ``ear_open``, ``ear_shut``: the ends of openness in use.
    ``yaw_deg``, ``pitch_deg``: where straight ahead is, None until learnt. ``reason``: why it was
    refused or begun afresh.
    """

    state: str = "uncalibrated"
    progress: float = 0.0
    ear_open: float | None = None
    ear_shut: float | None = None
    yaw_deg: float | None = None
    pitch_deg: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened and is over: ``blink``, ``long_blink``, ``yawn``, ``head_nod``."""

    type: str
    start_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True)
class Mood:
    """The shown expression, smoothed: label from ``EMOTIONS`` or ``uncertain``."""

    label: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean and standard deviation over a window."""

    mean: float
    sd: float


@dataclass(frozen=True, slots=True)
class MoodSummary:
    """One window of expression. ``share`` sums to 1 over the valid time, or is all None-free."""

    start_ns: int
    end_ns: int
    valid_s: float
    looks: int
    dominant: str | None
    confidence: float | None
    share: dict[str, float]
    valence: Spread | None
    arousal: Spread | None
    transitions: int


@dataclass(frozen=True, slots=True)
class Step:
    """What the judgement says after one observation."""

    t_ns: int
    level: Level = Level.NONE
    faces: int = 0
    track: int | None = None
    confidence: float | None = None
    light: str | None = None
    degraded: tuple[str, ...] = ()
    calibration: Calibration = Calibration()
    drowsiness: str = "unknown"
    kss_est: int | None = None
    eyes: Eyes = Eyes()
    attention: Attention = Attention()
    pose: Pose | None = None
    mood: Mood | None = None
    active: tuple[Alert, ...] = ()
    changes: tuple[Alert, ...] = ()
    summary: MoodSummary | None = None
    speed_kmh: float | None = None
    speed_band: str = "unknown"
    marks: tuple[Mark, ...] = ()
