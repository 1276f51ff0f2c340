"""What is judged of the driver, and the step that carries everything that is judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from edge.types.words import Level

if TYPE_CHECKING:
    from edge.types.people import Mood, MoodSummary, Person
    from edge.types.seeing import Pose


class Evidence(Struct, frozen=True):
    """What an alert rests on, said with it so that it can be checked."""

    max_closed_ms: int | None = None
    perclos60: float | None = None
    valid_ratio: float | None = None
    fps: float | None = None


class Alert(Struct, frozen=True):
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


class Eyes(Struct, frozen=True):
    """The driver's eyes now. ``openness`` 0 shut .. 1 as open as usual; PERCLOS 0..1."""

    openness: float | None = None
    shut: bool | None = None
    closed_ms: int = 0
    perclos60: float | None = None
    perclos180: float | None = None
    blink_ms_mean: float | None = None
    long_blink_share: float | None = None


class Attention(Struct, frozen=True):
    """Where the head points. ``zone`` and ``state`` are None and ``unknown`` while unseen.

    ``off_forward_ms``: away from the road without a break; ``vats_s``: away in the last 30 s.
    """

    state: str = "unknown"
    zone: str | None = None
    off_forward_ms: int = 0
    vats_s: float | None = None


class Calibration(Struct, frozen=True):
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


class Mark(Struct, frozen=True):
    """Something that happened and is over: ``blink``, ``long_blink``, ``yawn``, ``head_nod``."""

    type: str
    start_ns: int
    end_ns: int


class Step(Struct, frozen=True):
    """What the judgement says after one observation.

    ``given_up``: rungs of the ladder of heat and power: 0 none, 1 expression, 2 and landmarks,
    3 and frames. ``faults``: what is wrong with the picture or the board, by name.
    ``odd``: what no camera or network should give (``edge.judge.oddities``), for the log.
    ``yawns``, ``nods``: of the last ten minutes.
    """

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
    people: tuple[Person, ...] = ()
    summaries: tuple[MoodSummary, ...] = ()
    speed_kmh: float | None = None
    speed_band: str = "unknown"
    marks: tuple[Mark, ...] = ()
    given_up: int = 0
    faults: tuple[str, ...] = ()
    odd: tuple[str, ...] = ()
    yawns: int = 0
    nods: int = 0
