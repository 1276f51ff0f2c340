"""One training example from one labelled picture: lids, geometry, background, light, occluders."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.landmarks import eyelids, occluders
from models.training.landmarks.crop import SIZE
from models.training.landmarks.points import MIRROR

CHIP: Final = 224
"""Side of a stored chip; its crop (the runtime's) is the middle ``CHIP_CROP`` pixels."""
CHIP_CROP: Final = 150
Grey = NDArray[np.uint8]
Points = NDArray[np.float32]


@dataclass(frozen=True)
class Chip:
    """A level, labelled picture: uint8[224, 224], points in its pixels, pose in degrees.

    ``corners``: float32[4, 2], the original picture's corners; beyond them is padding.
    """

    picture: Grey
    points: Points
    pose: NDArray[np.float32]
    corners: Points
    may_close: bool


@dataclass(frozen=True)
class Example:
    """What the network gets: uint8[128, 128] and its labels (points in crop pixels)."""

    picture: Grey
    points: Points
    pose: NDArray[np.float32]
    visible: NDArray[np.float32]


@dataclass(frozen=True)
class Strength:
    """How far from the runtime's tracked crop examples stray."""

    turn_deg: float = 9.0
    wide_turn_deg: float = 30.0
    scale: float = 0.10
    shift: float = 0.045
    closing: float = 0.30
    cover: bool = True
    relight: float = 1.0


TRAINING: Final = Strength()
CALM: Final = Strength(turn_deg=5.0, wide_turn_deg=12.0, scale=0.06, shift=0.03, relight=0.35)
"""Nearer to what a tracked face looks like; drawn more often while the rate falls."""
TRACKED: Final = Strength(2.0, 4.0, 0.03, 0.015, closing=0.0, cover=False, relight=0.0)


def closed(chip: Chip, rng: np.random.Generator) -> tuple[Grey, Points]:
    """The chip with one or both eyes (partly) shut: every openness, narrow ones most."""
    picture, points = chip.picture.copy(), chip.points.copy()
    kind = rng.random()
    left_open = (
        0.0
        if kind < 0.22
        else rng.uniform(0, 0.2)
        if kind < 0.4
        else rng.uniform(0.15, 0.6)
        if kind < 0.8
        else rng.uniform(0.6, 1)
    )
    slides = float(rng.choice([0.0, 1.0, rng.random()]))
    down, rises = rng.uniform(0, 0.35), rng.uniform(0, 0.25 + 0.35 * (1 - slides))
    lash = 0.0 if rng.random() < 0.2 else float(rng.uniform(10, 110))
    how = eyelids.Closing(left_open, slides, down, rises, lash, rng.uniform(0.02, 0.12))
    wink = rng.random()
    if wink > 0.10:
        eyelids.close_eye(picture, points, slice(0, 16), slice(32, 37), how, rng)
    if wink < 0.10 or wink > 0.20:
        other = replace(how, left_open=min(1.0, left_open * rng.uniform(0.8, 1.2)))
        eyelids.close_eye(picture, points, slice(16, 32), slice(37, 42), other, rng)
    return picture, points


def geometry(
    strength: Strength, rng: np.random.Generator
) -> tuple[NDArray[np.float64], float, bool]:
    """Affine float64[2, 3] from chip to crop, its turn in degrees (clockwise), and mirrored or not."""
    wide = rng.random() < 0.25
    turn = rng.uniform(-1, 1) * strength.wide_turn_deg if wide else rng.normal(0, strength.turn_deg)
    zoom = math.exp(float(np.clip(rng.normal(0, strength.scale), -0.30, 0.25)))
    shift = np.clip(rng.normal(0, strength.shift, 2), -0.14, 0.14) * SIZE
    mirrored = bool(rng.random() < 0.5)
    c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    zoom *= SIZE / CHIP_CROP
    linear = np.array([[c, -s], [s, c]]) * zoom @ np.diag([-1.0 if mirrored else 1.0, 1.0])
    middle = np.full(2, (CHIP - 1) / 2)
    offset = np.full(2, (SIZE - 1) / 2) + shift - linear @ middle
    return np.hstack([linear, offset[:, None]]), float(turn), mirrored


def example(
    chip: Chip, backgrounds: list[Grey], strength: Strength, rng: np.random.Generator
) -> Example:
    picture, points = chip.picture, chip.points
    if chip.may_close and strength.closing and rng.random() < strength.closing:
        picture, points = closed(chip, rng)
    there, turn, mirrored = geometry(strength, rng)
    border = cv2.BORDER_REPLICATE
    crop = np.asarray(
        cv2.warpAffine(picture, there, (SIZE, SIZE), flags=cv2.INTER_LINEAR, borderMode=border),
        np.uint8,
    )
    if strength.cover and rng.random() < 0.5:
        corners = np.asarray(chip.corners @ there[:, :2].T + there[:, 2], np.float32)
        _surround(crop, corners, backgrounds, rng)
    points = (points @ there[:, :2].T + there[:, 2]).astype(np.float32)
    pose = chip.pose.copy()
    if mirrored:
        points, pose = points[MIRROR], pose * np.array([-1, 1, -1], np.float32)
    pose[2] += turn
    covered = occluders.occlude(crop, points, rng) if strength.cover else None
    if strength.relight == 1.0 or rng.random() < strength.relight:
        crop = light(crop, rng)
    return Example(crop, points, pose, occluders.visibility(points, covered))


def _surround(
    crop: Grey, corners: Points, backgrounds: list[Grey], rng: np.random.Generator
) -> None:
    """Put something else where the source picture ends, in place: a face is rarely framed so tightly."""
    inside = np.zeros_like(crop)
    cv2.fillConvexPoly(inside, np.rint(corners).astype(np.int32), 255)
    if rng.random() < 0.7:
        other = patch(backgrounds[int(rng.integers(len(backgrounds)))], rng)
    else:
        other = np.full_like(crop, int(rng.integers(0, 256)))
    np.copyto(crop, other, where=inside == 0)


def patch(scene: Grey, rng: np.random.Generator) -> Grey:
    """A square of a scene, any size from 40 pixels, mirrored or turned by quarters: uint8[128, 128]."""
    height, width = scene.shape
    side = int(rng.integers(40, min(height, width)))
    y, x = int(rng.integers(0, height - side + 1)), int(rng.integers(0, width - side + 1))
    square = scene[y : y + side, x : x + side]
    if rng.random() < 0.5:
        square = square[:, ::-1]
    how = cv2.INTER_AREA if side > SIZE else cv2.INTER_LINEAR
    return np.asarray(
        cv2.resize(np.ascontiguousarray(square), (SIZE, SIZE), interpolation=how), np.uint8
    )


def light(crop: Grey, rng: np.random.Generator) -> Grey:
    """Small faces, blur, motion, contrast, darkness, light from a side, noise: what a car brings."""
    f: NDArray[np.floating[Any]] = crop.astype(np.float32)
    if rng.random() < 0.2:
        small = int(rng.uniform(36, 96))
        f = np.asarray(
            cv2.resize(cv2.resize(f, (small, small), interpolation=cv2.INTER_AREA), (SIZE, SIZE)),
            np.float32,
        )
    blur = rng.random()
    if blur < 0.15:
        f = np.asarray(cv2.GaussianBlur(f, (0, 0), rng.uniform(0.5, 1.8)), np.float32)
    elif blur < 0.28:
        kernel = motion_kernel(int(rng.integers(3, 10)), rng.uniform(0, math.pi))
        f = np.asarray(cv2.filter2D(f, -1, kernel), np.float32)
    if rng.random() < 0.6:
        f = (f - 128) * rng.uniform(0.45, 1.5) + 128 + rng.uniform(-50, 50)
    if rng.random() < 0.25:
        f = 255 * np.clip(f / 255, 0, 1) ** rng.uniform(0.5, 2.2)
    if rng.random() < 0.25:
        ramp, toward = np.linspace(-1, 1, SIZE, dtype=np.float32), rng.uniform(0, 2 * math.pi)
        side = math.cos(toward) * ramp[None] + math.sin(toward) * ramp[:, None]
        f = f * (1 + rng.uniform(0.2, 0.8) * side)
    if rng.random() < 0.08:
        f = f * rng.uniform(0.12, 0.4)
    if rng.random() < 0.4:
        f = f + rng.standard_normal((SIZE, SIZE), dtype=np.float32) * rng.uniform(1, 14)
    return np.asarray(np.clip(f, 0, 255), np.uint8)


def motion_kernel(length: int, angle: float) -> NDArray[np.float32]:
    """A line of ``length`` pixels at ``angle`` radians, float32[length, length] with sum 1."""
    kernel = np.zeros((length, length), np.float32)
    half = (length - 1) / 2
    for t in np.linspace(-half, half, 3 * length):
        kernel[round(half + t * math.sin(angle)), round(half + t * math.cos(angle))] = 1
    return np.asarray(kernel / kernel.sum(), np.float32)
