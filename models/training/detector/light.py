"""What a car and a cheap camera do to a picture.

Tint, side light, darkness, noise, blur, things before the face.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from models.training.detector.decode import Floats
    from models.training.detector.teacher import Bytes

Rng = np.random.Generator


def tinted(grey: Bytes, rng: Rng, skin: bool) -> Bytes:
    """uint8[H, W] to uint8[H, W, 3]: skin-like, any weak tint, or (one in three) left grey."""
    if rng.random() < 0.33:
        return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.uint8)
    if skin:
        red = rng.uniform(1.0, 1.35)
        gain = np.array([red, 1.0, rng.uniform(0.65, 1.0)]) / (0.3 * red + 0.7)
    else:
        gain = rng.uniform(0.65, 1.35, 3)
    ramp = np.arange(256)[:, None] / 255
    # Shadows and highlights are less coloured than the middle.
    strength = 4 * ramp * (1 - ramp) if rng.random() < 0.5 else np.ones_like(ramp)
    table = np.clip(ramp * (1 + (gain - 1) * strength) * 255, 0, 255).astype(np.uint8)
    return np.asarray(table[grey], np.uint8)


def occluded(grey: Bytes, outline: Floats, keys: Floats, rng: Rng) -> Bytes:
    """A copy of uint8[160, 160] with sunglasses, a mask, a hat's brim.

    A hand or a bar over the face.
    """
    out = grey.copy()
    eyes, nose, mouth = keys[:2], keys[2], keys[3]
    across = eyes[1] - eyes[0]
    distance = float(np.linalg.norm(across)) + 1e-3
    angle = float(np.degrees(np.arctan2(across[1], across[0])))
    tone = int(rng.integers(0, 256))
    kind = rng.integers(0, 5)
    if kind == 0:  # dark glasses, joined
        tone = int(rng.integers(0, 70))
        axes = (int(distance * rng.uniform(0.3, 0.45)), int(distance * rng.uniform(0.2, 0.35)))
        for eye in eyes:
            cv2.ellipse(out, tuple(int(v) for v in eye), axes, angle, 0, 360, tone, -1, cv2.LINE_AA)
        cv2.line(
            out,
            tuple(int(v) for v in eyes[0]),
            tuple(int(v) for v in eyes[1]),
            tone,
            3,
            cv2.LINE_AA,
        )
    elif kind == 1:  # a mask: the lower outline up to the middle of the nose
        top = eyes.mean(0) + (nose - eyes.mean(0)) * rng.uniform(0.35, 0.8)
        low = outline[8:29]
        shape = np.concatenate([low, top[None]]).astype(np.int32)
        cv2.fillConvexPoly(out, cv2.convexHull(shape), tone, cv2.LINE_AA)
        for _ in range(int(rng.integers(0, 3))):
            y = mouth + (nose - mouth) * rng.uniform(-0.6, 0.6)
            cv2.line(
                out,
                tuple(int(v) for v in y - across * 0.5),
                tuple(int(v) for v in y + across * 0.5),
                int(np.clip(tone + rng.integers(-30, 30), 0, 255)),
                1,
                cv2.LINE_AA,
            )
    elif kind == 2:  # a hat: everything above the brows
        up = eyes.mean(0) - mouth
        brow = eyes.mean(0) + up * rng.uniform(0.25, 0.5)
        shape = np.array(
            [
                brow - across * 1.3,
                brow + across * 1.3,
                brow + across * 1.2 + up * 2,
                brow - across * 1.2 + up * 2,
            ]
        ).astype(np.int32)
        cv2.fillConvexPoly(out, shape, tone, cv2.LINE_AA)
    elif kind == 3:  # a hand: two blobs of skin from below or the side
        at = mouth + rng.normal(0, 0.4, 2) * distance
        for _ in range(3):
            cv2.ellipse(
                out,
                tuple(int(v) for v in at + rng.normal(0, 0.15, 2) * distance),
                (int(distance * rng.uniform(0.2, 0.6)), int(distance * rng.uniform(0.12, 0.3))),
                float(rng.uniform(0, 180)),
                0,
                360,
                int(np.clip(int(grey.mean()) + rng.integers(-40, 60), 0, 255)),
                -1,
                cv2.LINE_AA,
            )
    else:  # frames of clear glasses
        for eye in eyes:
            cv2.circle(
                out,
                tuple(int(v) for v in eye),
                int(distance * rng.uniform(0.3, 0.42)),
                tone,
                2,
                cv2.LINE_AA,
            )
        cv2.line(
            out,
            tuple(int(v) for v in eyes.mean(0) - across * 0.12),
            tuple(int(v) for v in eyes.mean(0) + across * 0.12),
            tone,
            2,
            cv2.LINE_AA,
        )
    return out


def side_light(shape: tuple[int, int], rng: Rng) -> Floats:
    """float32[H, W, 1] gains: a linear ramp in any direction, down to a fifth on the dark side."""
    height, width = shape
    turn = rng.uniform(0, 2 * np.pi)
    xs = np.linspace(-1, 1, width, dtype=np.float32)[None] * np.float32(np.cos(turn))
    ys = np.linspace(-1, 1, height, dtype=np.float32)[:, None] * np.float32(np.sin(turn))
    depth = np.float32(rng.uniform(0.1, 0.8))
    return np.asarray((1 - depth * (0.5 + 0.5 * np.clip(xs + ys, -1, 1)))[..., None], np.float32)


def camera(picture: Bytes, rng: Rng) -> Bytes:
    """uint8[H, W, 3] as a camera might have given it: grey, dark, flat, noisy, soft, shaken."""
    out: Bytes = picture
    if rng.random() < 0.35:
        out = np.asarray(
            cv2.cvtColor(cv2.cvtColor(out, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB), np.uint8
        )
    if rng.random() < 0.25:
        out = np.asarray(cv2.GaussianBlur(out, (0, 0), float(rng.uniform(0.4, 1.1))), np.uint8)
    if rng.random() < 0.1:
        length = int(rng.integers(2, 6))
        kernel = np.zeros((length, length), np.float32)
        cv2.line(
            kernel,
            (0, int(rng.integers(0, length))),
            (length - 1, int(rng.integers(0, length))),
            1.0,
        )
        out = np.asarray(cv2.filter2D(out, -1, kernel / kernel.sum()), np.uint8)
    ramp = np.linspace(0, 1, 256)[:, None]
    gamma = np.exp(rng.normal(0, 0.35))
    gain = rng.uniform(0.06, 0.5) if rng.random() < 0.2 else rng.uniform(0.6, 1.3)
    floor = rng.uniform(0, 0.2) if rng.random() < 0.3 else 0.0
    colour = rng.uniform(0.85, 1.15, 3) if rng.random() < 0.4 else np.ones(3)
    table = np.clip((floor + (1 - floor) * gain * ramp**gamma) * colour * 255, 0, 255).astype(
        np.uint8
    )
    out = np.asarray(cv2.LUT(out, table.reshape(256, 1, 3)), np.uint8)
    if rng.random() < 0.5:
        noise = np.empty(out.shape if rng.random() < 0.3 else out.shape[:2], np.int16)
        cv2.randn(noise, 0, float(rng.uniform(1, 11)))
        noise = noise if noise.ndim == 3 else noise[..., None]
        out = np.clip(out.astype(np.int16) + noise, 0, 255).astype(np.uint8)
    return out
