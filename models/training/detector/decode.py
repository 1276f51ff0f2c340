"""The detector's answers to faces, read by the product's own decoder. Pure.

Geometry. The picture is scaled so that its longer side is 160 pixels (area averaging when it
shrinks) and centred in black: x_in = x * scale + left. Two grids of cells answer, 20² cells of 8
pixels and 10² cells of 16. A cell (row i, column j) of stride s has its middle at ((j + 0.5) s, (i
+ 0.5) s) and answers

    score_*  1 logit
    box_*    dx, dy, lw, lh: middle = cell + s (dx, dy); width, height = anchor exp(lw), anchor exp(lh)
    keys_*   12: point k = middle + sqrt(width height) (x_k, y_k)

with anchor 24 on the small grid and 80 on the large one. Points: right eye, left eye (the person's
own), nose tip, mouth centre, right ear, left ear: BlazeFace's order. The box is the upright box
about the face's outline, from the hairline to the chin and from ear to ear. Every cell over the
threshold is a candidate; overlapping ones are averaged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from edge.see import detector
from edge.see.detector import SIZE
from edge.see.image import Placement, Region

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge.see.runtime import Stored

Floats = npt.NDArray[np.float32]
MANY = 1000  # more faces than there are cells

GRIDS = tuple((name, SIZE // cells, anchor) for name, cells, anchor in detector.GRIDS)
"""Name, stride and anchor in pixels of the network's input."""


@dataclass(frozen=True)
class Found:
    """Faces, best first, in pixels of the picture that was looked at.

    boxes float32[N, 4] left, top, right, bottom; keys float32[N, 6, 2]; scores float32[N] 0..1.
    """

    boxes: Floats
    keys: Floats
    scores: Floats


def overlaps(box: Floats, others: Floats) -> Floats:
    """Intersection over union of one float[4] box with float[N, 4] others: float32[N]."""
    w = np.clip(np.minimum(box[2], others[:, 2]) - np.maximum(box[0], others[:, 0]), 0, None)
    h = np.clip(np.minimum(box[3], others[:, 3]) - np.maximum(box[1], others[:, 1]), 0, None)
    both = w * h
    areas = (others[:, 2] - others[:, 0]) * (others[:, 3] - others[:, 1])
    union = (box[2] - box[0]) * (box[3] - box[1]) + areas - both
    return np.asarray(both / np.maximum(union, 1e-6), np.float32)


def merged(found: Found, overlap: float = detector.OVERLAP) -> Found:
    """Weighted suppression: all that overlap the best by more than `overlap` join it.

    They are averaged by score (BlazeFace, arXiv:1907.05047, section 3.4): steadier from frame to
    frame than keeping the best alone.
    """
    left = np.argsort(-found.scores, kind="stable")
    boxes, keys, scores = [], [], []
    while len(left):
        same = overlaps(found.boxes[left[0]], found.boxes[left]) > overlap
        same[0] = True
        group = left[same]
        weight = found.scores[group] / found.scores[group].sum()
        boxes.append((found.boxes[group] * weight[:, None]).sum(0))
        keys.append((found.keys[group] * weight[:, None, None]).sum(0))
        scores.append(found.scores[group[0]])
        left = left[~same]
    return Found(
        np.asarray(boxes, np.float32).reshape(-1, 4),
        np.asarray(keys, np.float32).reshape(-1, 6, 2),
        np.asarray(scores, np.float32),
    )


def faces(
    outputs: Mapping[str, Stored], least: float, scale: float, left: float, top: float
) -> Found:
    """Merged faces scored at least `least` (0 < least < 1): x = (x_in - left) / scale.

    The product's decoder, asked for all faces. Its pixels have their coordinates at the middle, the
    labels' at the corner: half a pixel of the input, which the placement gives back.
    """
    half = SIZE / 2
    where = Placement(Region((half - left) / scale, (half - top) / scale, SIZE / scale), SIZE)
    found = detector.decode(outputs, where, least, MANY)
    boxes = [(f.box.left, f.box.top, f.box.right, f.box.bottom) for f in found]
    return Found(
        np.asarray(boxes, np.float32).reshape(-1, 4),
        np.asarray([f.points for f in found], np.float32).reshape(-1, 6, 2),
        np.asarray([f.score for f in found], np.float32),
    )
