"""How far the gaze can be believed, where nobody knows the truth: it must agree with itself.

    python -m bench.gaze [--data FOLDER] [--clips FOLDER] [--pictures 2000] [--draw PNG]

FOLDER of the data: the argument, MIEN_DATA, or ../shared/data (``faces``). There is no set of eyes
with measured directions here, so: a mirrored picture must give the mirrored angle, both eyes the
same one, a face that is turned and looks at the camera none; and on the clips the angle must not
tremble. ``--draw`` paints what was read onto the pictures: looking at them is the last word.
"""

from __future__ import annotations

import argparse
import math
import os
import random
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge import config
from edge.device import camera
from edge.device.camera import CameraError, CameraSettings
from edge.judge.states.rules import AttentionRules
from edge.see import detector, eyes, landmarks
from edge.see.runtime import load
from edge.see.settings import SightSettings
from edge.see.sight import Sight
from edge.types import Frame

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.see.runtime import Model
    from edge.types import FaceReading

    Floats = NDArray[np.float64]

ROOM = 40
"""Pixels around a face that fills its picture: without them no detector finds it."""

SURE = AttentionRules().gaze_sure
"""Confidence from which a gaze is used."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = os.environ.get("MIEN_DATA", "../shared/data")
    parser.add_argument("--data", type=Path, default=Path(default))
    parser.add_argument("--clips", type=Path, default=Path(".cache/media"))
    parser.add_argument("--pictures", type=int, default=2000)
    parser.add_argument("--draw", type=Path)
    arguments = parser.parse_args()
    files = config.manifest(config.manifest_path())
    models = {s.name: load(s, files[s.name]) for s in (detector.SPEC, landmarks.SPEC, eyes.SPEC)}
    _clips(arguments.clips, models)
    if not (arguments.data / "faces").is_dir():
        print(f"{arguments.data / 'faces'}: not there; give --data or MIEN_DATA for faces")
        return 0
    _faces(arguments.data / "faces", models, arguments.pictures, arguments.draw)
    return 0


def _sight(models: dict[str, Model], looks: int = 1) -> Sight:
    return Sight(models, SightSettings(faces=1), emotion=False, looks=looks)


def _clips(folder: Path, models: dict[str, Model]) -> None:
    print(f"{'clip':28}{'faces':>7}{'read':>7}{'trembles, deg':>18}")
    for name in ("WolfgangLanger_Pexels.mp4", "single_face.mp4"):
        see = _sight(models)
        try:
            with camera.frames(CameraSettings(source=str(folder / name), realtime=False)) as frames:
                seen = [face for frame in frames for face in see(frame).faces[:1]]
        except CameraError as error:
            print(f"{name:28}left out: {error}")
            continue
        sure = np.array(
            [(f.gaze.yaw_deg, f.gaze.pitch_deg) if _sure(f) else (np.nan, np.nan) for f in seen]
        )
        # the second difference of a still eye is noise; its median passes over the saccades
        step = np.abs(np.diff(sure, 2, axis=0)) / math.sqrt(6) * 1.48
        yaw, pitch = np.nanmedian(step, axis=0)
        read = np.mean(~np.isnan(sure[:, 0]))
        print(f"{name:28}{len(seen):7}{read:7.0%}{yaw:10.1f},{pitch:6.1f}")


def _sure(face: FaceReading) -> bool:
    return face.gaze is not None and face.gaze.confidence >= SURE


def _faces(folder: Path, models: dict[str, Model], number: int, draw: Path | None) -> None:
    paths = sorted(folder.iterdir())
    random.Random(1).shuffle(paths)  # noqa: S311 - a sample, not a secret
    rows, tiles, found = [], [], 0
    for path in paths[:number]:
        image = _read(path)
        if image is None:
            continue
        both = [_looked(models, picture) for picture in (image, image[:, ::-1])]
        if None in both:
            continue
        found += 1
        face, mirrored = (each for each in both if each is not None)
        if not (_sure(face) and _sure(mirrored)) or face.pose is None:
            continue
        assert face.gaze is not None  # noqa: S101 - for the type checker: _sure says so
        assert mirrored.gaze is not None  # noqa: S101
        rows.append(
            (
                *(face.gaze.yaw_deg, face.gaze.pitch_deg, face.pose.yaw_deg, face.pose.pitch_deg),
                face.gaze.yaw_deg + mirrored.gaze.yaw_deg,
                face.gaze.pitch_deg - mirrored.gaze.pitch_deg,
            )
        )
        if draw is not None and len(tiles) < 48:
            tiles.append(_drawn(image, face))
    yaw, pitch, head, nod, *mirror = np.array(rows).T
    print(f"\n{found} faces, both they and their mirror images read: {len(rows)}")
    for name, apart in zip(("yaw", "pitch"), mirror, strict=True):
        print(
            f"mirrored, {name:6} half the difference: {_spread(apart) / 2:.1f} deg (robust SD), "
            f"95 % under {np.percentile(np.abs(apart), 95) / 2:.1f}"
        )
    level = (np.abs(head) < 6) & (np.abs(nod) < 8)
    print(
        f"{level.sum()} level faces, most of them looking at the camera: "
        f"yaw {np.median(yaw[level]):+.1f} +- {_spread(yaw[level]):.1f}, "
        f"pitch {np.median(pitch[level]):+.1f} +- {_spread(pitch[level]):.1f} deg"
    )
    print(
        "turned by     faces  10, 25, 50, 75, 90 % of gaze less half the turn, on the turned side"
    )
    for low in (6, 12, 18, 24):
        turned = (np.abs(head) >= low) & (np.abs(head) < low + 6)
        side = (yaw - head / 2)[turned] * np.sign(head[turned])
        shares = np.percentile(side, [10, 25, 50, 75, 90])
        print(f"{low:2}-{low + 6:2} deg{turned.sum():10}  " + " ".join(f"{v:5.0f}" for v in shares))
    if draw is not None:
        rows_of = [np.hstack(tiles[at : at + 8]) for at in range(0, len(tiles) // 8 * 8, 8)]
        cv2.imwrite(str(draw), np.vstack(rows_of))
        print(f"drawn: {draw}")


def _read(path: Path) -> NDArray[np.uint8] | None:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    if image is None:
        return None
    return cv2.copyMakeBorder(image, ROOM, ROOM, ROOM, ROOM, cv2.BORDER_REPLICATE).astype(np.uint8)


def _looked(models: dict[str, Model], image: NDArray[np.uint8]) -> FaceReading | None:
    faces = _sight(models, looks=3)(Frame(0, np.ascontiguousarray(image))).faces
    return faces[0] if faces else None


def _spread(values: Floats) -> float:
    low, high = np.percentile(values, [25, 75])
    return float(high - low) / 1.349


def _drawn(image: NDArray[np.uint8], face: FaceReading) -> NDArray[np.uint8]:
    """The face with an arrow for its gaze and a thin one for its head."""
    tile = np.ascontiguousarray(image[:, :, ::-1])
    box = face.box
    for angles, colour, thick in ((face.gaze, (0, 0, 255), 2), (face.pose, (0, 255, 0), 1)):
        if angles is None:
            continue
        start = (round((box.left + box.right) / 2), round(box.top + (box.bottom - box.top) * 0.25))
        right, up = (math.sin(math.radians(a)) for a in (angles.yaw_deg, angles.pitch_deg))
        end = (round(start[0] + 70 * right), round(start[1] - 70 * up))
        cv2.arrowedLine(tile, start, end, colour, thick)
    return tile


if __name__ == "__main__":
    raise SystemExit(main())
