"""Labels from the teacher: MediaPipe's attention mesh (Apache-2.0), run on several views a picture.

Runs in an environment of its own, because mediapipe 0.10.14 wants numpy below 2:

    python -m venv teach && teach/bin/pip install mediapipe==0.10.14 "numpy<2" tqdm
    teach/bin/python -m models.training.landmarks.teacher --data ../shared/data --out WORK

Each picture is padded, shown plain, mirrored and turned; the answers are brought
back and averaged. Pictures on which the views disagree are dropped by the reader of
the labels (``spread``), not here.
"""

from __future__ import annotations

import argparse
import csv
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np
from tqdm import tqdm

from models.training.landmarks import WORK
from models.training.landmarks.points import MESH_INDEX, MESH_MIRRORED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

FERPLUS_PICTURES: Final = 5000
FERPLUS_SEED: Final = 5
SIDE: Final = 160
PAD: Final = 64


@dataclass(frozen=True)
class View:
    """One way to show a picture: mirrored or not, turned and scaled about its middle."""

    mirrored: bool
    turn_deg: float
    scale: float


VIEWS: Final = (View(False, 0.0, 1.0), View(True, 0.0, 0.96), View(False, 7.0, 1.05))


@dataclass(frozen=True)
class Picture:
    """A grey face crop with its name, its person ('' when unknown) and its source folder."""

    name: str
    person: str
    source: str
    grey: NDArray[np.uint8]


def face_crops(data: Path) -> Iterator[Picture]:
    with (data / "faces.csv").open(newline="") as lines:
        for row in csv.DictReader(lines):
            grey = cv2.imread(str(data / "faces" / row["file"]), cv2.IMREAD_GRAYSCALE)
            if grey is not None:
                yield Picture(row["file"], row["person"], "faces", np.asarray(grey, np.uint8))


