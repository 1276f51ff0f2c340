"""The detector's int8 answers to faces: numpy only, pure.

Belongs to the runtime as much as to training.

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

import numpy as np
import numpy.typing as npt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Floats = npt.NDArray[np.float32]

GRIDS = (("small", 8, 24.0), ("large", 16, 80.0))
OVERLAP = 0.35


@dataclass(frozen=True)
class Head:
    """One output tensor: values int8[1, h, w, C] (or float32 with scale 1, zero point 0)."""

    values: npt.NDArray[np.int8] | Floats
    scale: float
    zero_point: int


@dataclass(frozen=True)
class Found:
    """Faces, best first, in pixels of the picture that was looked at.

    boxes float32[N, 4] left, top, right, bottom; keys float32[N, 6, 2]; scores float32[N] 0..1.
    """

    boxes: Floats
    keys: Floats
    scores: Floats


def candidates(heads: Mapping[str, Head], least: float) -> Found:
    """Every cell scored at least `least` (0 < least < 1), in pixels of the network's input.

    Unmerged.

    Raises KeyError when an output is missing.
    """
    floor = float(np.log(least / (1 - least)))
    boxes, keys, scores = [], [], []
    for name, stride, anchor in GRIDS:
        score, box, key = (heads[f"{kind}_{name}"] for kind in ("score", "box", "keys"))
        # Compared as stored, so that cells without a face cost one comparison.
        rows, columns = np.nonzero(
            score.values[0, :, :, 0] >= floor / score.scale + score.zero_point
        )
        cells = np.stack([columns, rows], 1).astype(np.float32) * stride + stride / 2
        b = (box.values[0, rows, columns].astype(np.float32) - box.zero_point) * np.float32(
            box.scale
        )
        k = (key.values[0, rows, columns].astype(np.float32) - key.zero_point) * np.float32(
            key.scale
        )
        s = (score.values[0, rows, columns, 0].astype(np.float32) - score.zero_point) * np.float32(
            score.scale
        )
        middle = cells + stride * b[:, :2]
        extent = anchor * np.exp(np.clip(b[:, 2:], -4, 4))
        boxes.append(np.concatenate([middle - extent / 2, middle + extent / 2], 1))
        side = np.sqrt(extent[:, 0] * extent[:, 1])
        keys.append(middle[:, None] + k.reshape(-1, 6, 2) * side[:, None, None])
        scores.append(1 / (1 + np.exp(-s)))
    return Found(*(np.concatenate(part).astype(np.float32) for part in (boxes, keys, scores)))


def overlaps(box: Floats, others: Floats) -> Floats:
    """Intersection over union of one float[4] box with float[N, 4] others: float32[N]."""
    w = np.clip(np.minimum(box[2], others[:, 2]) - np.maximum(box[0], others[:, 0]), 0, None)
    h = np.clip(np.minimum(box[3], others[:, 3]) - np.maximum(box[1], others[:, 1]), 0, None)
    both = w * h
    areas = (others[:, 2] - others[:, 0]) * (others[:, 3] - others[:, 1])
    union = (box[2] - box[0]) * (box[3] - box[1]) + areas - both
    return np.asarray(both / np.maximum(union, 1e-6), np.float32)


def merged(found: Found, overlap: float = OVERLAP) -> Found:
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


def faces(heads: Mapping[str, Head], least: float, scale: float, left: float, top: float) -> Found:
    """Merged faces scored at least `least`, in full-picture pixels: x = (x_in - left) / scale."""
    found = merged(candidates(heads, least))
    shift = np.array([left, top], np.float32)
    return Found(
        (found.boxes - np.tile(shift, 2)) / np.float32(scale),
        (found.keys - shift) / np.float32(scale),
        found.scores,
    )
