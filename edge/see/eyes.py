"""A second, closer look at the eyes: Mien's own int8 eye network (``models/README.md``).

A lid gap is one pixel of the landmarks' crop on a shut eye, two on a lowered one, and where an
eye is in that crop depends on the head. Here both eyes are cut out of that crop once more, level
and of one width, one above the other, the left one mirrored; back come lids and irises.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from edge.see import image
from edge.see.runtime import Spec, Tensor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from edge.see.runtime import Model, Stored

ROWS, COLUMNS = 32, 48
"""Of one eye."""

WIDTH = 30.0
"""From corner to corner of the wider eye, in pixels of that."""

LEAST_WIDTH = 4.0
"""Of an eye, in pixels of the landmarks' crop: below it there is nothing to look at closer."""

SPEC = Spec(
    "eyes",
    Tensor("image", (1, 2 * ROWS, COLUMNS, 1), "int8"),
    (Tensor("points", (1, 2, 1, 42), "int8"),),
)

POINTS = np.array(
    [
        [*range(16), 32, 33, 34, 35, 36],
        [*range(16, 32), 37, 40, 39, 38, 41],  # a mirror swaps the sides of an iris
    ]
)
"""Right eye, left eye: sixteen points of the lids and five of the iris, as numbers of landmarks."""

MEAN_EYE = np.array(
    [
        *[(-0.458, -0.007), (-0.375, 0.048), (-0.285, 0.083), (-0.162, 0.11), (0.016, 0.118)],
        *[(0.183, 0.1), (0.339, 0.071), (0.439, 0.058), (0.486, 0.047), (-0.407, -0.037)],
        *[(-0.342, -0.075), (-0.231, -0.121), (-0.055, -0.152), (0.124, -0.144), (0.301, -0.092)],
        *[(0.427, -0.009), (-0.014, -0.032), (0.191, -0.037), (-0.018, -0.217), (-0.222, -0.027)],
        (-0.011, 0.154),
    ],
    np.float32,
)
"""Of the training pictures, in parts of the width: what the network's points are offsets from."""

MIDDLE = np.array([(COLUMNS - 1) / 2, (ROWS - 1) / 2])


def closer(
    model: Model, crop: NDArray[np.uint8], points: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The landmarks of a crop, float32[127, 2] pixels, with lids and irises looked at again."""
    where = places(points)
    if where is None:
        return points
    again = points.copy()
    again[POINTS] = decode(model(prepare(cut(crop, where))), where)
    return again


def places(points: NDArray[np.float32]) -> tuple[NDArray[np.float64], ...] | None:
    """For each eye the affine float64[2, 3] from the crop to its picture; None if there is no eye.

    ``points``: float32[127, 2] pixels of the crop.
    """
    right, left = points[0:16].mean(axis=0), points[16:32].mean(axis=0)
    across = left - right
    corners = points[[0, 16]] - points[[8, 24]]
    width = float(np.hypot(corners[:, 0], corners[:, 1]).max())
    if not width >= LEAST_WIDTH:  # NaN neither
        return None
    angle, scale = math.atan2(float(across[1]), float(across[0])), WIDTH / width
    c, s = scale * math.cos(angle), scale * math.sin(angle)
    return _place(right, c, s, 1.0), _place(left, c, s, -1.0)


def _place(centre: NDArray[np.float32], c: float, s: float, side: float) -> NDArray[np.float64]:
    linear = np.array([[side * c, side * s], [-s, c]])
    return np.hstack([linear, (MIDDLE - linear @ centre)[:, None]])


def cut(crop: NDArray[np.uint8], where: tuple[NDArray[np.float64], ...]) -> NDArray[np.uint8]:
    """uint8[64, 48]: the right eye above the left one, mirrored."""
    both = np.empty((2 * ROWS, COLUMNS), np.uint8)
    for half, there in zip((both[:ROWS], both[ROWS:]), where, strict=True):
        image.moved(crop, there, half)
    return both


def prepare(both: NDArray[np.uint8]) -> NDArray[np.int8]:
    """uint8[64, 48] grey -> int8[1, 64, 48, 1]: the bytes as they are, shifted by 128."""
    return (both ^ np.uint8(0x80)).view(np.int8)[None, :, :, None]


def decode(
    outputs: Mapping[str, Stored], where: tuple[NDArray[np.float64], ...]
) -> NDArray[np.float64]:
    """Stored outputs to float64[2, 21, 2], pixels of the landmarks' crop, ordered by ``POINTS``."""
    shape = outputs["points"].real().reshape(2, 21, 2) + MEAN_EYE
    pixels = shape * WIDTH + MIDDLE
    return np.stack([_back(eye, there) for eye, there in zip(pixels, where, strict=True)])


def _back(pixels: NDArray[np.float64], there: NDArray[np.float64]) -> NDArray[np.float64]:
    linear, offset = there[:, :2], there[:, 2]
    back: NDArray[np.float64] = (pixels - offset) @ (linear / (linear**2).sum(axis=0)[0])
    return back
