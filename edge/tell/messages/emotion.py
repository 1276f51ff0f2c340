"""How people felt over a window."""

from __future__ import annotations

import msgspec

from edge.tell.messages.head import Message


class MeanSd(msgspec.Struct, kw_only=True):
    """Mean and standard deviation over the window, weighted by time."""

    mean: float
    sd: float


class EmotionSummary(Message, kw_only=True):
    """``emotion/summary``, retained: shares by time over a window; unseen time is in none."""

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
