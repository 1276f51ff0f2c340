"""What each cell should answer, and the loss that asks for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from models.training.detector.decode import GRIDS, Floats
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.training.detector.compose import Labelled

# Face sides, pixels of the input, that a grid answers for; they overlap: none falls between.
REACH = {"small": (9.5, 52.0), "large": (38.0, 1e6)}


@dataclass(frozen=True)
class Wanted:
    """kind int8[B, C]: 1 face, 0 none, -1 do not ask.

    Boxes float32[B, C, 4]; keys float32[B, C, 6, 2], NaN unknown. C runs over the cells of the
    small grid, then of the large one, row by row.
    """

    kind: Tensor
    boxes: Tensor
    keys: Tensor


def cells(size: int) -> tuple[Floats, Floats, Floats]:
    """Middles float32[C, 2], strides float32[C], anchors float32[C]."""
    middles, strides, anchors = [], [], []
    for _, stride, anchor in GRIDS:
        ys, xs = np.mgrid[0 : size // stride, 0 : size // stride]
        middles.append((np.stack([xs, ys], -1).reshape(-1, 2) + 0.5) * stride)
        strides.append(np.full(len(middles[-1]), stride))
        anchors.append(np.full(len(middles[-1]), anchor))
    one, two, three = (
        np.concatenate(part).astype(np.float32) for part in (middles, strides, anchors)
    )
    return one, two, three


def _one(made: Labelled, size: int) -> tuple[npt.NDArray[np.int8], Floats, Floats]:
    middles, strides, _ = cells(size)
    kind = np.zeros(len(middles), np.int8)
    boxes = np.zeros((len(middles), 4), np.float32)
    keys = np.full((len(middles), 6, 2), np.nan, np.float32)
    if not len(made.boxes):
        return kind, boxes, keys
    extent = made.boxes[:, 2:] - made.boxes[:, :2]
    side = np.sqrt(extent[:, 0] * extent[:, 1])
    away = np.abs(middles[:, None] - (made.boxes[:, :2] + made.boxes[:, 2:])[None] / 2)
    near = (away / extent[None]).max(2) < 0.42
    low = np.where(strides == 8, REACH["small"][0], REACH["large"][0])[:, None]
    high = np.where(strides == 8, REACH["small"][1], REACH["large"][1])[:, None]
    # A little out of reach: do not ask. Far out: the other grid's business, here it is no face.
    nearly = (side > low * 0.6) & (side < high * 1.4)
    hit = (
        (away.max(2) < np.maximum(0.6 * strides[:, None], 0.16 * side))
        & (side >= low)
        & (side < high)
    )
    kind[(near & nearly).any(1)] = -1
    distance = np.where(hit, away.max(2) / side, np.inf)
    nearest = distance.argmin(1)
    face = hit.any(1)
    kind[face] = 1
    boxes[face] = made.boxes[nearest[face]]
    keys[face] = made.keys[nearest[face]]
    return kind, boxes, keys


def wanted(pictures: list[Labelled], size: int) -> Wanted:
    """Targets of a batch."""
    kind, boxes, keys = zip(*(_one(made, size) for made in pictures), strict=True)
    return Wanted(
        torch.from_numpy(np.stack(kind)),
        torch.from_numpy(np.stack(boxes)),
        torch.from_numpy(np.stack(keys)),
    )


def flat(heads: dict[str, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """Scores [B, C], boxes [B, C, 4], keys [B, C, 6, 2], as the network gave them.

    Over the cells of both grids.
    """
    parts = [
        torch.cat([heads[f"{kind}_{name}"].flatten(2) for name, _, _ in GRIDS], 2).transpose(1, 2)
        for kind in ("score", "box", "keys")
    ]
    return parts[0][..., 0], parts[1], parts[2].reshape(*parts[2].shape[:2], 6, 2)


def giou(a: Tensor, b: Tensor) -> Tensor:
    """Generalised IoU of [N, 4] pairs (arXiv:1902.09630): [N]."""
    wh = (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp(min=0)
    both = wh[:, 0] * wh[:, 1]
    area_a, area_b = ((x[:, 2] - x[:, 0]) * (x[:, 3] - x[:, 1]) for x in (a, b))
    union = area_a + area_b - both
    hull = (torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])).prod(1)
    return both / union - (hull - union) / hull


def loss(heads: dict[str, Tensor], want: Wanted, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """Score (focal, arXiv:1708.02002), box (1 - GIoU) and key point losses, each per face cell."""
    middles, strides, anchors = (torch.from_numpy(part) for part in cells(size))
    logits, boxes, keys = flat(heads)
    face = want.kind == 1
    asked = want.kind >= 0
    target = face.float()
    chance = torch.sigmoid(logits)
    off = torch.where(face, 1 - chance, chance)
    weight = torch.where(face, 1.0, 0.6) * off.square() * asked
    count = face.sum().clamp(min=1)
    score = (
        F.binary_cross_entropy_with_logits(logits, target, reduction="none") * weight
    ).sum() / count
    row, cell = face.nonzero(as_tuple=True)
    if not len(row):
        return score, logits.sum() * 0, logits.sum() * 0
    b = boxes[row, cell]
    middle = middles[cell] + strides[cell, None] * b[:, :2]
    extent = anchors[cell, None] * b[:, 2:].clamp(-4, 4).exp()
    box = (
        1 - giou(torch.cat([middle - extent / 2, middle + extent / 2], 1), want.boxes[row, cell])
    ).mean()
    points = middle[:, None] + keys[row, cell] * extent.prod(1).sqrt()[:, None, None]
    true = want.keys[row, cell]
    known = torch.isfinite(true)
    true_side = (
        (want.boxes[row, cell, 2:] - want.boxes[row, cell, :2]).prod(1).sqrt()[:, None, None]
    )
    error = (points - torch.where(known, true, points.detach())) / true_side
    # Eyes count double: the first crop is turned upright by them.
    heavy = torch.tensor([2.0, 2.0, 1.0, 1.0, 1.0, 1.0])[None, :, None]
    key = (
        F.smooth_l1_loss(error, torch.zeros_like(error), beta=0.02, reduction="none")
        * heavy
        * known
    ).sum()
    return score, box, key / (known.sum().clamp(min=1))
