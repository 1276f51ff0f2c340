"""The landmarks with the closer look behind them, measured as the landmarks alone are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from edge.see import eyes
from edge.see.runtime import Stored
from models.training.landmarks import closures, evaluate, pose, references, report
from models.training.landmarks.crop import SIZE
from models.training.landmarks.points import eye_aspect, eye_distance

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from models.training.landmarks.decode import Landmarks
    from models.training.landmarks.evaluate import Grey, Net

BANDS: Final = ((0.0, 0.08), (0.08, 0.14), (0.14, 0.2), (0.2, 0.3), (0.3, 0.6))
"""Of the lid gap over the eye's width, as the teacher reads it: shut, lowered, narrowed, open, wide."""
STRETCHES: Final = {
    "looking down": (0, 16),
    "shut": (18, 92),
    "shut, a hand over an eye": (92, 135),
    "open": (158, 199),
    "narrowed by laughing": (392, 421),
    "laughing shut": (438, 448),
}
"""Of the sleeper's clip, by frame, as a person sees it."""


class EyeFile:
    """A .tflite file, float or int8, behind the face of the product's model."""

    def __init__(self, file: Path) -> None:
        self._interpreter = Interpreter(str(file), num_threads=1)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]
        self._output = self._interpreter.get_output_details()[0]

    def __call__(self, stored: NDArray[np.int8]) -> dict[str, Stored]:
        if self._input["dtype"] != np.int8:
            stored = ((stored.astype(np.float32) + 128) / 255).astype(np.float32)
        self._interpreter.set_tensor(self._input["index"], stored)
        self._interpreter.invoke()
        scale, zero = self._output["quantization"]
        values = self._interpreter.get_tensor(self._output["index"])
        return {"points": Stored(values, scale or 1.0, zero)}


def both(landmarks: Path, eye_file: Path) -> Net:
    """Both looks as one network of crops."""
    first, second = evaluate.network(landmarks), EyeFile(eye_file)

    def again(crop: Grey, seen: Landmarks) -> Landmarks:
        pixels = seen.points * SIZE + (SIZE - 1) / 2
        better = eyes.closer(second, crop, pixels)  # type: ignore[arg-type]  # it is called alike
        return replace(seen, points=((better - (SIZE - 1) / 2) / SIZE).astype(np.float32))

    return lambda crops: [again(c, s) for c, s in zip(crops, first(crops), strict=True)]


@dataclass(frozen=True)
class Figures:
    """Set -> figure -> value, and the points on the tracked crops, for the parity of two files."""

    sets: dict[str, dict[str, float]]
    points: NDArray[np.float32]
    curves: dict[str, NDArray[np.float64]]


def measure(net: Net, data: Path, work: Path, wheel: Path) -> Figures:
    canonical = pose.canonical_face(wheel)
    held = evaluate.held_out(work, canonical)
    wanted = eye_aspect(held.points).mean(-1)
    sets: dict[str, dict[str, float]] = {}
    for kind in ("tracked", "rough", "detected"):
        error = evaluate.point_error(net, held, kind, canonical)
        sets[f"held-out persons, {kind} crop"] = _errors(error)
        if kind == "tracked":
            points = error.points
    for how in report.CHANGES:
        error = evaluate.point_error(net, held, "tracked", canonical, how)
        sets[f"held-out persons, {how}"] = _errors(error)
    read = eye_aspect(points).mean(-1)
    for low, high in BANDS:
        there = (wanted >= low) & (wanted < high)
        sets[f"lid aspect, teacher {low} to {high}"] = {
            "pictures": int(there.sum()),
            "teacher": float(wanted[there].mean()),
            "read": float(read[there].mean()),
            "spread": float((read - wanted)[there].std()),
        }
    shut = closures.labelled_faces(net, data, work)
    sets["eyes/faces"] = {"auc_aspect": shut.area()["aspect"]}
    margins, curves = report.clip_scores(net, work, wheel)
    for clip, figures in margins.items():
        kept = {k: v for k, v in figures.items() if not k.endswith("openness")}
        with np.load(work / f"reference_{clip}.npz") as archive:
            teacher = eye_aspect(archive["points"]).mean(-1)
        sets[f"clip {clip}"] = kept | {
            "from_teacher": float(np.nanmean(np.abs(curves[clip][:, 0] - teacher)))
        }
        if clip == references.CLIPS[0]:
            for name, (start, end) in STRETCHES.items():
                sets[f"clip, {name}"] = {
                    "teacher": float(np.nanmean(teacher[start:end])),
                    "read": float(np.nanmean(curves[clip][start:end, 0])),
                }
    return Figures(sets, points, curves)


def _errors(error: evaluate.PointError) -> dict[str, float]:
    return {
        "eyelids_pct": error.regions["eyelids"],
        "iris_pct": error.regions["iris"],
        "all_pct": error.everything,
        "eye_aspect_error": error.aspect,
    }


def parity(one: Figures, other: Figures) -> dict[str, float]:
    """int8 against float on the same crops: eyes' points in % of the eye distance, lid aspect."""
    part = slice(0, 42)
    unit = eye_distance(other.points)[:, None]
    distance = np.linalg.norm((one.points - other.points)[:, part], axis=-1) / unit
    bias = np.subtract(eye_aspect(one.points), eye_aspect(other.points))
    return {
        "eye_points_pct": float(100 * distance.mean()),
        "eye_aspect": float(np.abs(bias).mean()),
        "eye_aspect_bias": float(bias.mean()),
    }
