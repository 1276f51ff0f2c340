"""Shut eyes told from open ones: labelled pictures, and clips followed as the runtime follows them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from tqdm import tqdm

from models.training.landmarks import references
from models.training.landmarks.crop import Crop, crop_from_detection, crop_from_points, to_picture
from models.training.landmarks.evaluate import Grey, Net, cut
from models.training.landmarks.points import eye_aspect

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from models.training.landmarks.decode import Landmarks

FACE_FLOOR: Final = 0.8
"""Least face flag of a crop that is believed: see the report's table of floors."""


@dataclass(frozen=True)
class Seen:
    """One evaluation picture: its name, and the answer in picture pixels."""

    name: str
    answer: Landmarks
    points: NDArray[np.float32]


def look(
    net: Net, picture: Grey, crop: Crop, passes: int = 2
) -> tuple[Landmarks, NDArray[np.float32]]:
    """Look, crop again from the points, look again: what the runtime does on a face just found."""
    for _ in range(passes):
        answer = net(cut(picture, crop)[None])[0]
        points = to_picture(crop, answer.points)
        crop = crop_from_points(points)
    return answer, points


def follow(
    net: Net, frames: Sequence[tuple[str, Grey]], reference: Path, face_floor: float
) -> Iterator[Seen | None]:
    """Track through a clip: the next crop comes from the last points, else from the detection."""
    with np.load(reference) as archive:
        keypoints = dict(zip(archive["name"], archive["keypoints"], strict=True))
    crop: Crop | None = None
    for name, frame in tqdm(frames, mininterval=20, desc=reference.stem):
        passes = 1
        if crop is None:
            found = keypoints[name]
            if np.isnan(found[0, 0]):
                yield None
                continue
            crop, passes = crop_from_detection(found[:2].ravel(), found[2:]), 2
        answer, points = look(net, frame, crop, passes)
        crop = crop_from_points(points) if answer.face >= face_floor else None
        yield Seen(name, answer, points) if crop is not None else None


def auc(positive: NDArray[np.float64], negative: NDArray[np.float64]) -> float:
    """Probability that a positive scores higher than a negative, ties counted half."""
    both = np.concatenate([positive, negative])
    ranks = np.empty(len(both))
    ranks[np.argsort(both, kind="stable")] = np.arange(1, len(both) + 1)
    _, place = np.unique(both, return_inverse=True)
    ranks = (np.bincount(place, ranks) / np.bincount(place))[place]
    count = len(positive)
    return float((ranks[:count].sum() - count * (count + 1) / 2) / (count * len(negative)))


@dataclass(frozen=True)
class Closures:
    """Scores of shut and of open eyes (lid aspect, and the openness head), one a picture or frame."""

    shut: NDArray[np.float64]
    open: NDArray[np.float64]
    missed: int

    def area(self) -> dict[str, float]:
        """AUC by lid aspect and by the openness head."""
        return {
            "aspect": auc(self.open[:, 0], self.shut[:, 0]),
            "openness": auc(self.open[:, 1], self.shut[:, 1]),
        }

    def margin(self) -> dict[str, float]:
        """Lowest open minus highest shut score: above 0, every frame is told apart."""
        gap = self.open.min(0) - self.shut.max(0)
        return {"aspect": float(gap[0]), "openness": float(gap[1])}


def score(answer: Landmarks, points: NDArray[np.float32]) -> tuple[float, float]:
    return float(eye_aspect(points).mean()), (answer.openness[0] + answer.openness[1]) / 2


def labelled_faces(net: Net, data: Path, work: Path) -> Closures:
    """``eyes/faces``: whole faces with shut and open eyes, none of them trained on."""
    with np.load(work / "reference_eyes.npz") as archive:
        keypoints = dict(zip(archive["name"], archive["keypoints"], strict=True))
    scores: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    missed = 0
    for name, picture in references.folder_pictures(data, references.FOLDERS["eyes"]):
        found = keypoints[name]
        if np.isnan(found[0, 0]):
            missed += 1
            continue
        grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
        answer, points = look(net, grey, crop_from_detection(found[:2].ravel(), found[2:]))
        scores["closed" in Path(name).parent.name].append(score(answer, points))
    return Closures(np.array(scores[True]), np.array(scores[False]), missed)


def grey_frames(wheel: Path, clip: str) -> list[tuple[str, Grey]]:
    return [
        (name, np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), np.uint8))
        for name, frame in references.clip_frames(wheel, clip)
    ]
