"""What one look at a face says of its eyes, before anything is remembered: ``eyes`` follows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from edge.judge.signals.rules import EyeRules
    from edge.types import FaceReading


class Look(Struct, frozen=True):
    """One look at the eyes: ``openness`` and head pitch, each None where not seen.

    ``pitch_deg``: from the camera: for how far it falls, which no new straight ahead may change.

    ``low``: the head is bent so far down that lids look shut over open eyes.
    """

    openness: float | None = None
    pitch_deg: float | None = None
    low: bool = False


def openness(ear: float | None, ear_shut: float, ear_open: float) -> float | None:
    """Eye aspect ratio to openness: 0 shut, 1 as open as usual, at most 1.2."""
    if ear is None or not math.isfinite(ear):  # NaN from a model is "not seen"
        return None
    return min(1.2, max(0.0, (ear - ear_shut) / (ear_open - ear_shut)))


def readable(face: FaceReading, rules: EyeRules) -> bool:
    """Whether the eyes of this face can be judged at all."""
    if face.ear is None or not math.isfinite(face.ear) or not face.confidence >= rules.confidence:
        return False
    if face.eyes_visible is not None and not face.eyes_visible >= 0.5:
        return False
    return not turned(face, rules)


def turned(face: FaceReading, rules: EyeRules) -> bool:
    """Whether the head is turned so far that an eye is hidden."""
    return face.pose is not None and abs(face.pose.yaw_deg) > rules.yaw_deg
