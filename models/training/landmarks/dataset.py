"""The teacher's labels as level chips in memory, split by person, and batches drawn from them."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from models.training.landmarks import pose
from models.training.landmarks.augment import CALM, CHIP, CHIP_CROP, TRAINING, Chip, Grey, example
from models.training.landmarks.crop import SIZE, crop_from_points, crop_matrix
from models.training.landmarks.negatives import negative
from models.training.landmarks.points import eye_aspect, mouth_aspect

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

MAX_SPREAD: Final = 0.022
"""Pictures on which the teacher's views differ by more (parts of the eye distance) are dropped."""
HELD_OUT_PERSONS: Final = 10
"""One named person in ten is kept for the evaluation."""
NEGATIVE_SHARE: Final = 0.12
SHUT_ASPECT, OPEN_ASPECT = 0.07, 0.28
"""Lid gap over eye width that counts as openness 0 and 1 (trial: closed <= 0.070)."""
MOUTH_OPEN_ASPECT: Final = 0.6
POSE_UNIT_DEG: Final = 60.0


@dataclass(frozen=True)
class Chips:
    """All labelled chips of one split, with the weight that each is drawn with."""

    chips: list[Chip]
    weights: NDArray[np.float64]
    names: list[str]


@dataclass(frozen=True)
class Batch:
    """uint8[N, 1, 128, 128] and its targets; ``face`` is 0 where there is none to learn from."""

    pictures: NDArray[np.uint8]
    points: NDArray[np.float32]
    openness: NDArray[np.float32]
    visible: NDArray[np.float32]
    pose: NDArray[np.float32]
    face: NDArray[np.float32]


def held_out(person: str) -> bool:
    return person != "" and zlib.crc32(person.encode()) % HELD_OUT_PERSONS == 0


def openness(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Left eye, right eye, mouth in 0..1 from points float32[..., 127, 2]; float32[..., 3]."""
    eyes = (eye_aspect(points) - SHUT_ASPECT) / (OPEN_ASPECT - SHUT_ASPECT)
    mouth = mouth_aspect(points) / MOUTH_OPEN_ASPECT
    both = np.concatenate([eyes, mouth[..., None]], -1)
    return np.asarray(np.clip(both, 0, 1), dtype=np.float32)


def chip_of(
    picture: Grey,
    points: NDArray[np.float32],
    pose_deg: NDArray[np.float32],
    border: int = cv2.BORDER_REPLICATE,
) -> Chip:
    """Level the face of a picture; ``points`` float32[127, 2] and pose in the picture's own frame."""
    crop = crop_from_points(points)
    there = crop_matrix(crop, CHIP_CROP)
    there[:, 2] += (CHIP - CHIP_CROP) / 2
    level = cv2.warpAffine(picture, there, (CHIP, CHIP), flags=cv2.INTER_LINEAR, borderMode=border)
    height, width = picture.shape
    corners = np.array(
        [(0, 0), (width - 1, 0), (width - 1, height - 1), (0, height - 1)], np.float32
    )
    turned = pose_deg - np.array([0, 0, np.degrees(crop.turn)], np.float32)
    moved = (points @ there[:, :2].T + there[:, 2]).astype(np.float32)
    framed = (corners @ there[:, :2].T + there[:, 2]).astype(np.float32)
    may_close = float(eye_aspect(points).mean()) > 0.15
    return Chip(np.asarray(level, np.uint8), moved, turned.astype(np.float32), framed, may_close)


def count(work: Path, source: str = "*") -> int:
    """How many pictures training uses."""
    total = 0
    for file in sorted(work.glob(f"labels_{source}.npz")):
        with np.load(file) as archive:
            kept = archive["spread"] <= MAX_SPREAD
            total += sum(not held_out(str(p)) for p in archive["person"][kept])
    return total


def load(work: Path, wheel: Path, evaluation: bool, every: int = 1, source: str = "*") -> Chips:
    """Chips of ``labels_*.npz``: the held-out persons of ``faces``, or everything else.

    ``every``: only each so manieth picture, for a calibration. ``source``: "faces" or "ferplus", for
    less than both.
    """
    canonical = pose.canonical_face(wheel)
    chips: list[Chip] = []
    weights: list[float] = []
    names: list[str] = []
    for file in sorted(work.glob(f"labels_{source}.npz")):
        with np.load(file) as archive:
            kept = {k: archive[k] for k in archive.files}
        for k in range(0, len(kept["name"]), every):
            if held_out(str(kept["person"][k])) != evaluation or kept["spread"][k] > MAX_SPREAD:
                continue
            angles = pose.angles(pose.rotation(kept["mesh"][k], canonical))
            chip = chip_of(kept["picture"][k], kept["points"][k], angles)
            chips.append(chip)
            # Rare and wanted: eyes that are really shut, turned heads, open mouths.
            aspect = float(eye_aspect(chip.points).mean())
            weight = 0.6 if kept["source"][k] == "ferplus" else 1.0
            weight *= 2.5 if aspect < 0.12 else 1.0
            weight *= 1.7 if abs(float(angles[0])) > 25 or abs(float(angles[1])) > 20 else 1.0
            weights.append(weight * (1.5 if float(mouth_aspect(chip.points)) > 0.35 else 1.0))
            names.append(str(kept["name"][k]))
    if not chips:
        raise SystemExit(
            f"no labels in {work}: run the data stage first (models.training.landmarks.teacher)"
        )
    return Chips(chips, np.cumsum(weights) / np.sum(weights), names)


def batch(
    chips: Chips, backgrounds: list[Grey], size: int, rng: np.random.Generator, calm: float = 0.0
) -> Batch:
    """Draw ``size`` examples; the same generator state gives the same batch.

    ``calm``: the share of faces that stray less from a tracked crop.
    """
    pictures = np.empty((size, 1, SIZE, SIZE), np.uint8)
    points = np.zeros((size, 127, 2), np.float32)
    visible = np.zeros((size, 3), np.float32)
    angles = np.zeros((size, 3), np.float32)
    face = np.ones(size, np.float32)
    for row, k in enumerate(np.searchsorted(chips.weights, rng.random(size))):
        chip = chips.chips[min(int(k), len(chips.chips) - 1)]
        if rng.random() < NEGATIVE_SHARE:
            face[row] = 0
            pictures[row, 0] = negative(chip, backgrounds, rng)
            points[row] = chip.points  # never learnt from; keeps the arithmetic finite
            continue
        strength = CALM if calm and rng.random() < calm else TRAINING
        made = example(chip, backgrounds, strength, rng)
        pictures[row, 0], points[row] = made.picture, made.points
        visible[row], angles[row] = made.visible, made.pose
    relative = np.asarray((points - (SIZE - 1) / 2) / SIZE, np.float32)
    return Batch(pictures, relative, openness(points), visible, angles / POSE_UNIT_DEG, face)
