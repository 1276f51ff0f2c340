"""Points of a face: MediaPipe's face mesh, 468 points (interim; Kartynnik et al. 2019)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edge.see import pose as head
from edge.see.image import Region
from edge.see.runtime import Spec, Tensor
from edge.types import Box, Pose

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.see.image import Placement

SIZE = 192
SPEC = Spec(
    "landmarks",
    Tensor("input_1", (1, SIZE, SIZE, 3), "float32"),
    (
        Tensor("conv2d_21", (1, 1, 1, 1404), "float32"),
        Tensor("conv2d_31", (1, 1, 1, 1), "float32"),
    ),
)
RIGHT_EYE = (33, 160, 158, 133, 153, 144)
LEFT_EYE = (362, 385, 387, 263, 373, 380)
"""p1..p6 of the eye aspect ratio (Soukupová & Čech 2016)."""

MOUTH = (13, 14, 78, 308)
"""Inner lips: upper, lower, right corner, left corner."""

OUTLINE = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
"""The face oval: it spans the same rectangle as all 468 points, at a tenth of the work."""

EAR_SHUT, EAR_OPEN = 0.15, 0.29
"""What this mesh reads on shut and open eyes (medians of the pinned clips, two people). Its lids
never close, so its reading is stretched to the common scale, on which they read 0.087 and 0.26."""

REST_PITCH_DEG = 0.0
"""Tilt of the line forehead -> chin on a face that looks straight into the camera."""


@dataclass(frozen=True, slots=True)
class Landmarks:
    """float32[468, 2] full-frame pixels, how sure the model is of a face (0..1), head pose."""

    points: NDArray[np.float32]
    flag: float
    pose: Pose | None


def prepare(crop: NDArray[np.uint8]) -> NDArray[np.float32]:
    """uint8[192, 192, 3] RGB -> float32[1, 192, 192, 3] in 0..1."""
    return (crop * np.float32(1 / 255))[None]


def decode(outputs: dict[str, NDArray[np.float32]], placement: Placement) -> Landmarks:
    """Points in full-frame pixels; the depth that the mesh also gives serves the pose."""
    mesh = outputs["conv2d_21"].reshape(468, 3)
    logit = float(outputs["conv2d_31"].item())
    flag = 1 / (1 + math.exp(-max(-80.0, min(80.0, logit))))
    across, down = mesh[263] - mesh[33], mesh[152] - mesh[10]
    pose = head.from_axes(across, down, placement.region.angle, REST_PITCH_DEG)
    return Landmarks(placement.to_frame(mesh[:, :2]), flag, pose)


def box(points: NDArray[np.float32]) -> Box:
    """Upright rectangle around the face."""
    outline = points[list(OUTLINE)]
    low, high = outline.min(axis=0), outline.max(axis=0)
    return Box(float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def region(points: NDArray[np.float32]) -> Region:
    """Where to look for the same face in the next frame: 1.5 times its extent, upright."""
    across = points[263] - points[33]
    angle = math.atan2(float(across[1]), float(across[0]))
    c, s = math.cos(angle), math.sin(angle)
    upright = points[list(OUTLINE)] @ np.array([[c, -s], [s, c]], np.float32)
    low, high = upright.min(axis=0), upright.max(axis=0)
    u, v = (low + high) / 2
    return Region(
        float(c * u - s * v), float(s * u + c * v), float((high - low).max()) * 1.5, angle
    )


def anchor(
    points: NDArray[np.float32],
) -> tuple[tuple[NDArray[np.float32], NDArray[np.float32]], NDArray[np.float32]]:
    """Right and left eye centre and mouth centre, float32[2] each: what other crops hang on."""
    right, left = (points[eye[0]] + points[eye[3]] for eye in (RIGHT_EYE, LEFT_EYE))
    return (right / 2, left / 2), (points[MOUTH[2]] + points[MOUTH[3]]) / 2


def ear(points: NDArray[np.float32], eye: tuple[int, ...]) -> float:
    """Eye aspect ratio of one eye on the common scale (0.087 shut, 0.26 open)."""
    p = points[list(eye)]
    lids = _length(p[1] - p[5]) + _length(p[2] - p[4])
    raw = lids / max(1e-6, 2 * _length(p[0] - p[3]))
    return 0.26 / 3 + (raw - EAR_SHUT) * (0.26 * 2 / 3) / (EAR_OPEN - EAR_SHUT)


def eye_width(points: NDArray[np.float32], eye: tuple[int, ...]) -> float:
    """Distance of the corners of one eye in pixels."""
    return _length(points[eye[0]] - points[eye[3]])


def mar(points: NDArray[np.float32]) -> float:
    """Inner-lip gap / mouth width: 0 shut."""
    top, bottom, right, left = (points[i] for i in MOUTH)
    return _length(top - bottom) / max(1e-6, _length(right - left))


def _length(v: NDArray[np.float32]) -> float:
    return math.hypot(float(v[0]), float(v[1]))
