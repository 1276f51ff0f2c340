"""Things in front of a face: a hand, sunglasses, a mask, a plain shape; drawn with what they cover."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.landmarks.points import EYES, LIPS

Mask = NDArray[np.uint8]


def visibility(points: NDArray[np.float32], covered: Mask | None) -> NDArray[np.float32]:
    """How much of the left eye, the right eye and the lips is uncovered, float32[3] in 0..1.

    ``points``: float32[127, 2] pixels of the crop; ``covered``: uint8[S, S], 0 where free.
    """
    if covered is None:
        return np.ones(3, np.float32)
    x = np.clip(np.rint(points[:, 0]), 0, covered.shape[1] - 1).astype(int)
    y = np.clip(np.rint(points[:, 1]), 0, covered.shape[0] - 1).astype(int)
    free = (covered[y, x] == 0).astype(np.float32)
    half = (EYES.start + EYES.stop) // 2
    parts = (free[:half], free[half : EYES.stop], free[LIPS])
    return np.array([part.mean() for part in parts], np.float32)


def hand(size: int, rng: np.random.Generator) -> Mask:
    """A palm and three to five fingers, reaching in from somewhere."""
    mask = np.zeros((size, size), np.uint8)
    x, y = rng.uniform(0.1, 0.9, 2) * size
    palm = rng.uniform(0.14, 0.26) * size
    toward = rng.uniform(0, 2 * math.pi)
    axes = (int(palm), int(palm * rng.uniform(0.7, 1.0)))
    cv2.ellipse(mask, (int(x), int(y)), axes, math.degrees(toward), 0, 360, 255, -1)
    for spread in np.linspace(-0.6, 0.6, int(rng.integers(3, 6))):
        along = toward + spread + rng.normal(0, 0.06)
        length = palm * rng.uniform(1.5, 2.2)
        tip = (int(x + length * math.cos(along)), int(y + length * math.sin(along)))
        cv2.line(mask, (int(x), int(y)), tip, 255, max(4, int(palm * rng.uniform(0.3, 0.42))))
    # The arm: what a hand hangs on leaves the picture.
    end = (int(x - 2 * size * math.cos(toward)), int(y - 2 * size * math.sin(toward)))
    cv2.line(mask, (int(x), int(y)), end, 255, int(palm * 1.3))
    return mask


def shape(size: int, rng: np.random.Generator) -> Mask:
    """An ellipse or a rectangle somewhere."""
    mask = np.zeros((size, size), np.uint8)
    x, y = (int(v) for v in rng.integers(-5, size, 2))
    w, h = (int(v) for v in rng.integers(size // 10, size // 3, 2))
    if rng.random() < 0.5:
        cv2.ellipse(
            mask, (x, y), (w // 2 + 4, h // 2 + 4), float(rng.uniform(0, 180)), 0, 360, 255, -1
        )
    else:
        cv2.rectangle(mask, (x, y), (x + w, y + h), 255, -1)
    return mask


def sunglasses(points: NDArray[np.float32], size: int, rng: np.random.Generator) -> Mask:
    """Dark glasses over both eyes, with a bridge and arms."""
    mask = np.zeros((size, size), np.uint8)
    centres = [points[EYES][:16].mean(0), points[EYES][16:].mean(0)]
    across = centres[1] - centres[0]
    apart = float(np.hypot(*across)) + 1e-6
    angle = math.degrees(math.atan2(across[1], across[0]))
    axes = (int(apart * rng.uniform(0.32, 0.44)), int(apart * rng.uniform(0.24, 0.38)))
    down = rng.uniform(-0.03, 0.08) * apart
    for c in centres:
        cv2.ellipse(mask, (int(c[0]), int(c[1] + down)), axes, angle, 0, 360, 255, -1)
    ends = [
        tuple(int(v) for v in c) for c in (centres[0] - across * 0.7, centres[1] + across * 0.7)
    ]
    cv2.line(mask, ends[0], ends[1], 255, max(1, int(apart * 0.05)))
    return mask


def face_mask(points: NDArray[np.float32], size: int, rng: np.random.Generator) -> Mask:
    """A medical mask from the nose down."""
    mask = np.zeros((size, size), np.uint8)
    bridge = points[105] + (points[107] - points[105]) * rng.uniform(0.0, 1.0)
    jaw = points[115:126]
    cv2.fillPoly(mask, [np.rint(np.vstack([jaw, bridge[None]])).astype(np.int32)], 255)
    return mask


def frames(
    points: NDArray[np.float32], picture: NDArray[np.uint8], rng: np.random.Generator
) -> None:
    """Spectacle frames around both eyes, in place; they cover nothing."""
    apart = float(np.hypot(*(points[16:32].mean(0) - points[0:16].mean(0)))) + 1e-6
    axes = (int(apart * rng.uniform(0.3, 0.42)), int(apart * rng.uniform(0.22, 0.34)))
    grey, thick = int(rng.integers(0, 120)), int(rng.integers(1, 4))
    for c in (points[0:16].mean(0), points[16:32].mean(0)):
        cv2.ellipse(picture, (int(c[0]), int(c[1])), axes, 0, 0, 360, grey, thick, cv2.LINE_AA)


def paint(picture: NDArray[np.uint8], mask: Mask, dark: bool, rng: np.random.Generator) -> None:
    """Fill the mask in place with a shaded, slightly rough grey (near black when ``dark``)."""
    size = picture.shape[0]
    level = rng.uniform(0, 45) if dark else rng.uniform(20, 235)
    slope = rng.uniform(-0.5, 0.5, 2)
    y, x = np.mgrid[0:size, 0:size].astype(np.float32)
    rough = cv2.resize(rng.normal(0, 1, (size // 8, size // 8)).astype(np.float32), (size, size))
    fill = (
        level + slope[0] * (x - size / 2) + slope[1] * (y - size / 2) + rough * rng.uniform(0, 12)
    )
    soft = cv2.GaussianBlur(mask, (0, 0), 0.8).astype(np.float32) / 255
    mixed = picture * (1 - soft) + np.clip(fill, 0, 255) * soft
    picture[:] = mixed.astype(np.uint8)


def occlude(
    picture: NDArray[np.uint8], points: NDArray[np.float32], rng: np.random.Generator
) -> Mask | None:
    """Put one thing in front of the face, or nothing (most of the time); gives what is covered."""
    kind = rng.random()
    size = picture.shape[0]
    if kind < 0.09:
        mask, dark = hand(size, rng), False
    elif kind < 0.15:
        mask, dark = sunglasses(points, size, rng), True
    elif kind < 0.18:
        mask, dark = face_mask(points, size, rng), False
    elif kind < 0.25:
        mask, dark = shape(size, rng), False
    else:
        if kind < 0.30:
            frames(points, picture, rng)
        return None
    paint(picture, mask, dark, rng)
    return mask
