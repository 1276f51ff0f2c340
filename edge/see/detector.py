"""Faces in the whole picture: BlazeFace short range (interim; Bazarevsky et al. 2019)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edge.see.image import Region
from edge.see.runtime import Spec, Tensor
from edge.types import Box

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.see.image import Placement

SIZE = 128
SPEC = Spec(
    "detector",
    Tensor("input", (1, SIZE, SIZE, 3), "float32"),
    (
        Tensor("regressors", (1, 896, 16), "float32"),
        Tensor("classificators", (1, 896, 1), "float32"),
    ),
)
GRIDS = ((16, 2), (8, 6))
"""Cells across and anchors a cell: strides 8 and 16 of MediaPipe's SSD anchors, all of size 1."""

OVERLAP = 0.3
"""Intersection over union above which two detections are one face (MediaPipe's setting)."""


@dataclass(frozen=True, slots=True)
class Detection:
    """A face: box, score 0..1, float32[6, 2] points (right, left eye, nose, mouth, ears)."""

    box: Box
    score: float
    points: NDArray[np.float32]


def _anchors() -> NDArray[np.float32]:
    centres = [
        ((x + 0.5) / cells, (y + 0.5) / cells)
        for cells, each in GRIDS
        for y in range(cells)
        for x in range(cells)
        for _ in range(each)
    ]
    return np.array(centres, np.float32) * SIZE


ANCHORS = _anchors()


def prepare(square: NDArray[np.uint8]) -> NDArray[np.float32]:
    """uint8[128, 128, 3] RGB -> float32[1, 128, 128, 3] in -1..1."""
    return (square.astype(np.float32) * np.float32(1 / 127.5) - np.float32(1))[None]


def decode(
    outputs: dict[str, NDArray[np.float32]],
    placement: Placement,
    least: float = 0.5,
    most: int = 4,
) -> list[Detection]:
    """Faces with a score of ``least`` or more, best first, ``most`` at the most, in the frame."""
    logits = outputs["classificators"][0, :, 0]
    chosen = np.flatnonzero(logits > math.log(least / (1 - least)))
    if not chosen.size:
        return []
    chosen = chosen[np.argsort(-logits[chosen], kind="stable")]
    raw = outputs["regressors"][0, chosen]
    anchors = ANCHORS[chosen]
    half = raw[:, 2:4] / 2
    centre = raw[:, :2] + anchors
    corners = np.concatenate([centre - half, centre + half], axis=1)
    found: list[Detection] = []
    for i, index in enumerate(chosen):
        box = Box(*_to_frame(corners[i], placement))
        if len(found) < most and all(overlap(box, other.box) < OVERLAP for other in found):
            points = placement.to_frame(raw[i, 4:].reshape(6, 2) + anchors[i])
            score = 1 / (1 + math.exp(-float(logits[index])))
            found.append(Detection(box, score, points))
    return found


def region(detection: Detection) -> Region:
    """The square that the landmark model wants: 1.5 times the box, upright by the eyes."""
    box, eyes = detection.box, detection.points[1] - detection.points[0]
    size = max(box.right - box.left, box.bottom - box.top) * 1.5
    angle = math.atan2(float(eyes[1]), float(eyes[0]))
    return Region((box.left + box.right) / 2, (box.top + box.bottom) / 2, size, angle)


def overlap(a: Box, b: Box) -> float:
    """Intersection over union, 0..1."""
    shared = Box(
        max(a.left, b.left), max(a.top, b.top), min(a.right, b.right), min(a.bottom, b.bottom)
    ).area
    whole = a.area + b.area - shared
    return shared / whole if whole > 0 else 0.0


def _to_frame(corners: NDArray[np.float32], placement: Placement) -> list[float]:
    return [float(v) for v in placement.to_frame(corners.reshape(2, 2)).ravel()]
