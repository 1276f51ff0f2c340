"""The network's four courses, and what each learns from."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.training.expression.augment import CUT, CUT_LAST
from models.training.expression.data import RARER, WEAK_TRUST, Pictures
from models.training.expression.decode import EMOTIONS
from models.training.expression.net import ExpressionNet, deeper
from models.training.expression.train import Course, Run, blend, train

RARE = {"disgust": 2.0, "contempt": 2.0}
RARE_LAST = RARE | {"fear": 1.0}
# Share of the votes in what is learnt from after the first course; the rest is what the networks at the
# ends of the courses before say of several views of a picture, averaged: that is right more often than
# one look. Nobody pays for several looks on a device, so one has to learn what they would say.
VOTES_LAST = 0.4
# As it is, closer, from further off; each with its mirror image.
VIEWS = (1.0, 0.94, 1.06)


@dataclass(frozen=True)
class Lengths:
    """Epochs of the four courses."""

    first: int
    second: int
    third: int
    fourth: int


def courses(lengths: Lengths) -> tuple[Course, Course, Course, Course]:
    """The first learns from the votes, the others from those before, too, the third a block deeper."""
    return (
        Course("first", lengths.first, 0.12, 0.03 * lengths.first, 1.0, CUT, RARE, growing=True),
        Course("second", lengths.second, 0.06, 0.5, 1.2, CUT_LAST, RARE_LAST),
        Course("third", lengths.third, 0.06, 0.5, 1.0, CUT_LAST, RARE_LAST),
        Course("fourth", lengths.fourth, 0.04, 0.5, 1.0, CUT_LAST, RARE_LAST),
    )


def learned(
    learn: Pictures, faces: Pictures | None, valid: Pictures, lengths: Lengths, run: Run
) -> nn.Module:
    """All courses, each to its end or on from its checkpoint; the mean of the last two networks, in eval mode.

    `learn` is FER+; of `faces`, one annotator's, the first course sees only the rarer classes.
    """
    voted = everyone = learn
    if faces:
        voted = joined(learn, softened(faces.only(RARER), learn))
        everyone = joined(voted, softened(faces, learn))
    first, second, third, fourth = courses(lengths)
    torch.manual_seed(run.seed)
    one = train(ExpressionNet(), lambda: voted, valid, first, run)
    two = train(one, _taught(everyone, [one], run), valid, second, run)
    three = train(deeper(two), _taught(everyone, [one, two], run), valid, third, run)
    four = train(three, _taught(everyone, [two, three], run), valid, fourth, run)
    return mean(three, four)


def mean(one: nn.Module, other: nn.Module) -> nn.Module:
    """A network whose weights lie halfway: the second began where the first had ended."""
    between = copy.deepcopy(one)
    blend(between, other, 0.5)
    return between.eval()


def joined(one: Pictures, other: Pictures) -> Pictures:
    """The pictures of both."""
    pairs = ((getattr(one, field.name), getattr(other, field.name)) for field in fields(Pictures))
    return Pictures(*(np.concatenate(pair) for pair in pairs))


def softened(weak: Pictures, ferplus: Pictures) -> Pictures:
    """One annotator's labels, softened towards FER+'s class frequencies."""
    frequency = (ferplus.targets * ferplus.weights[:, None]).sum(0) / ferplus.weights.sum()
    certain = np.eye(len(EMOTIONS), dtype=np.float32)[weak.truth]
    soft = WEAK_TRUST * certain + (1 - WEAK_TRUST) * frequency.astype(np.float32)
    return replace(weak, targets=soft.astype(np.float32))


def _taught(pictures: Pictures, nets: Sequence[nn.Module], run: Run) -> Callable[[], Pictures]:
    return partial(taught, pictures, nets, run.bf16)


def taught(pictures: Pictures, nets: Sequence[nn.Module], bf16: bool = False) -> Pictures:
    """The same pictures with targets of which these networks' answers are a part."""
    said = np.mean([answers(net, pictures.images, bf16) for net in nets], 0)
    targets = VOTES_LAST * pictures.targets + (1 - VOTES_LAST) * said
    return replace(pictures, targets=targets.astype(np.float32))


@torch.no_grad()
def answers(net: nn.Module, images: np.ndarray, bf16: bool = False) -> np.ndarray:
    """uint8[N, 48, 48] -> float32[N, 8]: the mean of the probabilities over all VIEWS."""
    net.eval()
    found = []
    for part in torch.split(torch.from_numpy(images)[:, None], 256):
        seen = [side for view in VIEWS for side in _mirrored(_scaled(part.float() / 255, view))]
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            said = [net(x.contiguous(memory_format=torch.channels_last))["logits"] for x in seen]
        found.append(torch.stack([each.float().softmax(1) for each in said]).mean(0))
    return torch.cat(found).numpy()


def _mirrored(x: Tensor) -> tuple[Tensor, Tensor]:
    return x, x.flip(3)


def _scaled(x: Tensor, view: float) -> Tensor:
    """The square `view` times as wide around the middle, on as many pixels."""
    if view == 1.0:
        return x
    placed = torch.tensor([[view, 0.0, 0.0], [0.0, view, 0.0]]).expand(len(x), 2, 3)
    grid = F.affine_grid(placed, list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, padding_mode="reflection", align_corners=False)
