"""Points of a face: Mien's own int8 landmark network (``models/README.md``).

127 points, named by their indices in MediaPipe's mesh. "Right" and "left" are the person's own.
An eye runs: outer corner, seven points of the lower lid, inner corner, seven of the upper lid, so
that lower point k faces upper point k + 8. Lips run likewise: k faces k + 10.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from edge.see.face import MEAN_SHAPE
from edge.see.image import Region
from edge.see.runtime import Spec, Tensor
from edge.types import Box, Pose

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from edge.see.detector import Detection
    from edge.see.image import Placement
    from edge.see.runtime import Stored

SIZE = 128
SPEC = Spec(
    "landmarks",
    Tensor("image", (1, SIZE, SIZE, 1), "int8"),
    (
        Tensor("centres", (1, 12), "int8"),
        Tensor("outline", (1, 26), "int8"),
        Tensor("eyes", (1, 84), "int8"),
        Tensor("features", (1, 144), "int8"),
        Tensor("openness", (1, 3), "int8"),
        Tensor("visible", (1, 3), "int8"),
        Tensor("face", (1, 1), "int8"),
        Tensor("pose", (1, 3), "int8"),
    ),
)

RIGHT_EYE, LEFT_EYE = 0, 16
"""First of the sixteen points of each eye."""

INNER_LIPS = 82
"""First of the twenty points of the inner lips."""

PARTS = tuple(
    slice(first, first + size)
    for first, size in ((RIGHT_EYE, 16), (LEFT_EYE, 16), (INNER_LIPS, 20))
)
"""Right eye, left eye, inner lips: what ``Landmarks.seen`` speaks of."""

EXTENT = np.array([*range(42, 62), *range(114, 127)])
"""Brows and outline: what the crop of the next frame is measured by."""

# Points come as offsets from the mean face: a group's, and a point's within its group, in tensors
# of their own, so that a step of int8 is a tenth of a pixel on an eyelid. Groups: eyes with irises,
# brows, lips, nose.
EYE_POINTS = np.array([*range(16), *range(32, 37), *range(16, 32), *range(37, 42)])
FEATURE_POINTS = np.arange(42, 114)
GROUP_OF = np.array(
    [0] * 16 + [1] * 16 + [0] * 5 + [1] * 5 + [2] * 10 + [3] * 10 + [4] * 40 + [5] * 12
)
POINT_TENSORS = ("centres", "outline", "eyes", "features")
"""In the order in which the network gives them: a row of 12 + 26 + 84 + 144 values."""

SIZES = (12, 26, 84, 144)


def _places() -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """For every x and y of the 127 points: where in that row its offset is, and its group's."""
    offsets = np.empty((127, 2), np.intp)
    centres, outline, eyes, features = np.cumsum([0, *SIZES[:-1]])
    for start, points in ((eyes, EYE_POINTS), (features, FEATURE_POINTS)):
        offsets[points] = start + np.arange(2 * len(points)).reshape(-1, 2)
    offsets[114:] = outline + np.arange(26).reshape(13, 2)
    groups = centres + 2 * GROUP_OF[:, None] + np.arange(2)
    return offsets.ravel(), groups.ravel()


OFFSETS, CENTRES = _places()
MEAN_FACE = MEAN_SHAPE.ravel()

POSE_UNIT_DEG = 60.0
MARGIN = 1.2
"""Side of the crop over the larger side of the upright rectangle around ``EXTENT``."""

# The first crop, from a detection: fit of the detector's box and points to the crop that the
# points themselves would ask for, over 10,961 training pictures (models/training/landmarks).
SIDE_PER_EYES, SIDE_PER_MOUTH, DOWN = 1.97, 0.61, 0.047


class Landmarks(Struct, frozen=True):
    """One face. ``points``: float32[127, 2] frame pixels; probabilities 0..1.

    ``seen``: how visible the right eye, the left eye and the mouth are (a hand, dark glasses).
    """

    points: NDArray[np.float32]
    flag: float
    seen: tuple[float, float, float]
    pose: Pose


def prepare(crop: NDArray[np.uint8]) -> NDArray[np.int8]:
    """uint8[128, 128] grey -> int8[1, 128, 128, 1]: the bytes as they are, shifted by 128."""
    return (crop ^ np.uint8(0x80)).view(np.int8)[None, :, :, None]


