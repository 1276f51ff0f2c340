"""The expression network: dense 3x3 inverted bottlenecks with fused ReLU6, made for int8 and for CPUs.

Stem at stride 2 (a full-resolution stem costs more time than its MACs say, being memory bound), then
24x24 -> 12x12 -> 6x6, mean, one linear layer. Dense 3x3 trains twice as fast on a CPU as depthwise of
equal MACs, and gives XNNPACK long int8 dot products (spec: models, the trial).
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

SIZE = 48  # pixels a side: FER+ pictures are stored at this size, so more would be invented


@dataclass(frozen=True)
class Stage:
    """One inverted bottleneck: `width` channels out, `inner` between 3x3 and 1x1; dense or depthwise 3x3."""

    inner: int
    width: int
    stride: int = 1
    dense: bool = True


STEM = 24
STAGES = (
    Stage(64, 48, stride=2),
    Stage(48, 48),
    Stage(96, 96, stride=2),
    Stage(88, 96),
    Stage(88, 96),
)
FEATURES = 256
DROPOUT = 0.2


def convolution(
    inside: int, outside: int, kernel: int = 3, stride: int = 1, groups: int = 1, act: bool = True
) -> nn.Sequential:
    """Convolution, batch norm, ReLU6; the padding of a stride is TFLite's SAME (see `export`)."""
    same = stride == 1
    layers: list[nn.Module] = [] if same else [nn.ZeroPad2d((0, 1, 0, 1))]
    layers.append(nn.Conv2d(inside, outside, kernel, stride, kernel // 2 if same else 0, groups=groups, bias=False))
    layers.append(nn.BatchNorm2d(outside))
    if act:
        layers.append(nn.ReLU6())
    return nn.Sequential(*layers)


class Bottleneck(nn.Module):
    """Expand, 3x3, project linearly, add. The sum stays linear: it is an ADD that XNNPACK takes as it is."""

    def __init__(self, inside: int, stage: Stage) -> None:
        super().__init__()
        inner, width, stride = stage.inner, stage.width, stage.stride
        if stage.dense:
            layers = [convolution(inside, inner, 3, stride)]
        else:
            layers = [convolution(inside, inner, 1), convolution(inner, inner, 3, stride, groups=inner)]
        self.body = nn.Sequential(*layers, convolution(inner, width, 1, act=False))
        self.residual = inside == width and stride == 1

    def forward(self, x: Tensor) -> Tensor:
        """float32[N, C, H, W] in and out."""
        y: Tensor = self.body(x)
        return x + y if self.residual else y


class ExpressionNet(nn.Module):
    """float32[N, 1, 48, 48] in 0..1 -> {"logits": float32[N, 8]}, in the order of `decode.EMOTIONS`."""

    def __init__(self, classes: int = 8) -> None:
        super().__init__()
        layers: list[nn.Module] = [convolution(1, STEM, stride=2)]
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
