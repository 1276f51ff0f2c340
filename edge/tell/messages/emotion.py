"""How people felt: what is shown now, and over a window."""

from __future__ import annotations

import msgspec

from edge.tell.messages.head import Message


class MeanSd(msgspec.Struct, kw_only=True):
    """Mean and standard deviation over the window, weighted by time."""

    mean: float
    sd: float


class Derived(msgspec.Struct, kw_only=True):
    """0..1 by rules that are written down (docs/expressions.md); no network was trained for it."""

    calm: float | None
    worried: float | None
    confused: float | None


class Expression(msgspec.Struct, kw_only=True):
    """The shown expression; ``uncertain`` where no emotion stands out: then it is one ``between``.

    ``valence``, ``arousal``: -1..1. ``attitude``: like, dislike, ambivalent or indifferent, read
    off the valence of the last seconds; derived like ``derived``.
    """

    label: str
    confidence: float
    valence: float
    arousal: float
    attitude: str | None
    derived: Derived
    between: list[str]


class FaceEmotion(msgspec.Struct, kw_only=True):
    """One face over the window; ``share``: its three largest. ``valence``, ``arousal``: means."""

    track: int
    valid_s: float
    dominant: str | None
    confidence: float | None
    share: dict[str, float]
    valence: float | None
    valence_trend: float | None
    arousal: float | None
    transitions: int
    attitude: str | None


class EmotionSummary(Message, kw_only=True):
    """``emotion/summary``, retained: shares by time over a window; unseen time is in none.

    Of all faces together, then of the four that were seen longest. ``valid_s``: time in which an
    expression was read, all faces added up; ``unseen``: share of the window in which nobody was in
    sight. ``valence_trend``: change a minute. ``attention``: mean index (``attention/summary``).
    """

    window_s: float
    valid_s: float
    frames: int
    dominant: str | None
    confidence: float | None
    share: dict[str, float]
    valence: MeanSd | None
    arousal: MeanSd | None
    transitions: int
    model: str
    valence_trend: float | None
    attitude: str | None
    derived: Derived
    attention: float | None
    unseen: float
    faces: list[FaceEmotion]
