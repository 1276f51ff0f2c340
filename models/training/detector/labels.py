"""Teacher labels, made once.

Outlines and key points of single faces, boxes and key points of scenes.

Nothing here reads the sets kept for evaluation (yawn, eyes): `evaluate.py` alone opens those.
"""

from __future__ import annotations

import csv
import json
import logging
import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from models.training.detector.teacher import OVAL, BlazeFace, Bytes, Mesh, six_keys

if TYPE_CHECKING:
    from models.training.detector.decode import Floats

CROP = 160
FERPLUS_FACES = 7000
log = logging.getLogger("detector.labels")


@dataclass(frozen=True)
class Faces:
    """Single faces with the teacher's labels.

    images uint8[N, 160, 160] grey; outlines float32[N, 36, 2] and keys float32[N, 6, 2] in crop
    pixels; native int32[N]: side of the picture before it was brought to 160; held bool[N]: kept
    for evaluation.
    """

    images: Bytes
    outlines: Floats
    keys: Floats
    native: npt.NDArray[np.int32]
    held: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Scene:
    """A real picture: uint8[H, W, 3] RGB, boxes float32[N, 4], keys float32[N, 6, 2] (NaN.

    Not known).
    """

    name: str
    picture: Bytes
    boxes: Floats
    keys: Floats
    held: bool


def data_folder(given: Path | None) -> Path:
    """The argument, else MIEN_DATA, else ../shared/data beside the project.

    Raises FileNotFoundError in words.
    """
    root = Path(__file__).resolve().parents[3]
    place = given or Path(os.environ.get("MIEN_DATA", root.parent / "shared" / "data"))
    if not (place / "faces").is_dir():
        raise FileNotFoundError(
            f"data: no faces/ in {place}; name the data folder with --data or MIEN_DATA"
        )
    return place


def is_held(name: str, one_in: int) -> bool:
    """Whether a person, picture or scene of this name is kept for evaluation.

    The same on every machine.
    """
    return zlib.crc32(name.encode()) % one_in == 0


def teach(grey: Bytes, blaze: BlazeFace, mesh: Mesh) -> tuple[Floats, Floats] | None:
    """Outline float32[36, 2] and keys float32[6, 2] of the face in uint8[160, 160], or None.

    BlazeFace wants air around a face: the border is repeated outwards by a quarter.
    """
    air = CROP // 4
    bordered = cv2.copyMakeBorder(grey, air, air, air, air, cv2.BORDER_REPLICATE)
    wide = np.asarray(cv2.cvtColor(bordered, cv2.COLOR_GRAY2RGB), np.uint8)
    found = blaze(wide, 0.4)
    if not len(found.scores):
        return None
    middle = np.abs((found.boxes[:, :2] + found.boxes[:, 2:]) / 2 - wide.shape[0] / 2).sum(1)
    best = int(middle.argmin())
    box, eyes = found.boxes[best], found.keys[best, :2]
    roll = float(np.arctan2(*(eyes[1] - eyes[0])[::-1]))
    points, flag = mesh(wide, (box[:2] + box[2:]) / 2, 1.5 * float(max(box[2:] - box[:2])), roll)
    # Again from the first answer: the mesh is steadier on a crop cut by its own points.
    eyes = six_keys(points)[:2]
    span = float(np.ptp(points, axis=0).max())
    roll = float(np.arctan2(*(eyes[1] - eyes[0])[::-1]))
    again, flag = mesh(wide, points.mean(0), 1.5 * span, roll)
    eye_distance = max(1.0, float(np.linalg.norm(eyes[1] - eyes[0])))
    unsure = float(np.linalg.norm(six_keys(again) - six_keys(points), axis=1).mean()) / eye_distance
    # 0.12 of the eye distance between two looks: the teacher does not know, drop it.
    if flag < 0.8 or unsure > 0.12 or span < 0.45 * CROP or span > 1.6 * CROP:
        return None
    return again[list(OVAL)] - air, six_keys(again) - air


