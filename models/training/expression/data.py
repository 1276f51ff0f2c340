"""FER+ vote distributions, and the rarer weak labels of `faces/`, as arrays to learn from.

FER+ (labels MIT, Microsoft; pictures collected from the web for a 2013 challenge, rights unknown):
Barsoum et al., "Training Deep Networks for Facial Expression Recognition with Crowd-Sourced Label
Distribution", 2016. The majority rule below is theirs. Train and Valid are split as published.
"""

from __future__ import annotations

import csv
import zlib
from collections.abc import Collection
from dataclasses import dataclass, fields
from pathlib import Path

import cv2
import numpy as np

from edge.see.expression import SIZE
from models.training.expression.decode import EMOTIONS

VOTED = (*EMOTIONS, "unknown", "NF")  # NF: not a face
RARER = tuple(name for name in EMOTIONS if name not in ("neutral", "happiness"))
UNCLEAR = 5  # of ten annotators; with as many for unknown or NF a picture teaches nothing
HELD_OUT = 4  # one person in four of faces/ is never trained on, chosen by the name's checksum

WEAK_TRUST = (
    0.6  # share of the target that one annotator's word gets; the rest is FER+'s class frequency
)


@dataclass(frozen=True)
class Pictures:
    """What is learned from or measured on.

    `images` uint8[N, 48, 48] grey; `targets` float32[N, 8], each sums to 1; `weights` float32[N], how
    much a picture counts in the loss; `truth` int64[N], the class of the majority or -1 for none.
    """

    images: np.ndarray
    targets: np.ndarray
    weights: np.ndarray
    truth: np.ndarray

    def __len__(self) -> int:
        return len(self.images)

    def only(self, classes: Collection[str]) -> Pictures:
        """Those whose majority is one of these."""
        chosen = np.isin(self.truth, [EMOTIONS.index(name) for name in classes])
        return Pictures(*(getattr(self, field.name)[chosen] for field in fields(self)))


def ferplus(folder: Path, split: str) -> Pictures:
    """FER+ "Train" or "Valid". Train drops pictures that most annotators could not name."""
    path = folder / "ferplus.npz"
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: not there; FER+ is read from the data folder (--data or MIEN_DATA)"
        )
    with np.load(path, allow_pickle=True) as stored:
        if tuple(stored["classes"]) != VOTED:
            raise ValueError(f"{path}: classes: expected {VOTED}, got {tuple(stored['classes'])}")
        chosen = stored["split"] == split
        images, votes = stored["images"][chosen], stored["votes"][chosen].astype(np.float32)
    named = votes[:, : len(EMOTIONS)].sum(1)
    if split == "Train":
        clear = (votes[:, len(EMOTIONS) :].sum(1) < UNCLEAR) & (named >= UNCLEAR - 1)
        images, votes, named = images[clear], votes[clear], named[clear]
    targets = _shares(votes[:, : len(EMOTIONS)])
    return Pictures(images, targets, named / 10, majority(votes))


def _shares(votes: np.ndarray) -> np.ndarray:
    """Votes float32[N, 8] -> shares that sum to 1; single votes are outliers, as in FER+'s own rule."""
    kept = np.where(votes <= 1, 0, votes)
    kept = np.where(kept.sum(1, keepdims=True) > 0, kept, votes)
    return np.asarray(kept / np.maximum(kept.sum(1, keepdims=True), 1), np.float32)


def majority(votes: np.ndarray) -> np.ndarray:
    """FER+'s rule: votes float32[N, 10] -> int64[N], -1 where no emotion has more than half.

    A single vote for a class counts as an outlier and is taken out first.
    """
    kept = np.where(votes <= 1, 0, votes)
    best = kept.argmax(1)
    clear = (kept.max(1) > 0.5 * kept.sum(1)) & (best < len(EMOTIONS))
    return np.where(clear, best, -1)


def faces(folder: Path, held_out: bool) -> Pictures:
    """`faces/`, one annotator's label; split by person, pictures without a name by file.

    The whole pictures have FER+ geometry already (measured: README), so they are only made smaller.
    """
    path = folder / "faces.csv"
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: not there; the faces are read from the data folder (--data or MIEN_DATA)"
        )
    with path.open(newline="") as lines:
        rows = [r for r in csv.DictReader(lines) if r["expression_one_annotator"] in EMOTIONS]
    rows = [
        r
        for r in rows
        if (zlib.crc32((r["person"] or r["file"]).encode()) % HELD_OUT == 0) == held_out
    ]
    images = np.stack([_crop(folder / "faces" / r["file"]) for r in rows])
    truth = np.array([EMOTIONS.index(r["expression_one_annotator"]) for r in rows])
    sure = np.eye(len(EMOTIONS), dtype=np.float32)[truth]
    return Pictures(images, sure, np.full(len(rows), WEAK_TRUST, np.float32), truth)


def _crop(path: Path) -> np.ndarray:
    picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if picture is None:
        raise FileNotFoundError(f"{path}: named in faces.csv, but cannot be read")
    return cv2.resize(picture, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
