"""The landmark network: strided and bottleneck 3x3 convolutions with ReLU6, and eight linear heads.

Dense 3x3 convolutions rather than depthwise ones: at equal cost in multiplications they train
about twice as fast on a CPU and run better in int8 (measured; ``spec``: expression trial).
Points come as group centre + offset in tensors of their own, so that a lid has a fine int8 step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from models.training.landmarks.points import GROUPS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

EYE_GROUPS: Final = [k for group in GROUPS[:2] for k in group]
FEATURE_GROUPS: Final = [k for group in GROUPS[2:] for k in group]
GROUP_OF: Final = [next(g for g, group in enumerate(GROUPS) if k in group) for k in range(114)]

POINT_HEADS: Final = {"centres": 12, "outline": 26, "eyes": 84, "features": 144}
STATE_HEADS: Final = {"openness": 3, "visible": 3, "face": 1, "pose": 3}
RESIDUAL_GAIN: Final = 0.3
"""First batch-norm gain of a residual branch: with 1 the trial's network died early."""

EYE_NECK_GAIN: Final = 0.03
"""About what the points' neck settles at."""


def conv(
    inputs: int, outputs: int, side: int, stride: int = 1, relu: bool = True, groups: int = 1
) -> nn.Sequential:
    """Convolution, batch norm and, if wanted, ReLU6, padded as TFLite's SAME pads."""
    layers: list[nn.Module] = []
    if stride == 2 and side == 3:
        layers.append(nn.ZeroPad2d((0, 1, 0, 1)))
    padding = 0 if stride == 2 else side // 2
    layers.append(nn.Conv2d(inputs, outputs, side, stride, padding, groups=groups, bias=False))
    layers.append(nn.BatchNorm2d(outputs))
    if relu:
        layers.append(nn.ReLU6())
    return nn.Sequential(*layers)


class Residual(nn.Module):
    """ReLU6 of the input plus a branch of two convolutions, the second linear."""

    def __init__(self, first: nn.Sequential, second: nn.Sequential) -> None:
        super().__init__()
        self.first, self.second = first, second
        nn.init.constant_(second[1].weight, RESIDUAL_GAIN)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu6(x + self.second(self.first(x)))


def bottleneck(width: int, middle: int) -> Residual:
    return Residual(conv(width, middle, 1), conv(middle, width, 3, relu=False))


def separable(width: int) -> Residual:
    return Residual(conv(width, width, 3, groups=width), conv(width, width, 1, relu=False))


class Patches(nn.Module):
    """Stem: 6x12 pixels every 4, by reading four neighbours in a row as channels.

    A reshape costs nothing in NHWC, and XNNPACK works through channels in eights: four instead
    of one wastes half of each step rather than seven eighths.
    """

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, outputs, (6, 3), (4, 1), (1, 1), bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU6()

    def forward(self, picture: Tensor) -> Tensor:
        rows = picture.reshape(picture.shape[0], 128, 32, 4).permute(0, 3, 1, 2)
        out: Tensor = self.relu(self.norm(self.conv(rows)))
        return out


class LandmarkNet(nn.Module):
    """float32[N, 1, 128, 128] in 0..1 to a dict of float32[N, k], one entry per head."""

    def __init__(self) -> None:
        super().__init__()
        self.fine = nn.Sequential(
            Patches(24),
            separable(24),
            conv(24, 48, 3, 2),
            bottleneck(48, 16),
            bottleneck(48, 16),
            conv(48, 80, 3, 2),
            bottleneck(80, 24),
            bottleneck(80, 24),
        )
        self.coarse = nn.Sequential(conv(80, 128, 2, 2), bottleneck(128, 32), bottleneck(128, 32))
        # The points' neck stays linear: with ReLU6 in front of the heads the trial's network died.
        self.neck = conv(128, 64, 1, relu=False)
        self.eye_neck = conv(80, 16, 1, relu=False)
        self.state_neck = conv(128, 32, 1)
        self.points = nn.ModuleDict({name: nn.Conv2d(64, n, 4) for name, n in POINT_HEADS.items()})
        self.eyes_fine = nn.Conv2d(16, POINT_HEADS["eyes"], 8, bias=False)
        # Left to itself this gain shrank to 0.003 while the rate was high, and the branch was dead.
        gain = self.eye_neck[1].weight
        nn.init.constant_(gain, EYE_NECK_GAIN).requires_grad_(False)  # type: ignore[arg-type]
        self.state = nn.ModuleDict({name: nn.Conv2d(32, n, 4) for name, n in STATE_HEADS.items()})
        for head in [*self.points.values(), *self.state.values(), self.eyes_fine]:
            nn.init.zeros_(head.weight)  # type: ignore[arg-type]

    def forward(self, picture: Tensor) -> dict[str, Tensor]:
        fine = self.fine(picture)
        coarse = self.coarse(fine)
        neck = self.neck(coarse)
        heads = {name: head(neck) for name, head in self.points.items()}
        heads["eyes"] = heads["eyes"] + self.eyes_fine(self.eye_neck(fine))
        state = self.state_neck(coarse)
        heads |= {name: head(state) for name, head in self.state.items()}
        return {name: value.flatten(1) for name, value in heads.items()}

    def start_at(self, points: NDArray[np.float32]) -> None:
        """Let the heads begin at a mean shape, float32[127, 2] in parts of the crop's side."""
        self._move_biases(points, keep=0.0, add=1.0)

    def relative_to(self, points: NDArray[np.float32]) -> None:
        """Let the heads give the difference from a shape, float32[127, 2], as the file does."""
        self._move_biases(points, keep=1.0, add=-1.0)

    def _move_biases(self, points: NDArray[np.float32], keep: float, add: float) -> None:
        centres = np.stack([points[list(group)].mean(0) for group in GROUPS])
        offsets = points[:114] - centres[GROUP_OF]
        shape = {
            "centres": centres,
            "outline": points[114:],
            "eyes": offsets[EYE_GROUPS],
            "features": offsets[FEATURE_GROUPS],
        }
        with torch.no_grad():
            for name, values in shape.items():
                moved = torch.from_numpy(values.astype(np.float32).ravel())
                self.points[name].bias.mul_(keep).add_(moved, alpha=add)  # type: ignore[operator]


def assemble(heads: Mapping[str, Tensor]) -> Tensor:
    """Point heads to float32[N, 127, 2], parts of the crop's side about its middle."""
    centres = heads["centres"].reshape(-1, 6, 2)
    offsets = centres.new_empty(len(centres), 114, 2)
    offsets[:, EYE_GROUPS] = heads["eyes"].reshape(-1, 42, 2)
    offsets[:, FEATURE_GROUPS] = heads["features"].reshape(-1, 72, 2)
    return torch.cat([offsets + centres[:, GROUP_OF], heads["outline"].reshape(-1, 13, 2)], 1)
