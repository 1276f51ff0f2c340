"""Somebody as an analysis knows them, for tests to which only a part of it matters."""

from __future__ import annotations

from typing import Any

from edge.analysis import results as r
from edge.types import EMOTIONS

FELT: dict[str, Any] = {
    "confidence": 0.9,
    "probabilities": dict.fromkeys(EMOTIONS, 0.125),
    "valence": 0.0,
    "arousal": 0.0,
    "calm": None,
    "worried": None,
    "confused": None,
    "attitude": None,
    "between": [],
}


def somebody(
    track: int,
    box: tuple[float, float, float, float],
    label: str,
    *,
    felt: dict[str, Any],
    **face: Any,
) -> r.Face:
    """A face with open eyes that looks ahead and is called ``label``."""
    known = {"eyes_open": 1.0, "mouth_open": 0.0, "attention": None} | face
    return r.Face(
        track=track,
        box=box,
        confidence=1.0,
        **dict.fromkeys(("yaw_deg", "pitch_deg", "roll_deg"), 0.0),
        emotion=r.Emotion(label=label, **(FELT | felt)),
        **known,
    )
