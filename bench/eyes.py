"""Shut eyes told from open ones by ours and by MediaPipe's pair; each finds and follows by itself.

A reader looks at uint8[H, W, 3] RGB and its own last points, and gives a face or None.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from edge.see.reading import CLEARER
from models.training.detector.teacher import six_keys
from models.training.landmarks.closures import FACE_FLOOR, Closures, auc, look
from models.training.landmarks.crop import crop_from_detection, crop_from_points
from models.training.landmarks.points import MESH_INDEX, eye_height
from models.training.landmarks.report import (
    BLINK_AROUND,
    BLINK_SHUT,
    WOLFGANG_OPEN,
    WOLFGANG_SHUT,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from models.training.detector.evaluate import Detect
    from models.training.detector.teacher import BlazeFace, Mesh
    from models.training.landmarks.evaluate import Held, Net

    Points = NDArray[np.float32]
    Reader = Callable[[NDArray[np.uint8], Points | None], "Face | None"]

CLIPS: Final = ("WolfgangLanger_Pexels.mp4", "single_face.mp4")
FALSE_SHUT: Final = 0.05
"""Share of open eyes that may be called shut where a threshold is chosen."""
LEAST: Final = 0.3
"""Detection score in pictures that are known to have a face."""
MESH_MARGIN: Final = 1.5
"""Side of the mesh's crop over the face's, as MediaPipe's own graph has it."""
MESH_FLOOR: Final = 0.5
AROUND: Final = 80
"""Pixels repeated around a picture for the mesh, whose crops end in black otherwise."""


@dataclass(frozen=True)
class Face:
    """``points``: picture pixels, float32[127, 2] in our order or the mesh's 468.

    ``visible``: of the first and the second eye, 0..1, where the network says so.
    """

    points: Points
    visible: tuple[float, float] = (1.0, 1.0)


def ours(detect: Detect, net: Net, least: float = LEAST) -> Reader:
    """Detector, asked at ``least``, then landmarks twice; then from the last points."""

    def read(rgb: NDArray[np.uint8], last: Points | None) -> Face | None:
        grey = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)
        if last is None:
            found = detect(rgb, least)
            if not len(found.boxes):
                return None
            answer, there = look(net, grey, crop_from_detection(found.boxes[0], found.keys[0]))
        else:
            answer, there = look(net, grey, crop_from_points(last), passes=1)
        right, left, _ = answer.visible
        return Face(there, (right, left)) if answer.face >= FACE_FLOOR else None

    return read


def mediapipe(blaze: BlazeFace, mesh: Mesh) -> Reader:
    """BlazeFace short range, then the face mesh twice; then from the last points."""

    def read(rgb: NDArray[np.uint8], last: Points | None) -> Face | None:
        if last is not None:
            there, flag = _mesh_again(mesh, rgb, last)
            return Face(there) if flag >= MESH_FLOOR else None
        found = blaze(rgb, LEAST)
        if not len(found.boxes):
            return None
        box, across = found.boxes[0], found.keys[0][1] - found.keys[0][0]
        side = MESH_MARGIN * float(max(box[2:] - box[:2]))
        roll = float(np.arctan2(across[1], across[0]))
        there, _ = mesh(rgb, (box[:2] + box[2:]) / 2, side, roll)
        there, flag = _mesh_again(mesh, rgb, there)
        return Face(there) if flag >= MESH_FLOOR else None

    return read


def _mesh_again(mesh: Mesh, rgb: NDArray[np.uint8], last: Points) -> tuple[Points, float]:
    across = np.subtract(*six_keys(last)[1::-1])
    roll = float(np.arctan2(across[1], across[0]))
    low, high = last.min(0), last.max(0)
    return mesh(rgb, (low + high) / 2, MESH_MARGIN * float((high - low).max()), roll)


