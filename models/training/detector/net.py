"""The network: ReLU6 only, no PReLU, 160² RGB in, two grids of cells out.

20² (stride 8) and 10² (stride 16).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SIZE = 160
STRIDES = (8, 16)
# Face side (square root of the box area) in pixels that a grid answers with log size 0.
ANCHORS = (24.0, 80.0)
NAMES = ("score_small", "box_small", "keys_small", "score_large", "box_large", "keys_large")


def conv(
    inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1
) -> list[nn.Module]:
    """Convolution and batch norm, padded as TensorFlow's SAME pads even sizes.

    All the excess right and below, so that the exporter can fold the padding into the operator.
    """
    if stride == 1:
        layer: list[nn.Module] = [
            nn.Conv2d(inputs, outputs, kernel, 1, kernel // 2, groups=groups, bias=False)
        ]
    else:
        before, after = (kernel - 2) // 2, (kernel - 1) // 2
        layer = [nn.ZeroPad2d((before, after, before, after))] if after else []
        layer.append(nn.Conv2d(inputs, outputs, kernel, stride, 0, groups=groups, bias=False))
    return [*layer, nn.BatchNorm2d(outputs)]


class Block(nn.Module):
    """Depthwise + ReLU6, pointwise, sum when the shapes agree.

    ReLU6 (fused into the sum or the pointwise).
    """

    def __init__(self, inputs: int, outputs: int, stride: int = 1, kernel: int = 3) -> None:
        super().__init__()
        self.depthwise = nn.Sequential(*conv(inputs, inputs, kernel, stride, inputs), nn.ReLU6())
        self.pointwise = nn.Sequential(*conv(inputs, outputs, 1))
        self.residual = stride == 1 and inputs == outputs
        if self.residual:
            # A quiet branch at first, or ReLU6 saturates before anything is learnt.
            norm = self.pointwise[1]
            assert isinstance(norm, nn.BatchNorm2d)
            nn.init.constant_(norm.weight, 0.3)

    def forward(self, x: Tensor) -> Tensor:
        y = self.pointwise(self.depthwise(x))
        return F.relu6(x + y if self.residual else y)


class Detector(nn.Module):
    """float32[B, 3, H, W] 0..1, H and W multiples of 16, to the six tensors of NAMES.

    Each float32[B, C, h, w].

    score: 1 logit; box: dx, dy in strides from the cell's middle, log of width and height over the
    anchor; keys: 12, x and y of six points from the box's middle in units of the box's side.
    """

    def __init__(self, widths: tuple[int, int, int, int] = (8, 24, 48, 96)) -> None:
        super().__init__()
        first, second, small, large = widths
        self.stem = nn.Sequential(
            *conv(3, first, 3, 2),
            nn.ReLU6(),
            *conv(first, second, 3, 2),
            nn.ReLU6(),
            Block(second, second),
        )
        self.small = nn.Sequential(
            Block(second, small, 2),
            Block(small, small),
            Block(small, small),
            Block(small, small, 1, 5),
            Block(small, small, 1, 5),
        )
        # A 2x2 step needs no padding: after a branch the converter can't fold one.
        self.large = nn.Sequential(
            Block(small, large, 2, 2), *(Block(large, large, 1, 5) for _ in range(4))
        )
        self.heads = nn.ModuleList(
            [nn.Conv2d(width, count, 1) for width in (small, large) for count in (1, 4, 12)]
        )
        for k, head in enumerate(self.heads):
            assert isinstance(head, nn.Conv2d)
            assert head.bias is not None
            nn.init.normal_(head.weight, 0, 0.01)
            # A cell holds a face about once in two hundred: start there.
            nn.init.constant_(head.bias, -4.0 if k % 3 == 0 else 0.0)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        small = self.small(self.stem(x))
        large = self.large(small)
        return {
            name: head(small if k < 3 else large)
            for k, (name, head) in enumerate(zip(NAMES, self.heads, strict=True))
        }


def cost(net: Detector, size: int = SIZE) -> tuple[int, int]:
    """Parameters, and multiply-accumulates for one picture."""
    macs = 0

    def count(layer: nn.Module, _: object, out: Tensor) -> None:
        nonlocal macs
        assert isinstance(layer, nn.Conv2d)
        macs += layer.weight.numel() * out.shape[2] * out.shape[3]

    hooks = [m.register_forward_hook(count) for m in net.modules() if isinstance(m, nn.Conv2d)]
    was = net.training
    net.eval()
    with torch.no_grad():
        net(torch.zeros(1, 3, size, size))
    net.train(was)
    for hook in hooks:
        hook.remove()
    return sum(p.numel() for p in net.parameters()), macs
