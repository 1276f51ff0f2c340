"""One face into a picture: masks, shoulders, tint, light, the warp.

And distractors that look pasted but are none.
"""

from __future__ import annotations

import cv2
import numpy as np

from models.training.detector.backgrounds import Sources, background
from models.training.detector.labels import CROP, Faces
from models.training.detector.light import Rng, occluded, side_light, tinted
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.training.detector.teacher import Bytes
    from models.training.detector.decode import Floats


def _alpha(outline: Floats, scale: float, rng: Rng) -> Floats:
    """float32[160, 160] mask of a crop.

    The outline widened to the hair, or the whole crop, soft or hard.
    """
    kind = rng.random()
    mask = np.zeros((CROP, CROP), np.float32)
    if kind < 0.5:
        middle = outline.mean(0)
        wide = middle + (outline - middle) * rng.uniform([1.0, 1.0], [1.35, 1.35])
        upper = wide[:, 1] < middle[1]
        wide[upper, 1] -= rng.uniform(0.0, 0.35) * np.ptp(outline[:, 1])
        cv2.fillPoly(mask, [wide.astype(np.int32)], 1.0)
    elif kind < 0.85:
        rim = int(rng.integers(2, 12))
        mask[rim:-rim, rim:-rim] = 1
    else:
        return np.ones((CROP, CROP), np.float32)
    # A rim of about one pixel of the finished picture, or softer.
    return np.asarray(
        cv2.GaussianBlur(mask, (0, 0), float(np.clip(rng.uniform(0.6, 2.0) / scale, 0.8, 8))),
        np.float32,
    )


def _shoulders(canvas: Bytes, at: Floats, side: float, rng: Rng) -> None:
    colour = tuple(int(c) for c in rng.integers(0, 256, 3))
    neck = tuple(int(c * rng.uniform(0.5, 1.1)) for c in (170, 130, 110))
    x, y = float(at[0]), float(at[1])
    cv2.ellipse(
        canvas,
        (int(x), int(y + side * 0.7)),
        (int(side * 0.3), int(side * 0.4)),
        0,
        0,
        360,
        neck,
        -1,
    )
    cv2.ellipse(
        canvas,
        (int(x), int(y + side * rng.uniform(1.5, 1.8))),
        (int(side * rng.uniform(0.9, 1.4)), int(side * rng.uniform(0.7, 1.0))),
        0,
        0,
        360,
        colour,
        -1,
    )


def placed(
    outline: Floats, at: Floats, side: float, roll: float, squeeze: float, flip: bool
) -> Floats:
    """float64[2, 3] from crop pixels to canvas pixels.

    Outline's middle to `at`, its mean side to `side`.
    """
    extent = np.ptp(outline, axis=0)
    scale = side / float(np.sqrt(extent[0] * extent[1]))
    cos, sin = np.cos(roll), np.sin(roll)
    turn = (
        np.array([[cos, -sin], [sin, cos]]) @ np.diag([(-1 if flip else 1) * squeeze, 1.0]) * scale
    )
    middle = (outline.max(0) + outline.min(0)) / 2
    return np.column_stack([turn, at - turn @ middle])


def paste(
    canvas: Bytes,
    faces: Faces,
    k: int,
    at: Floats,
    side: float,
    roll: float,
    rng: Rng,
    *,
    plain: bool = False,
) -> tuple[Floats, Floats]:
    """Put face `k` on the canvas in place; its box float32[4] and keys float32[6, 2] there.

    side: square root of the box area before turning, pixels; roll: radians; plain: nothing before
    the face.
    """
    grey, outline, keys = faces.images[k], faces.outlines[k], faces.keys[k]
    flip = bool(rng.random() < 0.5)
    squeeze = float(rng.uniform(0.8, 1.08))
    if not plain and rng.random() < 0.3:
        grey = occluded(grey, outline, keys, rng)
    move = placed(outline, at, side, roll, squeeze, flip)
    scale = float(np.sqrt(abs(np.linalg.det(move[:, :2]))))
    if rng.random() < 0.4:
        _shoulders(canvas, at, side, rng)
    colour = tinted(grey, rng, True)
    mask = _alpha(outline, scale, rng)
    if rng.random() < 0.5:
        colour = np.asarray(colour * side_light((CROP, CROP), rng), np.uint8)
    warp = move
    while scale < 0.55:  # halve first, or the warp aliases
        colour = np.asarray(
            cv2.resize(colour, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8
        )
        mask = np.asarray(
            cv2.resize(mask, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.float32
        )
        # Pixel middles: x_full = 2 * x_half + 0.5.
        warp = np.column_stack([warp[:, :2] * 2, warp[:, 2] + warp[:, :2] @ [0.5, 0.5]])
        scale *= 2
    corners = np.array([[0, 0], [CROP, 0], [0, CROP], [CROP, CROP]]) @ move[:, :2].T + move[:, 2]
    low = np.maximum(np.floor(corners.min(0)).astype(int), 0)
    high = np.minimum(np.ceil(corners.max(0)).astype(int) + 1, [canvas.shape[1], canvas.shape[0]])
    if (high > low).all():
        local = np.column_stack([warp[:, :2], warp[:, 2] - low])
        size = (int(high[0] - low[0]), int(high[1] - low[1]))
        over = cv2.warpAffine(colour, local, size, flags=cv2.INTER_LINEAR)
        weight = cv2.warpAffine(mask, local, size, flags=cv2.INTER_LINEAR)[..., None]
        part = canvas[low[1] : high[1], low[0] : high[0]]
        part[:] = (part * (1 - weight) + over * weight).astype(np.uint8)
    there = outline @ move[:, :2].T + move[:, 2]
    there_keys = keys @ move[:, :2].T + move[:, 2]
    if flip:
        there_keys = there_keys[[1, 0, 2, 3, 5, 4]]
    box = np.concatenate([there.min(0), there.max(0)])
    return box.astype(np.float32), there_keys.astype(np.float32)


def distract(canvas: Bytes, src: Sources, rng: Rng) -> None:
    """Paste a face-shaped piece of background, skin-coloured or not.

    A pasted rim alone must mean nothing.
    """
    height, width = canvas.shape[:2]
    side = int(np.exp(rng.uniform(np.log(8), np.log(0.7 * height))))
    piece = background(src, side, side, rng)
    if rng.random() < 0.5:
        piece = tinted(np.asarray(cv2.cvtColor(piece, cv2.COLOR_RGB2GRAY), np.uint8), rng, True)
    mask = np.zeros((side, side), np.float32)
    cv2.ellipse(
        mask,
        (side // 2, side // 2),
        (int(side * rng.uniform(0.3, 0.45)), side // 2),
        float(rng.uniform(-40, 40)),
        0,
        360,
        1.0,
        -1,
        cv2.LINE_AA,
    )
    left, top = (
        int(rng.integers(0, width - side + 1)) if width > side else 0,
        int(rng.integers(0, height - side + 1)),
    )
    part = canvas[top : top + side, left : left + side]
    weight = mask[: part.shape[0], : part.shape[1], None]
    part[:] = (part * (1 - weight) + piece[: part.shape[0], : part.shape[1]] * weight).astype(
        np.uint8
    )
