"""The eye network: both eyes one above the other, the same weights for both, one linear head."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn

from models.training.landmarks.net import bottleneck, conv, separable

NECK_GAIN: Final = 0.05
"""Of the linear neck, for good: one step of a head that sums hundreds of values of size 1 moves a
lid by pixels, and the network would spend its time taking that back (measured)."""


class Patches(nn.Module):
    """Stem: 6x12 pixels every 2 rows and 4 columns, by reading four neighbours in a row as channels.

    A lid moves up and down: columns may be coarse, rows not.
    """

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, outputs, (6, 3), (2, 1), (2, 1), bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU6()

    def forward(self, picture: Tensor) -> Tensor:
        count, _, height, width = picture.shape
        rows = picture.reshape(count, height, width // 4, 4).permute(0, 3, 1, 2)
        out: Tensor = self.relu(self.norm(self.conv(rows)))
        return out


class EyeNet(nn.Module):
    """float32[N, 1, 64, 48] in 0..1 to {"points": float32[N, 42, 2, 1]}.

    Per eye 21 points (x, y), parts of the eye's width from the mean eye.
    """

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            Patches(24),
            separable(24),
            conv(24, 48, 3, 2),
            bottleneck(48, 16),
            bottleneck(48, 16),
        )
        self.neck = conv(48, 16, 1, relu=False)
        self.head = nn.Conv2d(16, 42, (8, 6), (8, 1))
        nn.init.constant_(self.neck[1].weight, NECK_GAIN).requires_grad_(False)  # type: ignore[arg-type]
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)  # type: ignore[arg-type]

    def forward(self, picture: Tensor) -> dict[str, Tensor]:
        return {"points": self.head(self.neck(self.features(picture)))}


def points_of(head: Tensor) -> Tensor:
    """The head as float32[N, 2, 21, 2]: eye, point, x and y."""
    return torch.squeeze(head, 3).transpose(1, 2).reshape(len(head), 2, 21, 2)
