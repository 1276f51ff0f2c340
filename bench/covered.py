"""Shut eyes told from open ones where a hand lies on the face and one eye has to do.

    python -m bench.covered [--labels FOLDER]

Persons nobody trained on, with the teacher's lids (``make train-landmarks`` makes the labels), half
of them shut by the training's own warp; a hand is drawn over every face, and the product looks at
it twice, as at two frames of a camera. ``both eyes``: the mean of whichever are seen at all.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from edge import config
from edge.judge.rules import Rules
from edge.see import detector, landmarks
from edge.see.settings import SightSettings
from edge.see.sight import Sight, opened
from edge.types import NS, Frame
from models.training.landmarks import WORK, augment, dataset, evaluate, occluders
from models.training.landmarks.closures import auc
from models.training.landmarks.points import eye_height

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from edge.see.runtime import Model
    from edge.types import FaceReading
    from models.training.landmarks.augment import Chip

SHUT: Final = 0.07
"""Lid gap over the eye's width up to which both eyes count as shut."""
TRIES: Final = 20
FREE, COVERED = 0.85, 0.6
"""Shares of an eye's points outside the hand: one eye is free, the other covered."""


@dataclass(frozen=True)
class Case:
    """What was read, and the truth: shut or open, how much of each eye the hand leaves free."""

    face: FaceReading
    shut: bool
    free: NDArray[np.float32]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--labels", type=Path, default=WORK)
    labels = parser.parse_args().labels
    if not (labels / "labels_faces.npz").is_file():
        print(f"{labels}: no labels_faces.npz; make train-landmarks begins with it")
        return 1
    models = opened(config.manifest(config.manifest_path()), emotion=False)
    found = list(cases(models, labels))
    chosen = {
        "all": found,
        "one eye covered": [c for c in found if c.free.max() > FREE and c.free.min() < COVERED],
    }
    print(f"{'hands':18}{'faces':>6}{'read by':>11}{'AUC':>7}  shut called open, open called shut")
    for name, some in chosen.items():
        for how in ("both eyes", "product"):
            known = [(c.shut, _value(c.face, how)) for c in some]
            shut, opened_ = (
                np.array([v for s, v in known if s is which and v is not None])
                for which in (True, False)
            )
            limit = _limit()
            print(
                f"{name:18}{len(shut) + len(opened_):6}{how:>11}{auc(opened_, shut):7.3f}"
                f"  {(shut > limit).mean():.1%} {(opened_ <= limit).mean():.1%}"
            )
    return 0


def cases(models: dict[str, Model], labels: Path, seed: int = 5) -> Iterator[Case]:
    """Every held-out person whose eyes are open, half of them shut, under a hand."""
    held, rng = evaluate.held_out(labels, None), np.random.default_rng(seed)
    unposed = np.zeros(3, np.float32)
    for picture, points in zip(held.pictures, held.points, strict=True):
        chip = dataset.chip_of(picture, points, unposed)
        shut = bool(rng.random() < 0.5)
        shown = _closed(chip, rng) if shut else (chip.picture.copy(), chip.points)
        if shown is None or not chip.may_close:
            continue
        image, truth = shown
        free = _hand(image, truth, rng)
        see = Sight(
            models,
            SightSettings(faces=1),
            emotion=False,
            find=partial(_told, truth=truth),
        )
        rgb = cv2.cvtColor(image, cv2.COLOR_GRAY2RGB).astype(np.uint8)
        see(Frame(0, rgb))
        faces = see(Frame(NS // 15, rgb)).faces
        if faces:
            yield Case(faces[0], shut, free)


def _closed(
    chip: Chip, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.float32]] | None:
    for _ in range(TRIES):
        image, points = augment.closed(chip, rng)
        if eye_height(points).max() < SHUT:
            return image, points
    return None


def _hand(
    image: NDArray[np.uint8], points: NDArray[np.float32], rng: np.random.Generator
) -> NDArray[np.float32]:
    """Draw it, in place, where the landmarks' crop is; gives how free each eye is, float32[2]."""
    room = (augment.CHIP - augment.CHIP_CROP) // 2
    crop = image[room:-room, room:-room]
    mask = occluders.hand(augment.CHIP_CROP, rng)
    occluders.paint(crop, mask, False, rng)
    return occluders.visibility(points - room, mask)[:2]


def _told(
    _model: Model,
    _image: NDArray[np.uint8],
    _least: float,
    _most: int,
    *,
    truth: NDArray[np.float32],
) -> list[detector.Detection]:
    """The face where it is: the detector is not what is asked about here."""
    (right, left), mouth = landmarks.anchor(truth)
    keys = np.array([right, left, mouth, mouth, right, left], np.float32)
    return [detector.Detection(landmarks.box(truth), 1.0, keys)]


def _value(face: FaceReading, how: str) -> float | None:
    if how == "product":
        return face.ear
    there = [ear for ear in (face.ear_right, face.ear_left) if ear is not None]
    return sum(there) / len(there) if there else None


def _limit() -> float:
    """The common scale's reading from which, downward, the rules call an average eye shut."""
    rules = Rules().eyes
    return rules.ear_shut + rules.shut_below * (rules.ear_open - rules.ear_shut)


if __name__ == "__main__":
    raise SystemExit(main())
