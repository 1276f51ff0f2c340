"""The exported network, float or int8, against the teacher and against what people labelled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from models.training.landmarks import augment, dataset, pose
from models.training.landmarks.crop import (
    SIZE,
    Crop,
    crop_from_detection,
    crop_from_points,
    crop_matrix,
    to_picture,
)
from models.training.landmarks.decode import Landmarks, Stored, decode
from models.training.landmarks.points import MESH_INDEX, REGIONS, eye_aspect, eye_distance

if TYPE_CHECKING:
    from pathlib import Path

Grey = NDArray[np.uint8]
Net = Callable[[Grey], list[Landmarks]]
"""uint8[N, 128, 128] crops to one answer each."""


def network(path: Path) -> Net:
    """A .tflite file, float or int8, as a function of crops."""
    interpreter = Interpreter(str(path), num_threads=1)
    interpreter.allocate_tensors()
    source, heads = interpreter.get_input_details()[0], interpreter.get_output_details()

    def once(crop: Grey) -> Landmarks:
        int8 = source["dtype"] == np.int8
        stored = (crop ^ 0x80).view(np.int8) if int8 else crop.astype(np.float32) / 255
        interpreter.set_tensor(source["index"], stored[None, :, :, None])
        interpreter.invoke()
        values = {h["name"]: interpreter.get_tensor(h["index"]) for h in heads}
        return decode(
            {
                h["name"]: Stored(
                    values[h["name"]], h["quantization"][0] or 1.0, h["quantization"][1]
                )
                for h in heads
            }
        )

    return lambda crops: [once(crop) for crop in crops]


def cut(picture: Grey, crop: Crop) -> Grey:
    """The runtime's crop: shrunk by a whole number if twice too large or more, then one warp."""
    there = crop_matrix(crop)
    shrink = max(1, int(crop.side / SIZE))
    if shrink > 1:
        height, width = picture.shape
        picture = np.asarray(
            cv2.resize(picture, (width // shrink, height // shrink), interpolation=cv2.INTER_AREA),
            np.uint8,
        )
        # (0, 0) is the middle of a pixel, and pixels grow.
        x, y = ((v + 0.5) / shrink - 0.5 for v in (crop.x, crop.y))
        scaled = Crop(x, y, crop.side / shrink, crop.turn)
        there = crop_matrix(scaled)
    return np.asarray(
        cv2.warpAffine(
            picture, there, (SIZE, SIZE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        ),
        np.uint8,
    )


@dataclass(frozen=True)
class Held:
    """Held-out persons: pictures uint8, teacher points float32[N, 127, 2], pose, detections."""

    pictures: list[Grey]
    points: NDArray[np.float32]
    pose_deg: NDArray[np.float32]
    keypoints: NDArray[np.float32]


def held_out(work: Path, canonical: NDArray[np.float64] | None) -> Held:
    """Persons nobody trained on, with the teacher's labels; without a canonical face no pose."""
    with np.load(work / "labels_faces.npz") as archive:
        kept = {k: archive[k] for k in archive.files}
    chosen = [
        k
        for k in range(len(kept["name"]))
        if dataset.held_out(str(kept["person"][k])) and kept["spread"][k] <= dataset.MAX_SPREAD
    ]
    angles = [
        np.full(3, np.nan, np.float32)
        if canonical is None
        else pose.angles(pose.rotation(kept["mesh"][k], canonical))
        for k in chosen
    ]
    return Held(
        [kept["picture"][k] for k in chosen],
        kept["points"][chosen],
        np.array(angles),
        kept["keypoints"][chosen],
    )


def jittered(crop: Crop, rng: np.random.Generator, strength: float) -> Crop:
    """``strength`` 1 is what tracking a slowly moving face does: 1.5 % shift, 3 % scale, 2 degrees."""
    shift = rng.normal(0, 0.015 * strength, 2) * crop.side
    return Crop(
        crop.x + float(shift[0]),
        crop.y + float(shift[1]),
        crop.side * float(np.exp(rng.normal(0, 0.03 * strength))),
        crop.turn + float(np.radians(rng.normal(0, 2 * strength))),
    )


def crops_of(held: Held, kind: str, seed: int = 11) -> list[Crop]:
    """Where the network looks: ``tracked``, ``rough`` (three times the jitter) or ``detected``."""
    rng = np.random.default_rng(seed)
    crops = [crop_from_points(p) for p in held.points]
    if kind == "detected":
        return [
            c if np.isnan(k[0, 0]) else crop_from_detection(k[:2].ravel(), k[2:])
            for c, k in zip(crops, held.keypoints, strict=True)
        ]
    return [jittered(c, rng, 3.0 if kind == "rough" else 1.0) for c in crops]


@dataclass(frozen=True)
class PointError:
    """Mean distances in % of the eye distance, by region; lid aspect and pose errors."""

    regions: dict[str, float]
    without_iris: float
    everything: float
    aspect: float
    yaw_deg: float
    pitch_deg: float
    yaw_fit_deg: float
    pitch_fit_deg: float
    points: NDArray[np.float32]


def changed(crops: Grey, how: str, seed: int = 5) -> Grey:
    """The same crops in the dark, moving, noisy, out of focus, or from a small face."""
    rng = np.random.default_rng(seed)
    out = []
    for plain in crops.astype(np.float32):
        crop = plain
        if how == "dark":
            crop = crop * 0.2
        elif how == "motion 7 px":
            crop = cv2.filter2D(crop, -1, augment.motion_kernel(7, rng.uniform(0, np.pi)))
        elif how == "noise sd 12":
            crop = crop + rng.normal(0, 12, crop.shape)
        elif how == "blur sd 1.5":
            crop = cv2.GaussianBlur(crop, (0, 0), 1.5)
        elif how == "side light":
            crop = crop * (1 + 0.7 * np.linspace(-1, 1, SIZE)[None])
        elif how == "48 px face":
            crop = cv2.resize(
                cv2.resize(crop, (48, 48), interpolation=cv2.INTER_AREA), (SIZE, SIZE)
            )
        out.append(np.clip(crop, 0, 255).astype(np.uint8))
    return np.array(out)


PLAIN = [k for k in range(127) if k not in range(32, 42)]
"""All but the irises."""


def read(
    net: Net, held: Held, kind: str, how: str = ""
) -> tuple[list[Landmarks], NDArray[np.float32]]:
    """The answers, and their points in picture pixels: float32[N, 127, 2]."""
    crops = crops_of(held, kind)
    pictures = np.array([cut(p, c) for p, c in zip(held.pictures, crops, strict=True)])
    answers = net(changed(pictures, how) if how else pictures)
    points = np.array([to_picture(c, a.points) for c, a in zip(crops, answers, strict=True)])
    return answers, points


def distances(points: NDArray[np.float32], truth: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32[N, 127] in % of the eye distance."""
    apart = np.linalg.norm(points - truth, axis=-1) / eye_distance(truth)[:, None]
    return np.asarray(100 * apart, np.float32)


def point_error(
    net: Net, held: Held, kind: str, canonical: NDArray[np.float64], how: str = ""
) -> PointError:
    answers, points = read(net, held, kind, how)
    error = distances(points, held.points)
    near = np.abs(held.pose_deg[:, :2]).max(1) <= 40
    solid = canonical[[MESH_INDEX[k] for k in PLAIN]]
    fitted = np.array([pose.angles(pose.rotation_from_points(p[PLAIN], solid)) for p in points])
    said = np.array([(a.yaw_deg, a.pitch_deg) for a in answers])
    wrong = np.abs(said - held.pose_deg[:, :2])[near].mean(0)
    wrong_fit = np.abs(fitted[:, :2] - held.pose_deg[:, :2])[near].mean(0)
    return PointError(
        {name: float(error[:, part].mean()) for name, part in REGIONS.items()},
        float(error[:, PLAIN].mean()),
        float(error.mean()),
        float(np.abs(eye_aspect(points) - eye_aspect(held.points)).mean()),
        float(wrong[0]),
        float(wrong[1]),
        float(wrong_fit[0]),
        float(wrong_fit[1]),
        points,
    )
