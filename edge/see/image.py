"""Cutting and scaling pictures, and the way back to full-frame pixels.

A pixel's coordinates are those of its centre: the first one is at (0, 0).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np
from msgspec import Struct

from edge.types import Light

if TYPE_CHECKING:
    from numpy.typing import NDArray

cv2.setNumThreads(1)
"""One thread: the board has other things to do, and these pictures are small."""

GRID = 16
"""Every sixteenth pixel both ways tells how light the picture is: 1,200 of 640 x 480. Each of them
is a line of memory to fetch, and that is what this costs."""

BUFFERS = 4
"""So many pictures before are compared: a camera's driver has no more of them [E]."""


class Region(Struct, frozen=True):
    """A square to look at: centre and size in full-frame pixels, turned by ``angle`` radians."""

    x: float
    y: float
    size: float
    angle: float = 0.0


class Placement(Struct, frozen=True):
    """Where a crop came from: ``to_frame`` takes its points back to full-frame pixels."""

    region: Region
    out: int

    def to_frame(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32[N, 2] crop pixels -> float32[N, 2] full-frame pixels."""
        region = self.region
        scale = region.size / self.out
        c, s = math.cos(region.angle) * scale, math.sin(region.angle) * scale
        turn = np.array([[c, s], [-s, c]], np.float32)
        shift = np.array([region.x, region.y], np.float32)
        moved = (points - np.float32((self.out - 1) / 2)) @ turn + shift
        return moved.astype(np.float32, copy=False)


def fit(
    image: NDArray[np.uint8], region: Region, out: int, border: int = cv2.BORDER_CONSTANT
) -> tuple[NDArray[np.uint8], Placement]:
    """Cut ``region`` out of the picture, upright, as ``out`` x ``out`` pixels.

    ``image``: uint8[H, W] or uint8[H, W, 3]. Outside of the picture is black, or
    what ``border`` of OpenCV says. Shrinking by more
    than two blurs first, so that fine texture does not alias.
    """
    scale = out / region.size
    c, s = math.cos(region.angle) * scale, math.sin(region.angle) * scale
    middle = (out - 1) / 2
    matrix = np.array(
        [
            [c, s, middle - c * region.x - s * region.y],
            [-s, c, middle + s * region.x - c * region.y],
        ]
    )
    if scale < 0.5:
        image, matrix = _shrunk(image, matrix, region, scale)
    crop = cv2.warpAffine(image, matrix, (out, out), flags=cv2.INTER_LINEAR, borderMode=border)
    return crop.astype(np.uint8, copy=False), Placement(region, out)


def fit_grey(
    image: NDArray[np.uint8], region: Region, out: int
) -> tuple[NDArray[np.uint8], Placement]:
    """Like ``fit``, in grey: uint8[H, W, 3] RGB -> uint8[out, out].

    Only the part that is looked at is made grey, before it is turned: a third of the work. At the
    picture's edge its last pixels go on, as they did in training.
    """
    part, left, top = _around(image, region)
    moved = Region(region.x - left, region.y - top, region.size, region.angle)
    crop, _ = fit(grey(part), moved, out, cv2.BORDER_REPLICATE)
    return crop, Placement(region, out)


def moved(image: NDArray[np.uint8], there: NDArray[np.float64], onto: NDArray[np.uint8]) -> None:
    """Fill uint8[H, W] ``onto`` by the affine float64[2, 3] from the picture to it."""
    height, width = onto.shape
    border = cv2.BORDER_REPLICATE
    cv2.warpAffine(image, there, (width, height), onto, cv2.INTER_LINEAR, border)


def letterbox(
    image: NDArray[np.uint8], out: int, share: float = 1.0
) -> tuple[NDArray[np.uint8], Placement]:
    """The whole picture, centred in a black square of ``out`` x ``out`` pixels.

    Its longer side takes ``share`` of the square's.
    """
    height, width = image.shape[:2]
    size = max(height, width) / share
    scale = out / size
    w, h = max(1, round(width * scale)), max(1, round(height * scale))
    if scale <= 0.5 and min(image.shape[:2]) > 1:
        image = _halved(image)
    small = _resized(image, w, h, cv2.INTER_LINEAR)
    square = np.zeros((out, out, *image.shape[2:]), np.uint8)
    left, top = (out - w) // 2, (out - h) // 2
    square[top : top + h, left : left + w] = small
    x = (out / 2 - left) * width / w - 0.5
    y = (out / 2 - top) * height / h - 0.5
    return square, Placement(Region(x, y, float(size)), out)


def shrunk(image: NDArray[np.uint8], longest: int) -> tuple[NDArray[np.uint8], tuple[float, float]]:
    """The picture with ``longest`` pixels along its longer side, and how many of its own each is.

    Not larger than it was.
    """
    height, width = image.shape[:2]
    scale = min(1.0, longest / max(height, width))
    w, h = max(1, round(width * scale)), max(1, round(height * scale))
    while scale <= 0.5 and min(image.shape[:2]) > 1:
        image, scale = _halved(image), scale * 2
    return _resized(image, w, h, cv2.INTER_LINEAR), (width / w, height / h)


def grey(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """uint8[H, W, 3] RGB -> uint8[H, W] luma (BT.601)."""
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.uint8, copy=False)


def light(
    image: NDArray[np.uint8], last: tuple[NDArray[np.uint8], ...] = ()
) -> tuple[Light, tuple[NDArray[np.uint8], ...]]:
    """Brightness of a sparse grid of uint8[H, W] or uint8[H, W, 3] (its green), and that grid.

    A grid equal bit for bit to one of ``last`` is ``repeated``: a live sensor always has noise, and
    a driver that is stuck may hand out its buffers in turn. What comes back is ``last`` for the
    next picture.
    """
    plane = image if image.ndim == 2 else image[:, :, 1]
    grid = np.ascontiguousarray(plane[::GRID, ::GRID])
    mean, spread = cv2.meanStdDev(grid)
    repeated = any(np.array_equal(grid, each) for each in last)
    seen = Light(min(1.0, float(mean[0, 0]) / 255), float(spread[0, 0]) / 255, repeated)
    return seen, (grid, *last[: BUFFERS - 1])


def _shrunk(
    image: NDArray[np.uint8], matrix: NDArray[np.float64], region: Region, scale: float
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """The part of the picture around ``region``, halved until it is at most twice as large."""
    part, left, top = _around(image, region)
    step = 1
    while scale <= 0.5 and min(part.shape[:2]) > 1:
        part, scale, step = _halved(part), scale * 2, step * 2
    back = matrix.copy()
    back[:, 2] += matrix[:, 0] * (left + (step - 1) / 2)  # halving aligns edges, warping centres
    back[:, 2] += matrix[:, 1] * (top + (step - 1) / 2)
    back[:, :2] *= step
    return part, back


def _halved(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Means of 2 x 2 pixels: the one factor for which averaging is fast. An odd edge goes."""
    h, w = image.shape[0] // 2, image.shape[1] // 2
    return _resized(image[: 2 * h, : 2 * w], w, h, cv2.INTER_AREA)


def _around(image: NDArray[np.uint8], region: Region) -> tuple[NDArray[np.uint8], int, int]:
    """The part of the picture that ``region`` can reach, and its left and top; never empty."""
    height, width = image.shape[:2]
    c, s = abs(math.cos(region.angle)), abs(math.sin(region.angle))
    reach = region.size * (c + s) / 2 + 1
    left = min(max(0, math.floor(region.x - reach)), width - 1)
    top = min(max(0, math.floor(region.y - reach)), height - 1)
    right = max(left + 1, math.ceil(region.x + reach) + 1)
    bottom = max(top + 1, math.ceil(region.y + reach) + 1)
    return image[top:bottom, left:right], left, top


def _resized(image: NDArray[np.uint8], width: int, height: int, how: int) -> NDArray[np.uint8]:
    size = (max(1, width), max(1, height))
    return cv2.resize(image, size, interpolation=how).astype(np.uint8, copy=False)
