"""Crops that hold no face where a face should be: what the face flag has to refuse."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from models.training.landmarks.augment import CHIP, CHIP_CROP, Chip, Grey, light, patch
from models.training.landmarks.crop import SIZE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

HELD_OUT_EVERY: Final = 4
"""Every fourth scene of ``negatives/`` is kept for the evaluation."""


def scenes(data: Path, held_out: bool) -> list[Grey]:
    """Grey scenes without people, uint8[H, W], those for training or those held out."""
    files = sorted((data / "negatives").glob("*.jpg"))
    chosen = [f for k, f in enumerate(files) if (k % HELD_OUT_EVERY == 0) == held_out]
    return [np.asarray(cv2.imread(str(f), cv2.IMREAD_GRAYSCALE), np.uint8) for f in chosen]


def crowd_backgrounds(data: Path, rng: np.random.Generator, each: int = 6) -> list[Grey]:
    """Squares of ``detection/`` scenes that touch no face box; each is a scene of its own."""
    out: list[Grey] = []
    for name, entry in json.loads((data / "detection" / "boxes.json").read_text()).items():
        scene = cv2.imread(str(data / "detection" / name), cv2.IMREAD_GRAYSCALE)
        if scene is None:
            continue
        boxes = np.array([face["box"] for face in entry], np.float32).reshape(-1, 4)
        height, width = scene.shape
        for _ in range(each):
            side = int(rng.integers(44, max(45, min(height, width) // 2)))
            x, y = int(rng.integers(0, width - side + 1)), int(rng.integers(0, height - side + 1))
            apart = (
                (boxes[:, 0] > x + side)
                | (boxes[:, 2] < x)
                | (boxes[:, 1] > y + side)
                | (boxes[:, 3] < y)
            )
            if apart.all():
                out.append(np.asarray(scene[y : y + side, x : x + side], np.uint8))
    return out


def misses(chip: Chip, rng: np.random.Generator) -> Grey:
    """A crop that is far off a face: beside it, much too close, much too wide, or upside down."""
    kind, turn, shift, zoom = rng.random(), rng.uniform(-0.4, 0.4), 0.0, rng.uniform(0.8, 1.25)
    if kind < 0.5:
        shift = rng.uniform(0.62, 0.95) * SIZE
    elif kind < 0.7:
        shift, zoom = rng.uniform(0.1, 0.3) * SIZE, rng.uniform(2.6, 4.5)
    elif kind < 0.85:
        zoom = rng.uniform(0.2, 0.4)
    else:
        turn = math.pi + rng.uniform(-0.7, 0.7)
    toward = rng.uniform(0, 2 * math.pi)
    c, s = math.cos(turn), math.sin(turn)
    linear = np.array([[c, -s], [s, c]]) * zoom * SIZE / CHIP_CROP
    middle = np.full(2, (SIZE - 1) / 2) + shift * np.array([math.cos(toward), math.sin(toward)])
    there = np.hstack([linear, (middle - linear @ np.full(2, (CHIP - 1) / 2))[:, None]])
    border = cv2.BORDER_REFLECT_101 if rng.random() < 0.5 else cv2.BORDER_REPLICATE
    if kind >= 0.7:
        border = cv2.BORDER_REPLICATE
    return np.asarray(
        cv2.warpAffine(chip.picture, there, (SIZE, SIZE), borderMode=border), np.uint8
    )


def shuffled(chip: Chip, rng: np.random.Generator) -> Grey:
    """A face cut into sixteen tiles and put together wrongly."""
    start = (CHIP - CHIP_CROP) // 2
    face = cv2.resize(
        chip.picture[start : start + CHIP_CROP, start : start + CHIP_CROP], (SIZE, SIZE)
    )
    tile = SIZE // 4
    tiles = face.reshape(4, tile, 4, tile).swapaxes(1, 2).reshape(16, tile, tile)
    return np.ascontiguousarray(
        tiles[rng.permutation(16)].reshape(4, 4, tile, tile).swapaxes(1, 2).reshape(SIZE, SIZE)
    )


def texture(rng: np.random.Generator) -> Grey:
    """Noise of a random grain, a ramp, or one grey: black and white included."""
    kind = rng.random()
    level = float(rng.choice([0, 255, rng.uniform(0, 255)]))
    field: NDArray[np.floating[Any]] = np.full((SIZE, SIZE), level, np.float32)
    if kind < 0.6:
        grain = int(rng.integers(2, SIZE + 1))
        noise = rng.standard_normal((grain, grain)).astype(np.float32)
        field = 128 + rng.uniform(10, 90) * cv2.resize(
            noise, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC
        )
    elif kind < 0.8:
        ramp = np.linspace(-1, 1, SIZE, dtype=np.float32)
        toward = rng.uniform(0, 2 * math.pi)
        field = level + 127 * (math.cos(toward) * ramp[None] + math.sin(toward) * ramp[:, None])
    return np.asarray(np.clip(field, 0, 255), np.uint8)


def nothing(empty: Sequence[Grey], rng: np.random.Generator) -> Grey:
    """A patch of a scene, sometimes turned, sometimes two mixed: there are only so many scenes."""
    one = patch(empty[int(rng.integers(len(empty)))], rng)
    if rng.random() < 0.4:
        middle = ((SIZE - 1) / 2, (SIZE - 1) / 2)
        turn = cv2.getRotationMatrix2D(middle, rng.uniform(-180, 180), rng.uniform(1.0, 1.6))
        one = np.asarray(
            cv2.warpAffine(one, turn, (SIZE, SIZE), borderMode=cv2.BORDER_REFLECT_101), np.uint8
        )
    if rng.random() < 0.3:
        other = patch(empty[int(rng.integers(len(empty)))], rng)
        share = rng.uniform(0.3, 0.7)
        one = np.asarray(cv2.addWeighted(one, share, other, 1 - share, 0), np.uint8)
    return one


def negative(chip: Chip, empty: Sequence[Grey], rng: np.random.Generator) -> NDArray[np.uint8]:
    """One example without a face, uint8[128, 128]."""
    kind = rng.random()
    if kind < 0.55:
        return light(nothing(empty, rng), rng)
    if kind < 0.85:
        return light(misses(chip, rng), rng)
    if kind < 0.93:
        return light(shuffled(chip, rng), rng)
    return texture(rng)
