"""Where a pair of eyes looks: irises against the corners of their eyes, on a ball of known size.

An iris sits on an eyeball whose centre lies a little behind the middle between the corners of the
eye, so how far it is from there in the picture says where it points in the camera's world, whatever
the head does (the geometric method of Hansen & Ji 2010, section 4). Sideways that is good for
zones; up and down irises move half as far and the lids cover them, so that angle is coarse.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from edge.types import EAR_OPEN, EAR_SHUT, Gaze

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edge.types import Pose

APART_MM = 63.0
"""Between the middles of the two eyes: the ruler; people differ by 6 % (Dodgson 2004)."""

ACROSS_MM, ALONG_MM = 8.0, 5.0
"""How far an iris travels for the sine of its angle, sideways and up, as these networks draw it: an
eyeball's is 10. From faces that are turned by 18 degrees and more: their irises stand at -2.8 mm
where they look at the camera and at +5 mm where they look ahead, times the sine of the turn."""

BEHIND_MM, BENEATH_MM = 3.0, 0.7
"""How far the middle of an eye is before that ball's centre, as a head turns and as it nods."""

OUT_MM, UP_MM = 1.0, 1.6
"""Where an iris stands that looks straight ahead: outward and above the middle of the corners (the
medians of 879 level faces; the same faces gave the figures above)."""

OPEN, WIDE = 0.25, 0.45
"""Lids nearer to shut hide the iris, and shut ones would read as looking down; from the second on
all of it counts. On the common scale, 0 shut, 1 an average open eye [E]."""

TURNED_DEG, AWAY_DEG = 25.0, 45.0
"""From the first on a turned head hides more and more of an eye, beyond the second too much [E]."""

APART_DEG = 25.0
"""Eyes that say so different things are not both read right [E]."""

MOST = math.sin(math.radians(70.0))
"""No eye turns further; a little more than that is a glance to the side, much more an error."""

RIGHT, LEFT = (0, 8, 32), (16, 24, 37)
"""Outer corner, inner corner and middle of the iris, as numbers of landmarks."""


def gaze(
    points: NDArray[np.float32],
    pose: Pose,
    ears: tuple[float | None, float | None],
    seen: tuple[float, float, float],
) -> Gaze | None:
    """Where the eyes look from the camera's point of view; None where that cannot be read.

    ``points``: float32[127, 2] pixels. ``ears``: of the right and the left eye on the common scale,
    None for an eye that is not to be judged. ``seen``: how visible each eye is, 0..1.
    """
    if abs(pose.yaw_deg) >= AWAY_DEG:
        return None
    eyes = [[points[number].tolist() for number in eye] for eye in (RIGHT, LEFT)]
    (rx, ry), (lx, ly) = (_middle(eye) for eye in eyes)
    apart = math.hypot(lx - rx, ly - ry)
    if not apart > 1.0:  # NaN neither
        return None
    c, s = (lx - rx) / apart, (ly - ry) / apart
    mm = APART_MM * math.cos(math.radians(pose.yaw_deg)) / apart
    behind = BEHIND_MM * math.sin(math.radians(pose.yaw_deg))
    nod = math.radians(pose.pitch_deg)
    beneath = BENEATH_MM * math.sin(nod) - UP_MM * math.cos(nod)
    found = []
    for eye, (x, y), ear, visible, out in zip(
        eyes, ((rx, ry), (lx, ly)), ears, seen, (-OUT_MM, OUT_MM), strict=False
    ):
        if ear is None:
            continue
        opened = ((ear - EAR_SHUT) / (EAR_OPEN - EAR_SHUT) - OPEN) / (WIDE - OPEN)
        dx, dy = eye[2][0] - x, eye[2][1] - y
        across = ((dx * c + dy * s) * mm - out + behind) / ACROSS_MM
        along = ((dx * s - dy * c) * mm + beneath) / ALONG_MM
        if opened > 0 and abs(across) < 1.2 and abs(along) < 1.2:  # NaN fails it, too
            found.append((_angle(across), _angle(along), min(1.0, opened) * visible))
    return _together(found, abs(pose.yaw_deg))


def _middle(eye: list[list[float]]) -> tuple[float, float]:
    return (eye[0][0] + eye[1][0]) / 2, (eye[0][1] + eye[1][1]) / 2


def _angle(sine: float) -> float:
    return math.degrees(math.asin(max(-MOST, min(MOST, sine))))


def _together(found: list[tuple[float, float, float]], turned_deg: float) -> Gaze | None:
    if not found:
        return None
    believed = min(1.0, (AWAY_DEG - turned_deg) / (AWAY_DEG - TURNED_DEG))
    if len(found) == 1:
        yaw, pitch, sure = found[0]
        return Gaze(yaw, pitch, 0.7 * sure * believed)
    (yaw, pitch, sure), (other_yaw, other_pitch, other) = found
    weight = sure + other
    if weight <= 0:
        return None
    agreed = max(0.0, 1.0 - max(0.0, abs(yaw - other_yaw) / APART_DEG - 0.5))
    return Gaze(
        (yaw * sure + other_yaw * other) / weight,
        (pitch * sure + other_pitch * other) / weight,
        max(sure, other) * believed * agreed,
    )
