"""What an analysis says. Times are seconds from the start; ``None`` is not seen, never 0.

Where the profile forbids emotion, the fields that speak of it are left out, not null.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from edge.analysis import table
from edge.analysis.table import Cell  # noqa: TC001 - msgspec reads annotations

SCHEMA = "analysis/1.1"

Ended = Literal["complete", "partial", "interrupted"]


class Attention(msgspec.Struct, frozen=True, kw_only=True):
    """How much somebody is with it, 0..1, and the parts that ``value`` is the product of."""

    value: float
    head: float
    gaze: float | None
    eyes: float | None


class Emotion(msgspec.Struct, frozen=True, kw_only=True):
    """The shown expression; smoothed over time in a video.

    ``label``: of ``probabilities`` (sum 1), or ``uncertain``: then ``between`` has the fewest that
    are certain enough together. ``valence`` and ``arousal``: -1..1. ``calm``, ``worried`` and
    ``confused`` (0..1) and ``attitude`` are derived by rule, no network knows them.
    """

    label: str
    confidence: float
    probabilities: dict[str, float]
    valence: float
    arousal: float
    calm: float | None
    worried: float | None
    confused: float | None
    attitude: str | None
    between: list[str]


class Face(msgspec.Struct, frozen=True, kw_only=True):
    """One face in one frame. ``box``: left, top, right, bottom in pixels of the picture.

    ``track``: the same number is the same face while it stays in sight. ``eyes_open``: 0 shut, 1
    as wide as usual. ``mouth_open``: gap of the lips / width of the mouth. Angles in degrees: yaw
    to the person's left, pitch up, roll clockwise. ``actions``: facial action units 0..1;
    ``actions_trusted``: which of them may be believed here.
    """

    track: int
    box: tuple[float, float, float, float]
    confidence: float
    eyes_open: float | None
    mouth_open: float | None
    yaw_deg: float | None
    pitch_deg: float | None
    roll_deg: float | None
    attention: Attention | None
    emotion: Emotion | UnsetType | None = UNSET
    actions: dict[str, float | None] | UnsetType | None = UNSET
    actions_trusted: list[str] | UnsetType = UNSET


class Driver(msgspec.Struct, frozen=True, kw_only=True):
    """The one face that alerts are about: the largest, or who has been there. Of a video only.

    ``closed_s``: how long the eyes have been shut; ``perclos60``: share of the last minute.
    """

    track: int | None
    eyes_open: float | None
    eyes_shut: bool | None
    closed_s: float
    perclos60: float | None
    state: str
    level: int
    alerts: list[str]


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """One picture. ``light``: ``ok``, ``low``, ``blind``."""

    index: int
    t_s: float
    light: str | None
    faces: list[Face]
    driver: Driver | None = None


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """What was looked at, and with what."""

    file: str
    kind: Literal["photo", "video", "stream", "frames"]
    width: int
    height: int
    profile: str
    models: dict[str, str]
    note: str | None = None


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert from beginning to end; ``end_s`` is None where the file ended first."""

    type: str
    level: int
    start_s: float
    end_s: float | None
    reason: str | None


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """Something worth a look: ``emotion``, ``worried``, ``alert``, ``smile``, ``mark``, ``nobody``.

    ``weight`` 0..1: how much it is worth one; where there are very many, the lightest go.
    """

    kind: str
    t_s: float
    end_s: float | None
    track: int | None
    text: str
    weight: float


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """One face, as it was called for a while. ``confidence``: at its surest.

    ``between``: where it was ``uncertain``, the emotions that it was one of, the likeliest first.
    """

    track: int
    label: str
    start_s: float
    end_s: float
    confidence: float
    between: list[str] = []


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """One face over the whole file, or all of them (``track`` None), by time seen.

    ``share``: of each expression, sum 1 over the time in which it was read. ``unseen``: share of
    the whole time in which no such face was in sight; it is never counted as neutral.
    """

    track: int | None
    first_s: float
    last_s: float
    seen_s: float
    unseen: float
    attention: float | None
    eyes_shut: float | None
    share: dict[str, float] | UnsetType = UNSET
    dominant: str | UnsetType | None = UNSET
    valence: float | UnsetType | None = UNSET
    arousal: float | UnsetType | None = UNSET
    worried: float | UnsetType | None = UNSET
    changes: int | UnsetType = UNSET


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """The judgement's own summary of a window, as ``emotion/summary`` says it live."""

    start_s: float
    end_s: float
    track: int | None
    seen_s: float
    unseen: float
    attention: float | None
    share: dict[str, float] | UnsetType = UNSET
    dominant: str | UnsetType | None = UNSET
    valence: float | UnsetType | None = UNSET
    valence_trend: float | UnsetType | None = UNSET
    arousal: float | UnsetType | None = UNSET
    worried: float | UnsetType | None = UNSET
    transitions: int | UnsetType = UNSET
    attitude: str | UnsetType | None = UNSET


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The whole file. ``why``: where it did not end as it should, or its times are odd.

    ``ended``: ``complete``, ``partial`` (the file is damaged) or ``interrupted`` (somebody did).
    """

    ended: Ended
    why: str | None
    frames: int
    duration_s: float
    faces_most: int
    scene: Person
    people: list[Person]
    people_left_out: int
    alerts: list[Alert]
    alerts_left_out: int
    moments: list[Moment]
    shown: list[Shown]
    windows: list[Window]


class Analysis(msgspec.Struct, frozen=True, kw_only=True):
    """All of it, as one JSON document."""

    schema: str
    source: Source
    frames: list[Frame]
    summary: Summary

    def rows(self) -> list[dict[str, Cell]]:
        """One for each face of each frame: ``pandas.DataFrame(analysis.rows())``."""
        emotion = self.summary.scene.share is not UNSET
        names = table.columns(emotion=emotion)
        return [
            dict(zip(names, row, strict=True))
            for frame in self.frames
            for row in table.rows(self.source.file, frame, emotion=emotion)
        ]

    def json(self) -> bytes:
        """As one JSON document, the same as ``mien analyze --json`` writes."""
        return msgspec.json.encode(self)
