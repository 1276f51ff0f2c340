"""The expression network: dense 3x3 inverted bottlenecks with fused ReLU6, made for int8 and for CPUs.

A 5x5 stem at stride 2 (full resolution costs more time than its MACs say, being memory bound), then
24x24 -> 12x12 -> 6x6, mean, one linear layer. Dense 3x3 trains twice as fast on a CPU as depthwise of
equal MACs, and gives XNNPACK long int8 dot products (spec: models, the trial).
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

from torch import Tensor, nn

from edge.see.expression import SIZE

__all__ = [
    "SIZE",
    "ExpressionNet",
]  # SIZE: FER+ is stored at 48 pixels a side; more would be invented


@dataclass(frozen=True)
class Stage:
    """One bottleneck: a dense 3x3 to `inner` channels, a linear 1x1 to `width`."""

    inner: int
    width: int
    stride: int = 1


STEM, STEM_KERNEL = 16, 5
# Widths in sixteens, as int8 dot products take them: 56 channels cost what 64 do.
STAGES = (
    Stage(32, 32),
    Stage(64, 64, stride=2),
    Stage(48, 64),
    Stage(48, 64),
    Stage(96, 112, stride=2),
    Stage(80, 112),
    Stage(80, 112),
)
FEATURES = 256
DROPOUT = 0.2
LATER = Stage(80, 112)  # one more at 6x6, see `deeper`
DROPOUT_LATER = 0.1


def convolution(
    inside: int, outside: int, kernel: int = 3, stride: int = 1, act: bool = True
) -> nn.Sequential:
    """Convolution, batch norm, ReLU6; the padding of a stride is TFLite's SAME (see `export`)."""
    same = stride == 1
    before = (kernel - stride) // 2  # SAME on an even side: the odd pixel goes to the far edge
    after = kernel - stride - before
    layers: list[nn.Module] = [] if same else [nn.ZeroPad2d((before, after, before, after))]
    layers.append(
        nn.Conv2d(inside, outside, kernel, stride, kernel // 2 if same else 0, bias=False)
    )
    layers.append(nn.BatchNorm2d(outside))
    if act:
        layers.append(nn.ReLU6())
    return nn.Sequential(*layers)


class Bottleneck(nn.Module):
    """3x3, project linearly, add. The sum stays linear: it is an ADD that XNNPACK takes as it is."""

    def __init__(self, inside: int, stage: Stage) -> None:
        super().__init__()
        self.body = nn.Sequential(
            convolution(inside, stage.inner, 3, stage.stride),
            convolution(stage.inner, stage.width, 1, act=False),
        )
        self.residual = inside == stage.width and stage.stride == 1

    def forward(self, x: Tensor) -> Tensor:
        """float32[N, C, H, W] in and out."""
        y: Tensor = self.body(x)
        return x + y if self.residual else y


class ExpressionNet(nn.Module):
    """float32[N, 1, 48, 48] in 0..1 -> {"logits": float32[N, 8]}, in the order of `decode.EMOTIONS`."""

    def __init__(self, classes: int = 8) -> None:
        super().__init__()
        layers: list[nn.Module] = [convolution(1, STEM, STEM_KERNEL, stride=2)]
        width = STEM
        for stage in STAGES:
            layers.append(Bottleneck(width, stage))
            width = stage.width
        self.features = nn.Sequential(*layers, convolution(width, FEATURES, 1))
        self.drop = nn.Dropout(DROPOUT)
        self.head = nn.Conv2d(FEATURES, classes, 1)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Logits before the temperature; `keepdim` keeps the exported graph free of transpositions."""
        pooled = self.features(x).mean((2, 3), keepdim=True)
        return {"logits": self.head(self.drop(pooled)).flatten(1)}


def deeper(net: ExpressionNet) -> ExpressionNet:
    """A copy with one bottleneck more before the last layer, which at first changes nothing.

    Its last batch norm starts at zero, so what was learned so far stays, and the block grows out of
    it. The network without it answers as often right on FER+ Train as on Valid: it is too small, not
    too large.
    """
    grown = copy.deepcopy(net)
    block = Bottleneck(LATER.width, LATER)
    last = block.body[1][1]
    nn.init.zeros_(last.weight)
    *before, features = grown.features
    grown.features = nn.Sequential(*before, block, features)
    grown.drop = nn.Dropout(DROPOUT_LATER)
    return grown
