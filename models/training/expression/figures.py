"""What the expression network is worth: accuracy, calibration, and the same under what a car does to a picture.

Everything here is a function of arrays: logits float32[N, 8], truth int64[N] (0..7, no -1), pictures
uint8[N, 48, 48].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from models.training.expression.decode import EMOTIONS, softmax

BINS = 15  # of the expected calibration error, as Guo et al. 2017
ENOUGH = 50  # pictures of a class before its recall is counted among "balanced, of 50 and more"


@dataclass(frozen=True)
class Score:
    """Top-1 figures of one model on one set. `confusion` int64[8, 8], rows are the truth."""

    n: int
    accuracy: float
    balanced: float  # mean recall of all classes that occur, however rarely
    balanced_enough: float  # mean recall of the classes with ENOUGH pictures
    recall: Mapping[str, float]
    precision: Mapping[str, float]
    confusion: np.ndarray


def score(logits: np.ndarray, truth: np.ndarray) -> Score:
    """Top-1 figures. Classes that do not occur are left out of the recalls, not counted as 0."""
    guess = logits.argmax(1)
    confusion = np.zeros((len(EMOTIONS), len(EMOTIONS)), np.int64)
    np.add.at(confusion, (truth, guess), 1)
    count, called = confusion.sum(1), confusion.sum(0)
    hit = confusion.diagonal()
    recall = {c: float(hit[k] / count[k]) for k, c in enumerate(EMOTIONS) if count[k]}
    precision = {c: float(hit[k] / called[k]) for k, c in enumerate(EMOTIONS) if called[k]}
    enough = [float(hit[k] / count[k]) for k in range(len(EMOTIONS)) if count[k] >= ENOUGH]
    return Score(
        len(truth),
        float((guess == truth).mean()),
        float(np.mean(list(recall.values()))),
        float(np.mean(enough)) if enough else float("nan"),
        recall,
        precision,
        confusion,
    )


def calibration_error(probability: np.ndarray, truth: np.ndarray) -> float:
    """Expected calibration error: |confidence - accuracy| over BINS equal bins, weighted by pictures."""
    sure, right = probability.max(1), probability.argmax(1) == truth
    place = np.minimum((sure * BINS).astype(int), BINS - 1)
    parts = [(place == b) for b in range(BINS) if (place == b).any()]
    return float(sum(p.mean() * abs(sure[p].mean() - right[p].mean()) for p in parts))


def reliability(probability: np.ndarray, truth: np.ndarray) -> list[tuple[float, float]]:
    """(mean confidence, share right) of each bin with at least 10 pictures."""
    sure, right = probability.max(1), probability.argmax(1) == truth
    place = np.minimum((sure * BINS).astype(int), BINS - 1)
    parts = [p for b in range(BINS) if (p := place == b).sum() >= 10]
    return [(float(sure[p].mean()), float(right[p].mean())) for p in parts]


def temperature(logits: np.ndarray, truth: np.ndarray) -> float:
    """The divisor of the logits with the least negative log likelihood (Guo et al. 2017), on a grid of 1 %."""
    grid = np.exp(np.arange(np.log(0.25), np.log(4), 0.01))
    rows = np.arange(len(truth))
    loss = [-np.log(softmax(logits, t)[rows, truth] + 1e-9).mean() for t in grid]
    return float(grid[int(np.argmin(loss))])


def crossed_calibration_error(logits: np.ndarray, truth: np.ndarray) -> float:
    """Calibration error of pictures whose temperature was chosen on the other half of the set."""
    half = np.arange(len(truth)) % 2 == 0
    probability = np.empty_like(logits, dtype=np.float32)
    for own in (half, ~half):
        probability[own] = softmax(logits[own], temperature(logits[~own], truth[~own]))
    return calibration_error(probability, truth)


def threshold(probability: np.ndarray, truth: np.ndarray, right: float) -> float:
    """The lowest confidence from which on at least `right` of the answered pictures are right, in steps of 0.01."""
    sure, hit = probability.max(1), probability.argmax(1) == truth
    for limit in np.arange(0.2, 1.0, 0.01):
        if hit[sure >= limit].mean() >= right:
            return round(float(limit), 2)
    return 1.0


def _moved(turn_deg: float = 0, scale: float = 1, across: float = 0) -> Callable[[np.ndarray], np.ndarray]:
    def change(picture: np.ndarray) -> np.ndarray:
        side = picture.shape[0]
        matrix = cv2.getRotationMatrix2D(((side - 1) / 2, (side - 1) / 2), turn_deg, scale)
        matrix[0, 2] += across
        return cv2.warpAffine(picture, matrix, (side, side), borderMode=cv2.BORDER_REFLECT)

    return change


def _light(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    return lambda picture: np.clip(change(picture.astype(np.float32)), 0, 255).astype(np.uint8)


def _small(side: int) -> Callable[[np.ndarray], np.ndarray]:
    def change(picture: np.ndarray) -> np.ndarray:
        shrunk = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
        return cv2.resize(shrunk, picture.shape[::-1], interpolation=cv2.INTER_LINEAR)

    return change


def conditions(seed: int = 0) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """Name -> change of one picture uint8[48, 48]. "motion blur 7 px" and "24 px face" are the bar's."""
    random = np.random.default_rng(seed)
    ramp = np.linspace(0.2, 1, 48, dtype=np.float32)[None]
    return {
        "as is": lambda p: p,
        "motion blur 7 px": lambda p: cv2.filter2D(p, -1, np.full((1, 7), 1 / 7)),
        "motion blur 7 px, down": lambda p: cv2.filter2D(p, -1, np.full((7, 1), 1 / 7)),
        "24 px face": _small(24),
        "16 px face": _small(16),
        "dark x 0.35": _light(lambda p: p * 0.35),
        "dark x 0.2, noise": _light(lambda p: p * 0.2 + random.normal(0, 4, p.shape)),
        "bright + 60": _light(lambda p: p + 60),
        "contrast x 0.4": _light(lambda p: (p - p.mean()) * 0.4 + p.mean()),
        "noise sd 12": _light(lambda p: p + random.normal(0, 12, p.shape)),
        "near-infrared-like": _light(lambda p: 255 * (p / 255) ** 0.6 * 0.8 + 35 + random.normal(0, 6, p.shape)),
        "light from one side": _light(lambda p: p * ramp),
        "turned 15 degrees": _moved(turn_deg=15),
        "turned 30 degrees": _moved(turn_deg=30),
        "shifted 6 px": _moved(across=6),
        "box 25 % larger": _moved(scale=0.8),
        "box 20 % smaller": _moved(scale=1.25),
    }


def changed(pictures: np.ndarray, change: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """uint8[N, 48, 48] -> uint8[N, 48, 48], each picture changed."""
    return np.stack([change(p) for p in pictures])
