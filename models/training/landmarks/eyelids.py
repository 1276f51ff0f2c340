"""Eyes closed by a warp: closed eyes are rare in the pictures, so they are made, labels and all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SKIN_ABOVE, _SKIN_BELOW = 0.35, 0.30
"""How far above and below the lids the skin stretches, in eye widths."""


@dataclass(frozen=True)
class Lids:
    """The two lid lines of one eye over the columns between its corners, in pixels."""

    columns: NDArray[np.float32]
    upper: NDArray[np.float32]
    lower: NDArray[np.float32]


def _lids(eye: NDArray[np.float32]) -> Lids | None:
    """Lid lines from a contour float32[16, 2]; None for an eye too narrow to warp."""
    low, high = eye[0:9], np.vstack([eye[0], eye[9:16], eye[8]])
    low, high = low[np.argsort(low[:, 0])], high[np.argsort(high[:, 0])]
    columns = np.arange(np.floor(eye[:, 0].min()), np.ceil(eye[:, 0].max()) + 1, dtype=np.float32)
    if len(columns) < 9:
        return None
    lower = np.interp(columns, low[:, 0], low[:, 1]).astype(np.float32)
    upper = np.minimum(np.interp(columns, high[:, 0], high[:, 1]), lower - 1e-3).astype(np.float32)
    return Lids(columns, upper, lower)


def close_eye(
    picture: NDArray[np.uint8],
    points: NDArray[np.float32],
    eye: slice,
    iris: slice,
    left_open: float,
    lower_rises: float,
    lash: float,
) -> bool:
    """Squash one eye's aperture to the part ``left_open`` (0 shut, 1 unchanged), in place.

    ``picture``: uint8[H, W] with level eyes; ``points``: float32[127, 2] its pixels.
    ``lower_rises``: part of the closing that the lower lid does; ``lash``: darkness of the line
    where the lids meet, in grey levels. False (nothing changed) when the eye can't be warped.
    """
    lids = _lids(points[eye])
    if lids is None:
        return False
    x, upper, lower = lids.columns, lids.upper, lids.lower
    width = float(x[-1] - x[0])
    gap = lower - upper
    top, bottom = upper - _SKIN_ABOVE * width, lower + _SKIN_BELOW * width
    first, last = int(top.min()), int(bottom.max()) + 1
    if first < 1 or last > picture.shape[0] - 2 or x[0] < 1 or x[-1] > picture.shape[1] - 2:
        return False
    new_lower = lower - lower_rises * (1 - left_open) * gap
    new_upper = new_lower - np.maximum(left_open * gap, 0.02)
    y = np.arange(first, last + 1, dtype=np.float32)[:, None]
    source_y = np.where(
        y < new_upper,
        top + (y - top) * (upper - top) / (new_upper - top),
        np.where(
            y < new_lower,
            upper + (y - new_upper) * gap / (new_lower - new_upper),
            lower + (y - new_lower) * (bottom - lower) / (bottom - new_lower),
        ),
    )
    source_y = np.where((y < top) | (y > bottom), y, source_y).astype(np.float32)
    source_x = np.broadcast_to(x, source_y.shape).astype(np.float32)
    left, right = int(x[0]), int(x[-1])
    patch = cv2.remap(picture, source_x, source_y, cv2.INTER_LINEAR).astype(np.float32)
    if lash > 0:
        # The lashes of a shut eye draw a dark line, thinner toward the corners.
        depth = lash * (1 - left_open) * np.sqrt(gap / (gap.max() + 1e-6))
        patch -= depth * np.exp(-(((y - new_lower) / (0.035 * width)) ** 2))
    picture[first : last + 1, left : right + 1] = np.clip(patch, 0, 255).astype(np.uint8)
    moved = Lids(x, new_upper, new_lower)
    inner = [*range(eye.start + 1, eye.start + 8), *range(eye.start + 9, eye.stop)]
    for which in (inner, list(range(iris.start, iris.stop))):
        points[which, 1] = _carried(points[which], lids, moved)
    return True


def _carried(points: NDArray[np.float32], before: Lids, after: Lids) -> NDArray[np.float32]:
    """Heights of points that keep their relative height between the lids."""
    old_upper = np.interp(points[:, 0], before.columns, before.upper)
    old_lower = np.interp(points[:, 0], before.columns, before.lower)
    new_upper = np.interp(points[:, 0], after.columns, after.upper)
    new_lower = np.interp(points[:, 0], after.columns, after.lower)
    share = (points[:, 1] - old_upper) / np.maximum(old_lower - old_upper, 0.5)
    return np.asarray(new_upper + share * (new_lower - new_upper), dtype=np.float32)