def make_faces(data: Path, blaze: BlazeFace, mesh: Mesh) -> Faces:
    """Every picture of faces/ and the first FERPLUS_FACES of FER+ Train that the teacher
    understands.
    """
    people = {row["file"]: row["person"] for row in csv.DictReader((data / "faces.csv").open())}
    images, outlines, keys, native, held = [], [], [], [], []

    def keep(grey: Bytes, side: int, kept: bool) -> None:
        taught = teach(grey, blaze, mesh)
        if taught is not None:
            images.append(grey)
            outlines.append(taught[0])
            keys.append(taught[1])
            native.append(side)
            held.append(kept)

    paths = sorted((data / "faces").glob("*.jpg"))
    for path in tqdm(paths, desc="faces", mininterval=5):
        grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        if grey is not None:
            keep(np.asarray(grey, np.uint8), CROP, is_held(people.get(path.name) or path.stem, 10))
    log.info("faces: the teacher labelled %d of %d", len(images), len(paths))
    ferplus = np.load(data / "ferplus.npz", allow_pickle=False)
    train = np.flatnonzero(ferplus["split"] == "Train")[:FERPLUS_FACES]
    small = ferplus["images"]
    for k in tqdm(train, desc="FER+", mininterval=5):
        keep(
            np.asarray(cv2.resize(small[k], (CROP, CROP), interpolation=cv2.INTER_CUBIC), np.uint8),
            48,
            False,
        )
    log.info("faces: with FER+ %d", len(images))
    return Faces(
        np.stack(images),
        np.stack(outlines),
        np.stack(keys),
        np.asarray(native, np.int32),
        np.asarray(held, np.bool_),
    )


def make_scenes(data: Path, mesh: Mesh) -> list[Scene]:
    """The real scenes with given boxes.

    The mesh adds key points where a face is large enough to be read.
    """
    given = json.loads((data / "detection" / "boxes.json").read_text())
    scenes = []
    for name in tqdm(sorted(given), desc="scenes", mininterval=5):
        bgr = cv2.imread(str(data / "detection" / name))
        if bgr is None:
            continue
        picture = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)
        boxes = np.asarray([face["box"] for face in given[name]], np.float32).reshape(-1, 4)
        keys = np.full((len(boxes), 6, 2), np.nan, np.float32)
        for k, box in enumerate(boxes):
            side = float(max(box[2:] - box[:2]))
            if side < 22:
                continue
            points, _ = mesh(picture, (box[:2] + box[2:]) / 2, 1.6 * side, 0.0)
            eyes = six_keys(points)[:2]
            roll = float(np.arctan2(*(eyes[1] - eyes[0])[::-1]))
            points, flag = mesh(
                picture, points.mean(0), 1.5 * float(np.ptp(points, axis=0).max()), roll
            )
            if flag > 0.7:
                keys[k] = six_keys(points)
        scenes.append(Scene(name, picture, boxes, keys, is_held(name, 3)))
    known = sum(int(np.isfinite(s.keys[:, 0, 0]).sum()) for s in scenes)
    log.info(
        "scenes: %d, faces %d, with key points %d",
        len(scenes),
        sum(len(s.boxes) for s in scenes),
        known,
    )
    return scenes


def read_negatives(data: Path) -> list[tuple[Bytes, bool]]:
    """Grey pictures without people as uint8[H, W], each with whether it is held out (one in two.

    By name).
    """
    found = []
    for path in sorted((data / "negatives").glob("*.jpg")):
        grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        if grey is not None:
            found.append((np.asarray(grey, np.uint8), is_held(path.stem, 2)))
    return found


def save_faces(faces: Faces, path: Path) -> None:
    """One uncompressed .npz: it is read at every start."""
    np.savez(
        path,
        images=faces.images,
        outlines=faces.outlines,
        keys=faces.keys,
        native=faces.native,
        held=faces.held,
    )


def load_faces(path: Path) -> Faces:
    """What `save_faces` wrote."""
    with np.load(path) as kept:
        return Faces(kept["images"], kept["outlines"], kept["keys"], kept["native"], kept["held"])


def save_scene_keys(scenes: list[Scene], path: Path) -> None:
    """Key points alone, by picture name: the pictures stay where they are."""
    arrays: dict[str, Any] = {scene.name: scene.keys for scene in scenes}
    np.savez(path, **arrays)


def load_scenes(data: Path, path: Path) -> list[Scene]:
    """The scenes again, with the key points that `save_scene_keys` wrote."""
    given = json.loads((data / "detection" / "boxes.json").read_text())
    scenes = []
    with np.load(path) as kept:
        for name in sorted(kept.files):
            bgr = cv2.imread(str(data / "detection" / name))
            if bgr is None:
                raise FileNotFoundError(f"data: detection/{name} can't be read; run with --fresh")
            boxes = np.asarray([face["box"] for face in given[name]], np.float32).reshape(-1, 4)
            scenes.append(
                Scene(
                    name,
                    np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8),
                    boxes,
                    kept[name],
                    is_held(name, 3),
                )
            )
    return scenes
