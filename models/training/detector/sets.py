"""The sets that a detector is judged on: named, seeded, made of what training never saw."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from models.training.detector import labels
from models.training.detector.backgrounds import Sources
from models.training.detector.compose import Labelled, composed, window
from models.training.detector.labels import Faces, Scene
from models.training.detector.light import camera
from models.training.detector.teacher import BlazeFace, Bytes, Mesh, six_keys

if TYPE_CHECKING:
    from pathlib import Path

    from models.training.detector.decode import Floats

LEAST = (
    1 / 8
)  # of the picture's height: smaller faces are neither asked for nor held against anyone
SMALL = 1 / 6
WIDE, HIGH = 480, 360


@dataclass(frozen=True)
class Case:
    """One picture: the faces asked for, those to be passed over, and how it was made (`tags`)."""

    picture: Bytes
    boxes: Floats
    keys: Floats
    passed: Floats
    tags: frozenset[str]


def split(
    faces: Faces, scenes: list[Scene], negatives: list[tuple[Bytes, bool]], held: bool
) -> Sources:
    """The held-out part, or the part that training may see."""
    part = faces.held if held else ~faces.held
    return Sources(
        Faces(
            faces.images[part],
            faces.outlines[part],
            faces.keys[part],
            faces.native[part],
            faces.held[part],
        ),
        [s for s in scenes if s.held == held],
        [n for n, kept in negatives if kept == held],
    )


def sources(data: Path, teachers: Path, work: Path) -> tuple[Sources, Sources]:
    """The training and the held-out part; the teacher is asked once, for minutes."""
    work.mkdir(parents=True, exist_ok=True)
    if not (work / "scenes.npz").exists():
        labels.save_scene_keys(labels.make_scenes(data, Mesh(teachers)), work / "scenes.npz")
    if not (work / "faces.npz").exists():
        made = labels.make_faces(data, BlazeFace(teachers), Mesh(teachers))
        labels.save_faces(made, work / "faces.npz")
    faces = labels.load_faces(work / "faces.npz")
    scenes = labels.load_scenes(data, work / "scenes.npz")
    negatives = labels.read_negatives(data)
    return split(faces, scenes, negatives, False), split(faces, scenes, negatives, True)


def asked(made: Labelled, tags: frozenset[str] = frozenset()) -> Case:
    """Ask for faces of LEAST and more with nine tenths inside the picture; pass over the others."""
    height, width = made.picture.shape[:2]
    low, high = made.boxes[:, :2], made.boxes[:, 2:]
    inside = np.clip(np.minimum(high, [width, height]) - np.maximum(low, 0), 0, None).prod(1)
    whole = inside >= 0.9 * np.maximum((high - low).prod(1), 1e-6)
    tall = (high - low)[:, 1] >= LEAST * height
    kept = whole & tall
    return Case(made.picture, made.boxes[kept], made.keys[kept], made.boxes[~kept], tags)


def composed_scenes(src: Sources, count: int, seed: int) -> list[Case]:
    """Faces pasted into scenes, 480x360.

    A third with faces under 1/6 of the height, through a camera two times in three; tags: upright /
    turned (over 20 degrees), plain / dark / grey, as drawn.
    """
    rng = np.random.default_rng(seed)
    cv2.setRNGSeed(seed)
    cases = []
    for k in range(count):
        low, high = ((0.115, 0.155), (0.16, 0.33), (0.33, 0.8))[k % 3]
        sides = [
            float(HIGH * np.exp(rng.uniform(np.log(low), np.log(high))))
            for _ in range(1 + k % 2 * (k % 3 < 2))
        ]
        roll = 45.0 if k % 4 == 0 else 15.0
        made = composed(src, HIGH, WIDE, rng, sides, roll)
        tags = {"roll to 45" if k % 4 == 0 else "roll to 15"}
        if k % 9 < 3:
            tags.add("clean")
            picture = made.picture
        elif k % 9 < 6:
            tags.add("camera")
            picture = camera(made.picture, rng)
        else:  # the night: near-infrared-like grey, dark, noisy
            tags.add("dark grey")
            grey = cv2.cvtColor(cv2.cvtColor(made.picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
            noisy = grey * rng.uniform(0.08, 0.3) + rng.normal(
                0, rng.uniform(1, 5), (HIGH, WIDE, 1)
            )
            picture = np.clip(noisy, 0, 255).astype(np.uint8)
        cases.append(asked(replace(made, picture=picture), frozenset(tags)))
    return cases


def real_windows(src: Sources, count: int, seed: int) -> list[Case]:
    """480x360 windows of held-out real scenes.

    About a face brought to a size drawn as in `composed_scenes`; enlarged at most threefold; rolled
    little.
    """
    rng = np.random.default_rng(seed)
    cases = []
    for k in range(count):
        low, high = ((0.115, 0.155), (0.16, 0.33), (0.33, 0.7))[k % 3]
        side = float(HIGH * np.exp(rng.uniform(np.log(low), np.log(high))))
        cases.append(asked(window(src, HIGH, WIDE, rng, side, 4.0)))
    return [case for case in cases if len(case.boxes)]


def whole_scenes(src: Sources) -> list[Case]:
    """Held-out real scenes as they are."""
    return [asked(Labelled(s.picture, s.boxes, s.keys)) for s in src.scenes]


def pictures_of(folder: Path) -> list[Bytes]:
    """Every .jpg and .png below a folder, in order of name, uint8[H, W, 3] RGB."""
    found = []
    for path in sorted(
        p for p in folder.rglob("*") if p.suffix.lower() in (".jpg", ".jpeg", ".png")
    ):
        bgr = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if bgr is not None:
            found.append(np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8))
    return found


def confirmed(pictures: list[Bytes], proposals: list[Floats], mesh: Mesh) -> list[Case]:
    """Pictures without given boxes.

    A proposal (any detector's, float32[N, 4] each) counts as a face where MediaPipe's mesh says so
    (flag 0.5 or more); the box about the mesh's outline is what is asked for, the largest if many.
    """
    cases = []
    for picture, boxes in zip(pictures, proposals, strict=True):
        best: tuple[float, Floats, Floats] | None = None
        for box in boxes:
            points, _ = mesh(
                picture, (box[:2] + box[2:]) / 2, 1.6 * float(max(box[2:] - box[:2])), 0.0
            )
            eyes = six_keys(points)[:2]
            roll = float(np.arctan2(*(eyes[1] - eyes[0])[::-1]))
            points, flag = mesh(
                picture, points.mean(0), 1.5 * float(np.ptp(points, axis=0).max()), roll
            )
            area = float(np.ptp(points, axis=0).prod())
            if flag >= 0.5 and (best is None or area > best[0]):
                best = (area, np.concatenate([points.min(0), points.max(0)]), six_keys(points))
        one: npt.NDArray[np.float32] = np.zeros((0, 4), np.float32)
        if best is None:
            cases.append(Case(picture, one, np.zeros((0, 6, 2), np.float32), one, frozenset()))
        else:
            cases.append(Case(picture, best[1][None], best[2][None], one, frozenset()))
    return cases


def reference(blaze: BlazeFace, picture: Bytes) -> Floats:
    """BlazeFace's boxes at a low threshold, on the picture and on its middle, as proposals."""
    return blaze(picture, 0.2).boxes