def mesh_points(mesh: Mesh, held: Held) -> Points:
    """The mesh on held-out persons, from where they are, looked at twice: float32[N, 127, 2].

    It has no irises: NaN.
    """
    chosen = [k for k in range(len(MESH_INDEX)) if MESH_INDEX[k] < 468]
    found = np.full((len(held.pictures), len(MESH_INDEX), 2), np.nan, np.float32)
    for row, (picture, truth) in enumerate(zip(held.pictures, held.points, strict=True)):
        wide = cv2.copyMakeBorder(picture, *([AROUND] * 4), cv2.BORDER_REPLICATE)
        rgb = np.asarray(cv2.cvtColor(wide, cv2.COLOR_GRAY2RGB), np.uint8)
        low, high = truth.min(0), truth.max(0)
        across = truth[16] - truth[0]
        roll = float(np.arctan2(across[1], across[0]))
        side = MESH_MARGIN * float((high - low).max())
        there, _ = mesh(rgb, (low + high) / 2 + AROUND, side, roll)
        there, _ = _mesh_again(mesh, rgb, there)
        found[row, chosen] = there[[MESH_INDEX[k] for k in chosen]] - AROUND
    return found


def labelled(reader: Reader, folder: Path) -> Closures:
    """Folders of whole faces whose names say closed or open."""
    files = sorted(file for file in folder.glob("*/*") if cv2.haveImageReader(str(file)))
    scores = {file: _still(reader, cv2.imread(str(file))) for file in files}
    shut = [value for file, value in scores.items() if "closed" in file.parent.name]
    opened = [value for file, value in scores.items() if "closed" not in file.parent.name]
    return _told(np.array(shut), np.array(opened))


def followed(reader: Reader, clip: Path) -> Closures:
    """The frames of a pinned clip that were looked at one by one, each shut or open."""
    if not clip.is_file():
        raise FileNotFoundError(f"{clip}: not there; python tests/media/fetch.py")
    film, last, scores = cv2.VideoCapture(str(clip)), None, []
    while True:
        there, frame = film.read()
        if not there:
            break
        face = reader(_rgb(frame), last)
        last = None if face is None else face.points
        scores.append(_aspect(face, frame))
    film.release()
    curve, number = np.array(scores), np.arange(len(scores))
    if clip.name.startswith("Wolfgang"):
        shut = (number >= WOLFGANG_SHUT[0]) & (number < WOLFGANG_SHUT[1])
        opened = np.any([(number >= a) & (number < b) for a, b in WOLFGANG_OPEN], axis=0)
    else:
        shut = (number >= BLINK_SHUT[0]) & (number <= BLINK_SHUT[1])
        opened = (number < BLINK_AROUND[0]) | (number > BLINK_AROUND[1])
    return _told(curve[shut], curve[opened])


def area(told: Closures) -> float:
    """Chance that an open eye reads more open than a shut one."""
    return auc(told.open, told.shut)


def missed_at(told: Closures, false: float) -> float:
    """Share of shut eyes called open where ``false`` of the open ones are called shut."""
    return float((told.shut >= np.quantile(told.open, false)).mean())


def _told(shut: NDArray[np.float64], opened: NDArray[np.float64]) -> Closures:
    seen = [scores[np.isfinite(scores)] for scores in (shut, opened)]
    return Closures(*seen, len(shut) + len(opened) - len(seen[0]) - len(seen[1]))


def _still(reader: Reader, bgr: NDArray[np.uint8]) -> float:
    return _aspect(reader(_rgb(bgr), None), bgr)


def _aspect(face: Face | None, picture: NDArray[np.uint8]) -> float:
    """Of both eyes, or of the one inside the picture or clearer: as in the product."""
    if face is None:
        return float("nan")
    ours_ = len(face.points) == len(MESH_INDEX)
    lids = face.points if ours_ else face.points[list(MESH_INDEX[:32])]
    last = np.array(picture.shape[1::-1]) - 1
    middles = np.array([lids[:16].mean(0), lids[16:32].mean(0)])
    visible = np.where(((middles >= 0) & (middles <= last)).all(1), face.visible, 0.0)
    clear = visible >= visible.max() - CLEARER
    return float(eye_height(lids)[clear].mean())


def _rgb(bgr: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)
