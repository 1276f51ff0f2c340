"""What is read off the landmarks of a face, and what of it is not to be relied on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.see import ratios
from edge.see.gaze import gaze
from edge.types import FaceReading

if TYPE_CHECKING:
    from edge.see.landmarks import Landmarks
    from edge.types import Box

SEEN = 0.5
"""Visibility under which an eye or the mouth is covered: nothing is read off it."""

EYE_YAW_DEG = 45.0
NEAR_EYE = 0.85
"""Beyond this yaw no eye is judged; under this ratio of widths only the nearer one is."""

CLEARER = 0.1
"""An eye that is more visible than the other by this is read alone: of shut eyes with a hand before
one of them 40 % were called open, and now are 25 % (``python -m bench.covered``)."""


def read(track: int, box: Box, marks: Landmarks) -> FaceReading:
    """Eyes, mouth, pose and gaze of a face; None where one cannot be judged."""
    shape = ratios.shape(marks.points)
    away = abs(marks.pose.yaw_deg) > EYE_YAW_DEG
    right, left = (
        None if away or seen < SEEN else ear
        for ear, seen in zip(shape.ears, marks.seen[:2], strict=True)
    )
    return FaceReading(
        track=track,
        box=box,
        confidence=marks.flag,
        eyes_visible=max(marks.seen[:2]),
        ear=_both(shape.widths, marks.seen[:2], right, left),
        ear_right=right,
        ear_left=left,
        mar=shape.mar if marks.seen[2] >= SEEN else None,
        pose=marks.pose,
        gaze=gaze(marks.points, marks.pose, (right, left), marks.seen),
    )


def _both(
    widths: tuple[float, float],
    seen: tuple[float, float],
    right: float | None,
    left: float | None,
) -> float | None:
    """One ratio for both eyes: their mean, or that of the eye that is clearer, or nearer."""
    if right is None or left is None:
        return right if right is not None else left
    if abs(seen[0] - seen[1]) > CLEARER:
        return right if seen[0] > seen[1] else left
    if min(widths) < NEAR_EYE * max(widths):
        return right if widths[0] > widths[1] else left
    return (right + left) / 2
