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
_SHUT_ASPECT = 0.022
"""Lid gap over eye width that labels claim of a shut eye at least: lashes have a thickness, and the
teacher says 0.01 to 0.036 of eyes that are really shut."""
_MEET_ASPECT = 0.035
"""Opposite points of the lids stand 0.07 eye widths apart sideways, too, and meet as the eye shuts, as
1 - exp(-gap / 0.035 widths) (the teacher's points on 22,000 eyes, shut to wide). Without it a shut
eye's label read like a lowered one's: gaps are distances, and 0.07 of that was the sideways part."""


@dataclass(frozen=True)
class Closing:
    """How an eye shuts. ``left_open``: the part of the aperture that stays, 0 shut, 1 unchanged.

    ``slides``: 0 squashes the eyeball into what is left (a narrowed eye), 1 lets the lid slide over
    it (a lid that falls); ``down``: how far the eyeball looks down then, in parts of the aperture.
    ``lower_rises``: the lower lid's part of the closing; ``lash``: darkness of the upper lid's lashes,
    in grey levels; ``hair``: how far they hang, in eye widths.
    """

    left_open: float
    slides: float
    down: float
    lower_rises: float
    lash: float
    hair: float


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
    how: Closing,
    rng: np.random.Generator,
) -> bool:
    """Close one eye, in place. False (nothing changed) when the eye can't be warped.

    ``picture``: uint8[H, W] with level eyes; ``points``: float32[127, 2] its pixels.
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
    new_lower = lower - how.lower_rises * (1 - how.left_open) * gap
    new_upper = new_lower - np.maximum(how.left_open * gap, 0.02)
    lowered = how.down * (1 - how.left_open) * float(gap.max())
    y = np.arange(first, last + 1, dtype=np.float32)[:, None]
    squashed = upper + (y - new_upper) * gap / (new_lower - new_upper)
    behind = np.clip(y - lowered, upper, lower)
    source_y = np.where(
        y < new_upper,
        top + (y - top) * (upper - top) / (new_upper - top),
        np.where(
            y < new_lower,
            (1 - how.slides) * squashed + how.slides * behind,
            lower + (y - new_lower) * (bottom - lower) / (bottom - new_lower),
        ),
    )
    source_y = np.where((y < top) | (y > bottom), y, source_y).astype(np.float32)
    source_x = np.broadcast_to(x, source_y.shape).astype(np.float32)
    left, right = int(x[0]), int(x[-1])
    patch = cv2.remap(picture, source_x, source_y, cv2.INTER_LINEAR).astype(np.float32)
    if how.lash > 0:
        # The lashes of the upper lid draw a dark line, thinner toward the corners; hair by hair they
        # hang over what is below, and look like the slit of an eye that is not quite shut.
        depth = how.lash * (1 - how.left_open) * np.sqrt(gap / (gap.max() + 1e-6))
        hairs = how.hair * width * cv2.GaussianBlur(rng.uniform(0.2, 1.6, (1, len(x))), (3, 1), 0)
        reach = np.where(y < new_upper, 0.025 * width, np.maximum(hairs, 0.02 * width))
        patch -= depth * np.exp(-(((y - new_upper) / reach) ** 2))
    picture[first : last + 1, left : right + 1] = np.clip(patch, 0, 255).astype(np.uint8)
    _move_points(points, eye, iris, lids, Lids(x, new_upper, new_lower), (how.slides, lowered))
    return True


def _move_points(
    points: NDArray[np.float32],
    eye: slice,
    iris: slice,
    before: Lids,
    after: Lids,
    ball: tuple[float, float],
) -> None:
    """Labels after the lids: lids keep their order, the iris goes with what ``ball`` says of it."""
    slides, lowered = ball
    thick = np.minimum(
        _SHUT_ASPECT * (before.columns[-1] - before.columns[0]), before.lower - before.upper
    )
    missing = np.maximum(0, thick - (after.lower - after.upper)) / 2
    labelled = Lids(after.columns, after.upper - missing, after.lower + missing)
    inner = [*range(eye.start + 1, eye.start + 8), *range(eye.start + 9, eye.stop)]
    old_gaps = points[eye.start + 1 : eye.start + 8, 1] - points[eye.start + 9 : eye.stop, 1]
    points[inner, 1] = _carried(points[inner], before, labelled)
    _meet(points, eye, old_gaps)
    squashed = _carried(points[iris], before, after)
    points[iris, 1] = (1 - slides) * squashed + slides * (points[iris, 1] + lowered)


def _meet(points: NDArray[np.float32], eye: slice, old_gaps: NDArray[np.float32]) -> None:
    """Bring opposite lid points together sideways, as far as their gap has shrunk."""
    low, high = slice(eye.start + 1, eye.start + 8), slice(eye.start + 9, eye.stop)
    width = float(np.linalg.norm(points[eye.start] - points[eye.start + 8]))
    new_gaps = points[low, 1] - points[high, 1]
    before, after = (
        1 - np.exp(-np.maximum(g, 0.01 * width) / (_MEET_ASPECT * width))
        for g in (old_gaps, new_gaps)
    )
    middle = (points[low, 0] + points[high, 0]) / 2
    for side in (low, high):
        points[side, 0] = middle + (points[side, 0] - middle) * np.minimum(1, after / before)


def _carried(points: NDArray[np.float32], before: Lids, after: Lids) -> NDArray[np.float32]:
    """Heights of points that keep their relative height between the lids."""
    old_upper = np.interp(points[:, 0], before.columns, before.upper)
    old_lower = np.interp(points[:, 0], before.columns, before.lower)
    new_upper = np.interp(points[:, 0], after.columns, after.upper)
    new_lower = np.interp(points[:, 0], after.columns, after.lower)
    share = (points[:, 1] - old_upper) / np.maximum(old_lower - old_upper, 0.5)
    return np.asarray(new_upper + share * (new_lower - new_upper), dtype=np.float32)
