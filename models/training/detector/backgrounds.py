"""Pictures without a face to paste faces into.

Negatives, face-free windows of real scenes, textures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from models.training.detector.light import Rng, tinted

if TYPE_CHECKING:
    from models.training.detector.labels import Faces, Scene
    from models.training.detector.teacher import Bytes


@dataclass(frozen=True)
class Sources:
    """What scenes are made of: one split, training or held out."""

    faces: Faces
    scenes: list[Scene]
    negatives: list[Bytes]


def texture(height: int, width: int, rng: Rng) -> Bytes:
    """uint8[H, W, 3] of smooth noise with shapes.

    Walls, seats, windows that nobody photographed.
    """
    out = np.zeros((height, width, 3), np.float32)
    for cells in (2, int(rng.integers(3, 9)), int(rng.integers(10, 40))):
        coarse = rng.uniform(0, 255, (cells, cells, 3)).astype(np.float32)
        how = cv2.INTER_CUBIC if rng.random() < 0.7 else cv2.INTER_NEAREST
        out += cv2.resize(coarse, (width, height), interpolation=how) * rng.uniform(0.1, 0.7)
    picture = np.clip(out, 0, 255).astype(np.uint8)
    for _ in range(int(rng.integers(0, 9))):
        colour = tuple(int(c) for c in rng.integers(0, 256, 3))
        a, b = ((int(rng.integers(0, width)), int(rng.integers(0, height))) for _ in range(2))
        kind = rng.integers(0, 4)
        if kind == 0:
            cv2.rectangle(picture, a, b, colour, -1 if rng.random() < 0.5 else 2)
        elif kind == 1:
            cv2.line(picture, a, b, colour, int(rng.integers(1, 8)), cv2.LINE_AA)
        elif kind == 2:
            axes = (int(rng.integers(1, width // 3)), int(rng.integers(1, height // 3)))
            cv2.ellipse(
                picture,
                a,
                axes,
                float(rng.uniform(0, 180)),
                0,
                360,
                colour,
                -1 if rng.random() < 0.5 else 2,
                cv2.LINE_AA,
            )
        else:
            # Rings within rings too: wheels and loudspeakers are no eyes.
            radius = int(rng.integers(1, max(2, height // 4)))
            rings = int(rng.integers(1, 6))
            for k in range(rings, 0, -1):
                shade = colour if k % 2 else tuple(255 - c for c in colour)
                cv2.circle(picture, a, max(1, radius * k // rings), shade, -1, cv2.LINE_AA)
    return picture


def cut(
    picture: Bytes, left: int, top: int, side_w: int, side_h: int, width: int, height: int
) -> Bytes:
    """A window resized, by area when it shrinks."""
    part = picture[top : top + side_h, left : left + side_w]
    how = cv2.INTER_AREA if side_w > width else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(part, (width, height), interpolation=how), np.uint8)


def background(src: Sources, height: int, width: int, rng: Rng) -> Bytes:
    """uint8[H, W, 3] without a face.

    A negative, a face-free window of a real scene, or a texture.
    """
    kind = rng.random()
    for _ in range(6):
        if kind < 0.55:
            picture: Bytes = src.negatives[int(rng.integers(len(src.negatives)))]
            boxes = np.zeros((0, 4), np.float32)
        elif kind < 0.85:
            scene = src.scenes[int(rng.integers(len(src.scenes)))]
            picture, boxes = scene.picture, scene.boxes
        else:
            return texture(height, width, rng)
        full_h, full_w = picture.shape[:2]
        share = rng.uniform(0.25, 1.0)
        side_w = max(16, int(min(full_w, full_h * width / height) * share))
        side_h = max(16, min(full_h, int(side_w * height / width)))
        left, top = (
            int(rng.integers(0, full_w - side_w + 1)),
            int(rng.integers(0, full_h - side_h + 1)),
        )
        hit = (
            (boxes[:, 0] < left + side_w + 4)
            & (boxes[:, 2] > left - 4)
            & (boxes[:, 1] < top + side_h + 4)
            & (boxes[:, 3] > top - 4)
        )
        if hit.any():
            continue
        out = cut(picture, left, top, side_w, side_h, width, height)
        if out.ndim == 2:
            out = tinted(out, rng, False)
        return np.ascontiguousarray(out[:, ::-1]) if rng.random() < 0.5 else out
    return texture(height, width, rng)