def ferplus_train(data: Path, count: int = FERPLUS_PICTURES) -> Iterator[Picture]:
    """A seeded part of FER+ Train, enlarged to the side of the other crops."""
    with np.load(data / "ferplus.npz", allow_pickle=True) as archive:
        pictures, split = archive["images"], np.char.lower(archive["split"].astype(str))
    train = np.flatnonzero(split == "train")
    chosen = np.random.default_rng(FERPLUS_SEED).permutation(train)[:count]
    for k in chosen:
        grey = cv2.resize(pictures[k], (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
        yield Picture(f"ferplus-{k}", "", "ferplus", np.asarray(grey, np.uint8))


class Teacher:
    """MediaPipe FaceMesh with refined eyes and lips; a context manager around its graph."""

    def __init__(self) -> None:
        from mediapipe.python.solutions import face_detection, face_mesh

        self._mesh: Any = face_mesh.FaceMesh(
            static_image_mode=True, refine_landmarks=True, min_detection_confidence=0.3
        )
        self._detector: Any = face_detection.FaceDetection(
            model_selection=0, min_detection_confidence=0.3
        )

    def __enter__(self) -> Teacher:
        return self

    def __exit__(self, *_: object) -> None:
        self._mesh.close()
        self._detector.close()

    def mesh(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        """uint8[H, W, 3] RGB to float32[478, 3] pixels (z in pixels too), or None for no face."""
        found = self._mesh.process(rgb).multi_face_landmarks
        if not found:
            return None
        height, width = rgb.shape[:2]
        xyz = np.array([(p.x, p.y, p.z) for p in found[0].landmark], np.float32)
        return xyz * np.array([width, height, width], np.float32)

    def keypoints(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        """The detector's box corners and six key points, float32[8, 2] pixels, or None."""
        found = self._detector.process(rgb).detections
        if not found:
            return None
        height, width = rgb.shape[:2]
        where = found[0].location_data
        box = where.relative_bounding_box
        rows = [(box.xmin, box.ymin), (box.xmin + box.width, box.ymin + box.height)]
        rows += [(p.x, p.y) for p in where.relative_keypoints]
        return np.array(rows, np.float32) * np.array([width, height], np.float32)


def _shown(rgb: NDArray[np.uint8], view: View) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """The view, and the affine float64[2, 3] from the picture to it."""
    height, width = rgb.shape[:2]
    middle = (width / 2, height / 2)
    there = np.asarray(cv2.getRotationMatrix2D(middle, view.turn_deg, view.scale), np.float64)
    if view.mirrored:
        there = there @ np.array([[-1.0, 0, width - 1], [0, 1, 0], [0, 0, 1]])
    border = cv2.BORDER_REPLICATE
    shown = cv2.warpAffine(rgb, there, (width, height), flags=cv2.INTER_LINEAR, borderMode=border)
    return np.asarray(shown, np.uint8), there


def label(
    teacher: Teacher, rgb: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], Any, float] | None:
    """Averaged points float32[127, 2], one plain mesh float32[478, 3] and the views' spread.

    Spread is the mean distance of the views from their mean, in parts of the eye distance.
    None when fewer than two views show a face.
    """
    answers, plain = [], None
    for view in VIEWS:
        shown, there = _shown(rgb, view)
        mesh = teacher.mesh(shown)
        if mesh is None:
            continue
        back = cv2.invertAffineTransform(there)
        order = MESH_MIRRORED if view.mirrored else MESH_INDEX
        answers.append(mesh[list(order), :2] @ back[:, :2].T + back[:, 2])
        if not view.mirrored and plain is None:
            plain = mesh
    if len(answers) < 2 or plain is None:
        return None
    views = np.array(answers, np.float32)
    points = views.mean(0)
    unit = float(np.linalg.norm(points[0] - points[16])) + 1e-6
    spread = float(np.linalg.norm(views - points, axis=-1).mean()) / unit
    return points, plain, spread


def write_labels(teacher: Teacher, pictures: Iterable[Picture], total: int, out: Path) -> None:
    """Label every picture; points are in the coordinates of the stored picture."""
    kept: dict[str, list[Any]] = {
        k: []
        for k in ("picture", "points", "mesh", "keypoints", "spread", "name", "person", "source")
    }
    nowhere = np.full((8, 2), np.nan, np.float32)
    for picture in tqdm(pictures, total=total, mininterval=20):
        padded = cv2.copyMakeBorder(picture.grey, PAD, PAD, PAD, PAD, cv2.BORDER_REPLICATE)
        rgb = cv2.cvtColor(padded, cv2.COLOR_GRAY2RGB)
        answer = label(teacher, rgb)
        if answer is None:
            continue
        points, mesh, spread = answer
        keypoints = teacher.keypoints(rgb)
        kept["picture"].append(picture.grey)
        kept["points"].append(points - PAD)
        kept["mesh"].append((mesh - np.array([PAD, PAD, 0], np.float32)).astype(np.float32))
        kept["keypoints"].append(nowhere if keypoints is None else keypoints - PAD)
        kept["spread"].append(spread)
        kept["name"].append(picture.name)
        kept["person"].append(picture.person)
        kept["source"].append(picture.source)
    partial = out.with_suffix(".part.npz")
    arrays: dict[str, Any] = {k: np.array(v) for k, v in kept.items()}
    np.savez(partial, **arrays)
    partial.replace(out)
    print(
        f"{out.name}: {len(kept['name'])} of {total} labelled, median spread "
        f"{np.median(kept['spread']):.4f} of the eye distance",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    default = os.environ.get("MIEN_DATA", "../shared/data")
    parser.add_argument("--data", type=Path, default=Path(default))
    parser.add_argument("--out", type=Path, default=WORK)
    parser.add_argument("--limit", type=int, default=0, help="label only so many of each source")
    parser.add_argument("--fresh", action="store_true")
    args = parser.parse_args()
    if not (args.data / "faces.csv").exists():
        raise SystemExit(
            f"no training data at {args.data}: say where it is with --data or MIEN_DATA"
        )
    args.out.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    sources = {"faces": (face_crops, 11410), "ferplus": (ferplus_train, FERPLUS_PICTURES)}
    with Teacher() as teacher:
        for name, (pictures, total) in sources.items():
            out = args.out / f"labels_{name}.npz"
            if out.exists() and not args.fresh:
                print(f"{out.name} is there already; --fresh makes it again")
                continue
            some: Iterable[Picture] = pictures(args.data)
            if args.limit:
                some = (p for p, _ in zip(some, range(args.limit), strict=False))
                total = args.limit
            write_labels(teacher, some, total, out)


if __name__ == "__main__":
    main()
