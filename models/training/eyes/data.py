"""Eyes to learn from: the landmarks' own examples, cut as the product cuts them after its first look."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.see import eyes
from models.training.landmarks.augment import CALM, TRAINING, Grey, example
from models.training.landmarks.points import eye_aspect

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.training.landmarks.dataset import Chips

CALM_SHARE: Final = 0.7
"""Of the examples that look nearly as a tracked face does."""
CLOSING: Final = 0.42
"""Of the open eyes that are shown (partly) shut: lowered and shut ones are rare in pictures."""
NARROW_ASPECT: Final = 0.14
SHIFT, SCALE, TURN_DEG = 0.05, 0.05, 2.0
"""How far the landmarks are off when they place an eye: standard deviations, in eye widths, as a
logarithm, in degrees (held-out persons: lids are 0.95 crop pixels off, an eye is 20 wide)."""


@dataclass(frozen=True)
class Batch:
    """uint8[N, 1, 64, 48], and float32[N, 2, 21, 2] in eye widths from the mean eye.

    ``visible``: float32[N, 2], how much of each eye is uncovered.
    """

    pictures: NDArray[np.uint8]
    points: NDArray[np.float32]
    visible: NDArray[np.float32]


def narrow_first(chips: Chips) -> Chips:
    """The same chips, those drawn twice as often whose eyes are shut, lowered or narrowed."""
    narrow = np.array(
        [float(eye_aspect(chip.points).mean()) < NARROW_ASPECT for chip in chips.chips]
    )
    each = np.diff(chips.weights, prepend=0.0) * (1 + narrow)
    return replace(chips, weights=np.cumsum(each) / each.sum())


def misplaced(points: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """The points as a first look would give them: float32[127, 2], eyes shifted, turned and scaled."""
    worse = 2.0 if rng.random() < 0.15 else 1.0
    turn = np.radians(rng.normal(0, TURN_DEG * worse))
    zoom = np.exp(rng.normal(0, SCALE * worse))
    linear = zoom * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    moved = points.copy()
    for eye in (slice(0, 16), slice(16, 32)):
        width = np.linalg.norm(points[eye.start] - points[eye.start + 8])
        middle = points[eye].mean(0)
        moved[eye] = (points[eye] - middle) @ linear.T + middle
        moved[eye] += rng.normal(0, SHIFT * worse, 2) * width
    return moved


def labels(
    points: NDArray[np.float32], where: tuple[NDArray[np.float64], ...]
) -> NDArray[np.float32]:
    """Points float32[127, 2] of the crop in the frames of both eyes: float32[2, 21, 2]."""
    both = [points[k] @ w[:, :2].T + w[:, 2] for k, w in zip(eyes.POINTS, where, strict=True)]
    return ((np.array(both) - eyes.MIDDLE) / eyes.WIDTH - eyes.MEAN_EYE).astype(np.float32)


def batch(chips: Chips, backgrounds: list[Grey], size: int, rng: np.random.Generator) -> Batch:
    """Draw ``size`` faces; the same generator state gives the same batch."""
    pictures = np.empty((size, 1, 2 * eyes.ROWS, eyes.COLUMNS), np.uint8)
    points = np.zeros((size, 2, 21, 2), np.float32)
    visible = np.zeros((size, 2), np.float32)
    for row, k in enumerate(np.searchsorted(chips.weights, rng.random(size))):
        chip = chips.chips[min(int(k), len(chips.chips) - 1)]
        strength = replace(CALM if rng.random() < CALM_SHARE else TRAINING, closing=CLOSING)
        made = example(chip, backgrounds, strength, rng)
        where = eyes.places(misplaced(made.points, rng))
        if where is None:
            continue  # weight 0
        pictures[row, 0] = eyes.cut(made.picture, where)
        points[row], visible[row] = labels(made.points, where), made.visible[:2]
    return Batch(pictures, points, visible)