def decode(
    outputs: Mapping[str, Stored],
    placement: Placement,
    closer: Callable[[NDArray[np.float32]], NDArray[np.float32]] | None = None,
) -> Landmarks:
    """Stored outputs to a face in full-frame pixels.

    ``closer``: a second look, which gives better points for float32[127, 2] pixels of the crop.
    """
    stored = [outputs[name] for name in POINT_TENSORS]
    scales, zeros = _quants(tuple((out.scale, out.zero) for out in stored))
    real = (np.concatenate([out.values.ravel() for out in stored]) - zeros) * scales
    flat = real[OFFSETS] + MEAN_FACE
    flat[: len(CENTRES)] += real[CENTRES]
    points = flat.reshape(127, 2) * placement.out + (placement.out - 1) / 2
    if closer is not None:
        points = closer(points)
    yaw, pitch, roll = (outputs["pose"].real() * POSE_UNIT_DEG).tolist()
    right, left, mouth = map(_probability, outputs["visible"].real().tolist())
    return Landmarks(
        placement.to_frame(points),
        _probability(outputs["face"].real().item()),
        (right, left, mouth),
        Pose(yaw, pitch, roll + math.degrees(placement.region.angle)),
    )


@lru_cache(maxsize=4)
def _quants(
    quants: tuple[tuple[float, int], ...],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Scale and zero point of every value of ``POINT_TENSORS`` in a row: float32[266] twice."""
    scales, zeros = np.repeat(np.array(quants, np.float32), SIZES, axis=0).T
    return np.ascontiguousarray(scales), np.ascontiguousarray(zeros)


def first_region(found: Detection) -> Region:
    """Where to look for a face that has just been detected, upright by its eyes."""
    eyes, mouth = (found.points[0] + found.points[1]) / 2, found.points[3]
    across = found.points[1] - found.points[0]
    angle = math.atan2(float(across[1]), float(across[0]))
    side = SIDE_PER_EYES * _length(across) + SIDE_PER_MOUTH * _length(mouth - eyes)
    x = (found.box.left + found.box.right) / 4 + float(eyes[0] + mouth[0]) / 4
    y = (found.box.top + found.box.bottom) / 4 + float(eyes[1] + mouth[1]) / 4
    down = DOWN * side
    return Region(x - math.sin(angle) * down, y + math.cos(angle) * down, side, angle)


def region(points: NDArray[np.float32]) -> Region:
    """Where to look for the same face in the next frame: around brows and outline, upright."""
    across = points[LEFT_EYE : LEFT_EYE + 16].sum(axis=0) - points[RIGHT_EYE : RIGHT_EYE + 16].sum(
        axis=0
    )
    angle = math.atan2(float(across[1]), float(across[0]))
    c, s = math.cos(angle), math.sin(angle)
    x, y = points[EXTENT].T
    across_s, down_s = (x * c + y * s).tolist(), (y * c - x * s).tolist()
    left, right, top, bottom = min(across_s), max(across_s), min(down_s), max(down_s)
    u, v = (left + right) / 2, (top + bottom) / 2
    side = max(right - left, bottom - top) * MARGIN
    return Region(c * u - s * v, s * u + c * v, side, angle)


def within(marks: Landmarks, width: int, height: int) -> Landmarks:
    """The same, an eye or mouth beyond the edge of the frame unseen: its points are guesses.

    Its middle counts. ``width``, ``height``: of the frame, pixels.
    """
    right, left, mouth = (
        seen if 0 <= x <= width - 1 and 0 <= y <= height - 1 else 0.0
        for seen, (x, y) in zip(
            marks.seen, (marks.points[part].mean(axis=0).tolist() for part in PARTS), strict=True
        )
    )
    return replace(marks, seen=(right, left, mouth))


def box(points: NDArray[np.float32]) -> Box:
    """Upright rectangle around brows and outline."""
    x, y = points[EXTENT].T.tolist()
    return Box(min(x), min(y), max(x), max(y))


def anchor(
    points: NDArray[np.float32],
) -> tuple[tuple[NDArray[np.float32], NDArray[np.float32]], NDArray[np.float32]]:
    """Right and left eye centre and mouth centre, float32[2] each: what other crops hang on."""
    right, left = ((points[eye] + points[eye + 8]) / 2 for eye in (RIGHT_EYE, LEFT_EYE))
    return (right, left), (points[INNER_LIPS] + points[INNER_LIPS + 10]) / 2


def _probability(logit: float) -> float:
    return 1 / (1 + math.exp(-max(-80.0, min(80.0, logit))))


def _length(v: NDArray[np.float32]) -> float:
    return math.hypot(float(v[0]), float(v[1]))
