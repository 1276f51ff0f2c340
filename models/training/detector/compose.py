"""Scenes made on the fly.

Backgrounds, faces pasted into them, windows of real scenes, and their labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from models.training.detector.backgrounds import Sources, background
from models.training.detector.labels import CROP
from models.training.detector.pasting import distract, paste

if TYPE_CHECKING:
    from models.training.detector.decode import Floats
    from models.training.detector.light import Rng
    from models.training.detector.teacher import Bytes


# Of the scenes with one face: it fills most of the picture. By logarithms alone one in fifty did, and
# portraits scored low.
CLOSE_UP = 0.3


@dataclass(frozen=True)
class Labelled:
    """uint8[H, W, 3] RGB; boxes float32[N, 4].

    Keys float32[N, 6, 2], NaN where not known; all in its pixels.
    """

    picture: Bytes
    boxes: Floats
    keys: Floats


def composed(
    src: Sources,
    height: int,
    width: int,
    rng: Rng,
    sides: list[float] | None = None,
    most_roll: float = 50.0,
) -> Labelled:
    """A background with faces pasted into it.

    `sides` in pixels, or drawn at random (one in four: nobody).
    """
    canvas = background(src, height, width, rng).copy()
    for _ in range(int(rng.integers(0, 3)) if rng.random() < 0.5 else 0):
        distract(canvas, src, rng)
    if sides is None:
        count = int(rng.choice([0, 1, 2, 3, 5], p=[0.25, 0.4, 0.2, 0.1, 0.05]))
        most = min(height, width)
        top = 1.0 if count == 1 else 0.6
        sides = [float(np.exp(rng.uniform(np.log(10.0), np.log(top * most)))) for _ in range(count)]
        if count == 1 and rng.random() < CLOSE_UP:
            sides = [float(rng.uniform(0.6, 1.35) * most)]
    boxes: list[Floats] = []
    keys: list[Floats] = []
    for side in sorted(sides):
        for _ in range(8):
            reach = 0.42 * side
            at = np.array(
                [
                    rng.uniform(min(reach, width / 2), max(width - reach, width / 2)),
                    rng.uniform(min(reach, height / 2), max(height - reach, height / 2)),
                ]
            )
            # Whole crops are about 1.4 sides wide: keep pasted faces from covering each other.
            if all(
                np.abs(at - (b[:2] + b[2:]) / 2).max()
                > 0.8 * side + 0.55 * float(max(b[2:] - b[:2]))
                for b in boxes
            ):
                break
        else:
            continue
        k = int(rng.integers(len(src.faces.images)))
        while src.faces.native[k] < min(
            0.8 * side, CROP
        ):  # FER+ is 48 pixels wide: small faces only
            k = int(rng.integers(len(src.faces.images)))
        roll = np.radians(
            rng.uniform(-most_roll, most_roll) if rng.random() < 0.5 else rng.normal(0, 10)
        )
        box, points = paste(canvas, src.faces, k, at, side, float(roll), rng)
        boxes.append(box)
        keys.append(points)
    return Labelled(
        canvas,
        np.asarray(boxes, np.float32).reshape(-1, 4),
        np.asarray(keys, np.float32).reshape(-1, 6, 2),
    )


def window(
    src: Sources, height: int, width: int, rng: Rng, side: float | None = None, turn: float = 12.0
) -> Labelled:
    """A turned, scaled window of a real scene about one of its faces, brought to `side` pixels.

    Every face of the scene is labelled (those that fall outside too: the caller drops them).
    """
    scene = src.scenes[int(rng.integers(len(src.scenes)))]
    picture, boxes, keys = scene.picture, scene.boxes, scene.keys
    extents = np.sqrt(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1))
    # Large faces are rare here: draw them more often.
    k = int(rng.choice(len(boxes), p=extents / extents.sum()))
    wanted = side or float(
        np.exp(rng.uniform(np.log(10.0), np.log(max(10.0, min(0.8 * height, 2.5 * extents[k])))))
    )
    scale = float(np.clip(wanted / extents[k], 0.05, 3.0))
    roll = float(np.radians(rng.normal(0, turn)))
    flip = -1.0 if rng.random() < 0.5 else 1.0
    linear = (
        np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
        @ np.diag([flip, 1.0])
        * scale
    )
    shown = np.array([rng.uniform(0.15, 0.85) * width, rng.uniform(0.2, 0.8) * height])
    move = np.column_stack([linear, shown - linear @ ((boxes[k, :2] + boxes[k, 2:]) / 2)])
    warp, rest = move, scale
    while rest < 0.55:
        picture = np.asarray(
            cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8
        )
        warp = np.column_stack([warp[:, :2] * 2, warp[:, 2] + warp[:, :2] @ [0.5, 0.5]])
        rest *= 2
    border = cv2.BORDER_REPLICATE if rng.random() < 0.5 else cv2.BORDER_CONSTANT
    out = np.asarray(
        cv2.warpAffine(picture, warp, (width, height), flags=cv2.INTER_LINEAR, borderMode=border),
        np.uint8,
    )
    half = (boxes[:, 2:] - boxes[:, :2]) / 2 * scale
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2 @ move[:, :2].T + move[:, 2]
    # The box about the ellipse that the given box held, turned.
    cos, sin = abs(np.cos(roll)), abs(np.sin(roll))
    turned = np.stack(
        [
            np.hypot(half[:, 0] * cos, half[:, 1] * sin),
            np.hypot(half[:, 0] * sin, half[:, 1] * cos),
        ],
        1,
    )
    there = keys @ move[:, :2].T + move[:, 2]
    if flip < 0:
        there = there[:, [1, 0, 2, 3, 5, 4]]
    return Labelled(
        out,
        np.concatenate([middles - turned, middles + turned], 1).astype(np.float32),
        there.astype(np.float32),
    )


def training_picture(src: Sources, size: int, rng: Rng) -> Labelled:
    """One square uint8[size, size, 3] as the runtime would letterbox it: 4:3 mostly, black bars.

    Still to be seen through a camera (light.camera).
    """
    shape = rng.choice(4, p=[0.3, 0.45, 0.15, 0.1])
    width, height = (
        (size, size),
        (size, size * 3 // 4),
        (size, size * 9 // 16),
        (size * 3 // 4, size),
    )[shape]
    kind = rng.random()
    made = (window if kind < 0.35 else composed)(src, height, width, rng)
    square = np.zeros((size, size, 3), np.uint8)
    left, top = (size - width) // 2, (size - height) // 2
    # Black stays for the bars alone: train.shown tells them from the picture by it.
    square[top : top + height, left : left + width] = np.maximum(made.picture, 1)
    shift = np.array([left, top], np.float32)
    inside = np.array([left, top, left + width, top + height], np.float32)
    boxes = made.boxes + np.tile(shift, 2)
    # A face that is mostly outside the picture is no face here; targets.py ignores the rest of it.
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    kept = ((middle > inside[:2]) & (middle < inside[2:])).all(1)
    return Labelled(square, boxes[kept], (made.keys + shift)[kept])
