"""Faces in the whole picture: Mien's own int8 detector (``models/README.md``).

Two grids of cells answer for the letterboxed picture: 20 x 20 for small faces, 10 x 10 for large
ones. A cell gives a score, a box and six points, all relative to the middle of the cell.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from edge.see import image
from edge.see.runtime import Spec, Tensor
from edge.types import Box

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from edge.see.image import Placement
    from edge.see.runtime import Model, Stored

SIZE = 160
GRIDS = (("small", 20, 24.0), ("large", 10, 80.0))
"""Name, cells across, and the side of a face of ordinary size there, in input pixels."""

SPEC = Spec(
    "detector",
    Tensor("image", (1, SIZE, SIZE, 3), "int8"),
    tuple(
        Tensor(f"{kind}_{name}", (1, cells, cells, values), "int8")
        for name, cells, _ in GRIDS
        for kind, values in (("score", 1), ("box", 4), ("keys", 12))
    ),
)

OVERLAP = 0.35
"""Intersection over union above which two answers are about one face."""


STEP_BACK = 0.5
"""Of the detector's square, for the picture as seen from a step back [own choice: 0.6 and 0.7 find
one to three fewer of 132 tight portraits]."""


class Detection(Struct, frozen=True):
    """A face: upright box hairline to chin and ear to ear, score 0..1, key points.

    ``points``: float32[6, 2] frame pixels: right eye, left eye (the person's), nose tip, mouth
    centre, right ear, left ear.
    """

    box: Box
    score: float
    points: NDArray[np.float32]


def find(
    model: Model, picture: NDArray[np.uint8], least: float = 0.5, most: int = 4
) -> list[Detection]:
    """Faces in uint8[H, W, 3] RGB, looked at once as a whole; best first."""
    square, placement = image.letterbox(picture, SIZE)
    return decode(model(prepare(square)), placement, least, most)


def find_further_back(
    model: Model, picture: NDArray[np.uint8], least: float = 0.5, most: int = 4
) -> list[Detection]:
    """The same as from a step back: faces that fill the picture, or that its edge cuts.

    For where ``find`` sees nobody: of 132 tight portraits 119 are then found and believed instead
    of 113 (``bench.drowsiness``), of 236 pictures without a face none more than before.
    """
    square, placement = image.letterbox(picture, SIZE, STEP_BACK)
    return decode(model(prepare(square)), placement, least, most)


def prepare(square: NDArray[np.uint8]) -> NDArray[np.int8]:
    """uint8[160, 160, 3] RGB -> int8[1, 160, 160, 3]: the bytes as they are, shifted by 128."""
    return (square ^ np.uint8(0x80)).view(np.int8)[None]


def decode(
    outputs: Mapping[str, Stored], placement: Placement, least: float = 0.5, most: int = 4
) -> list[Detection]:
    """Faces with a score of ``least`` or more, best first, ``most`` at the most, in the frame.

    All answers that overlap the best one are averaged into it, weighted by score (Bazarevsky et
    al. 2019, section 3.4): steadier from frame to frame than keeping the best alone.
    """
    floor = math.log(least / (1 - least))
    found = [
        answers
        for name, cells, side in GRIDS
        if (answers := _answers(outputs, name, cells, side, floor)) is not None
    ]
    if not found:
        return []
    scores = np.concatenate([scores for scores, _ in found])
    values = np.concatenate([values for _, values in found])
    faces: list[Detection] = []
    while scores.size and len(faces) < most:
        best = int(scores.argmax())
        same = _overlaps(values[best, :4], values[:, :4]) > OVERLAP
        same[best] = True
        weights = scores[same] / scores[same].sum()
        points = placement.to_frame((weights @ values[same]).astype(np.float32).reshape(8, 2))
        low, high = points[0], points[1]
        box = Box(float(low[0]), float(low[1]), float(high[0]), float(high[1]))
        faces.append(Detection(box, float(scores[best]), points[2:]))
        scores, values = scores[~same], values[~same]
    return faces


def centred(box: Box, other: Box) -> bool:
    """Whether the middle of ``box`` lies in the other one."""
    x, y = box.middle
    return other.left <= x <= other.right and other.top <= y <= other.bottom


def overlap(a: Box, b: Box) -> float:
    """Intersection over union, 0..1."""
    width = min(a.right, b.right) - max(a.left, b.left)
    height = min(a.bottom, b.bottom) - max(a.top, b.top)
    if not (width > 0 and height > 0):  # by far most pairs in a crowd
        return 0.0
    shared = width * height
    whole = a.area + b.area - shared
    return shared / whole if whole > 0 else 0.0


def _answers(
    outputs: Mapping[str, Stored], name: str, cells: int, side: float, floor: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
    """float32[N] scores 0..1 and float32[N, 16] corners and points of the cells above ``floor``.

    None where there is no such cell. Scores are compared as stored, so that a cell without a face
    costs one comparison.
    """
    score = outputs[f"score_{name}"]
    chosen = np.flatnonzero(score.values.ravel() >= score.stored(floor))
    if not chosen.size:
        return None
    stride = np.float32(SIZE / cells)
    rows, columns = np.divmod(chosen, cells)
    # the middle of a cell, as a pixel's coordinates are those of its centre
    middle = np.stack([columns, rows], 1).astype(np.float32) * stride + (stride - 1) / 2
    box = outputs[f"box_{name}"].at(chosen)
    keys = outputs[f"keys_{name}"].at(chosen)
    centre = middle + stride * box[:, :2]
    extent = np.float32(side) * np.exp(np.clip(box[:, 2:], -4, 4))
    size = np.sqrt(extent[:, 0] * extent[:, 1])
    points = np.tile(centre, 6) + keys * size[:, None]
    corners = np.concatenate([centre - extent / 2, centre + extent / 2], 1)
    scores = 1 / (1 + np.exp(-score.at(chosen)[:, 0]))
    return scores.astype(np.float32), np.concatenate([corners, points], 1).astype(np.float32)


def _overlaps(box: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union of float32[4] with each of float32[N, 4]."""
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=1)
    areas = (others[:, 2:] - others[:, :2]).prod(axis=1)
    whole = (box[2:] - box[:2]).prod() + areas - shared
    return np.asarray(shared / np.maximum(whole, 1e-6), np.float32)
