"""What a camera and a car do to a face, done to a batch at once on the learner's device.

Flip, roll, scale, shift, aspect (one sampling), motion blur in any direction, low resolution, gamma,
contrast, brightness, side light, sensor noise, cutout. Shares and strengths are the constants below;
`harshness` 0..1 scales the shares of what hides the face, so that a run can begin with clear pictures;
last of all few are cut, so that it ends on pictures as they will come.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

# Uniform, plus or minus; shift in half pictures. Milder than a car is: harsher, a network this small
# had not learned the clear pictures after 44 epochs (0.829 on FER+ Valid).
ROLL_DEG, SCALE, ASPECT, SHIFT = 15.0, 0.15, 0.05, 0.14
STEEP_SHARE, STEEP_DEG = 0.04, 30.0  # a few heads hang: where the eyes were found badly
GAMMA, CONTRAST, BRIGHTNESS = 0.35, 0.3, 0.12
BLURRED, BLUR_LENGTH = 0.12, 9.0  # share; longest smear in pixels of the 48 (7 is the bar)
COARSE, COARSE_SIZES = 0.10, (18, 36)  # share; side in pixels before it is scaled up again
DARK, SIDE_LIT, NOISY, CUT, CUT_LAST = 0.05, 0.06, 0.2, 0.4, 0.1  # shares
BOTH = 0.03  # share that is blurred and coarse
KERNEL = 11


def augment(
    pictures: Tensor, size: int, random: torch.Generator, harshness: float = 1.0, cut: float = CUT
) -> Tensor:
    """uint8[N, H, W] -> float32[N, 1, size, size] in 0..1."""
    n = len(pictures)
    x = _placed(pictures[:, None].float() / 255, size, random)
    chosen = torch.randperm(n, generator=random)
    share = harshness * n
    blurred = chosen[: int(BLURRED * share)]
    coarse = chosen[int((BLURRED - BOTH) * share) : int((BLURRED - BOTH + COARSE) * share)]
    x[blurred] = motion_blurred(x[blurred], BLUR_LENGTH * size / 48, random)
    x[coarse] = _coarse(x[coarse], size, random)
    return _cut(_lit(x, random, harshness), random, cut)


def _uniform(n: int, spread: float, random: torch.Generator) -> Tensor:
    return (torch.rand(n, generator=random) * 2 - 1) * spread


def _some(n: int, share: float, random: torch.Generator) -> Tensor:
    return (torch.rand(n, generator=random) < share).float().view(n, 1, 1, 1)


def _placed(x: Tensor, size: int, random: torch.Generator) -> Tensor:
    n = len(x)
    steep = (torch.rand(n, generator=random) < STEEP_SHARE).float()
    roll = _uniform(n, math.radians(1), random) * (ROLL_DEG + steep * (STEEP_DEG - ROLL_DEG))
    scale, aspect = 1 + _uniform(n, SCALE, random), 1 + _uniform(n, ASPECT, random)
    flip = torch.where(torch.rand(n, generator=random) < 0.5, -1.0, 1.0)
    cos, sin = roll.cos() / scale, roll.sin() / scale
    across = torch.stack([cos * flip * aspect, -sin, _uniform(n, SHIFT, random)], 1)
    down = torch.stack([sin * flip, cos / aspect, _uniform(n, SHIFT, random)], 1)
    grid = F.affine_grid(torch.stack([across, down], 1), [n, 1, size, size], align_corners=False)
    return F.grid_sample(x, grid, padding_mode="reflection", align_corners=False)


def motion_blurred(x: Tensor, longest: float, random: torch.Generator) -> Tensor:
    """Each picture smeared along a line of its own: 2 pixels to `longest`, any direction."""
    n = len(x)
    if n == 0:
        return x
    half_length = (2 + torch.rand(n, generator=random) * (longest - 2)).view(n, 1, 1) / 2
    angle = (torch.rand(n, generator=random) * math.pi).view(n, 1, 1)
    reach = torch.arange(KERNEL).float() - KERNEL // 2
    across, down = reach.view(1, 1, -1), reach.view(1, -1, 1)
    along = across * angle.cos() + down * angle.sin()
    beside = -across * angle.sin() + down * angle.cos()
    line = (half_length + 0.5 - along.abs()).clamp(0, 1) * (1 - beside.abs()).clamp(0, 1)
    kernels = (line / line.sum((1, 2), keepdim=True)).view(n, 1, KERNEL, KERNEL)
    padded = F.pad(x, [KERNEL // 2] * 4, mode="replicate")
    return F.conv2d(padded.transpose(0, 1), kernels, groups=n).transpose(0, 1)


def _coarse(x: Tensor, size: int, random: torch.Generator) -> Tensor:
    if len(x) == 0:
        return x
    parts = []
    for part in x.chunk(4):  # four sizes a batch: resizing works on a whole tensor
        small = int(torch.randint(*COARSE_SIZES, (1,), generator=random)) * size // 48
        shrunk = F.interpolate(part, size=(small, small), mode="area")
        parts.append(F.interpolate(shrunk, size=(size, size), mode="bilinear", align_corners=False))
    return torch.cat(parts)


def _lit(x: Tensor, random: torch.Generator, harshness: float) -> Tensor:
    n, size = len(x), x.shape[-1]

    def each(values: Tensor) -> Tensor:
        return values.view(n, 1, 1, 1)

    ramp = torch.linspace(-1, 1, size)
    side = each(_uniform(n, 0.8, random)) * _some(n, SIDE_LIT * harshness, random)
    x = x * (1 + side * ramp.view(1, 1, 1, -1)).clamp(0.2, 1)  # a window on one side
    x = (x.clamp(0, 1) + 1e-4) ** each(_uniform(n, GAMMA, random).exp())
    mean = x.mean((1, 2, 3), keepdim=True)
    x = (x - mean) * each(1 + _uniform(n, CONTRAST, random)) + mean
    x = x + each(_uniform(n, BRIGHTNESS, random))
    dark = _some(n, DARK * harshness, random)
    x = x * (1 - dark * each(0.4 + 0.4 * torch.rand(n, generator=random)))
    noise = torch.randn(x.shape, generator=random) * each(torch.rand(n, generator=random) * 0.06)
    return (x + noise * _some(n, NOISY * harshness, random)).clamp(0, 1)


def _cut(x: Tensor, random: torch.Generator, share: float) -> Tensor:
    n, size = len(x), x.shape[-1]
    place = torch.arange(size).float()

    def within(axis: Tensor) -> Tensor:
        half = (torch.rand(n, generator=random) * 0.25 + 0.12) * size / 2
        centre = torch.rand(n, generator=random) * size
        return (axis[None] - centre[:, None]).abs() < half[:, None]

    hole = within(place)[:, None, :, None] & within(place)[:, None, None, :]
    hole &= _some(n, share, random).bool()
    return torch.where(hole, torch.rand(n, 1, 1, 1, generator=random), x)
