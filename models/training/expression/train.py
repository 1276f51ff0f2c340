"""Learn on one cosine: seeded, resumable after every epoch, the schedule a function of progress."""

from __future__ import annotations

import copy
import logging
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from models.training.expression.augment import augment
from models.training.expression.data import Pictures
from models.training.expression.decode import EMOTIONS
from models.training.expression.net import SIZE

log = logging.getLogger(__name__)

BATCH, MOMENTUM, DECAY = 128, 0.9, 5e-4  # SGD, Nesterov: the trial's
SMALL_FIRST = ((0.30, 32), (0.50, 40))  # until this share of the course: epochs cost half
HARSH_FROM, HARSH_TO = 0.25, 0.55  # of it: blur, darkness and the like grow from none to all
AVERAGE = 0.999  # decay of the weights' moving average, which is what ships
GRADIENT = 5.0
RARE_FROM = 0.3  # of pictures that have at least this share of a rare class
QUICK_EVERY = 4  # epochs


@dataclass(frozen=True)
class Course:
    """One cosine of `epochs` from a learning rate of `rate` to zero, and what becomes of the pictures.

    `warm_up` is in epochs. `growing`: pictures are small and unharmed at first (SMALL_FIRST,
    HARSH_FROM). `harshness` (at the end, if growing) and `cut`: see `augment`. `rare`: extra copies
    an epoch of pictures of these classes, times their share of the votes.
    """

    name: str
    epochs: int
    rate: float
    warm_up: float
    harshness: float
    cut: float
    rare: Mapping[str, float]
    growing: bool = False


@dataclass(frozen=True)
class Run:
    """`seed`, and the checkpoint's path, to which each course adds its name.

    `bf16` and `compiled` change the time, hardly the result: half-length floats where the processor
    has instructions for them, and kernels fused by torch.compile (a minute or two for each size).
    """

    seed: int
    checkpoint: Path
    bf16: bool = False
    compiled: bool = False

    def place(self, course: Course) -> Path:
        """Where this course's checkpoint lies."""
        return self.checkpoint.with_name(f"{self.checkpoint.stem}-{course.name}.pt")


def train(
    start: nn.Module,
    pictures: Callable[[], Pictures],
    valid: Pictures,
    course: Course,
    run: Run,
) -> nn.Module:
    """Train from `start` to the end of the course, or on from its checkpoint.

    `pictures` is asked only if there is something left to learn: to make them can take minutes.
    Returns the averaged network, in eval mode; `start` is left as it is.
    """
    torch.manual_seed(run.seed)
    net = copy.deepcopy(start).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average: nn.Module = copy.deepcopy(net)
    optimiser = torch.optim.SGD(_groups(net), course.rate, momentum=MOMENTUM, nesterov=True)
    random = torch.Generator().manual_seed(run.seed)
    first = step = 0
    checkpoint = run.place(course)
    if checkpoint.is_file():
        stored: dict[str, Any] = torch.load(checkpoint, weights_only=False)
        net.load_state_dict(stored["net"])
        average.load_state_dict(stored["average"])
        optimiser.load_state_dict(stored["optimiser"])
        random.set_state(stored["random"])
        first, step = stored["epoch"], stored["step"]
        log.info("%s: going on from epoch %d", course.name, first)
    learner = torch.compile(net, dynamic=False) if run.compiled else net
    if first >= course.epochs:
        return average.eval()
    learnt = pictures()
    for epoch in range(first, course.epochs):
        losses = []
        order = _order(learnt, course.rare, random)
        bar = tqdm(
            _batches(order),
            total=len(order) // BATCH,
            desc=f"{course.name} {epoch + 1}/{course.epochs}",
            mininterval=30,
        )
        for at, chosen in enumerate(bar):
            passed = epoch + at * BATCH / len(order)
            for group in optimiser.param_groups:
                group["lr"] = rate(passed, course)
            batch = _batch(learnt, chosen, passed / course.epochs, course, random)
            net.train()
            with torch.autocast("cpu", torch.bfloat16, enabled=run.bf16):
                logits_now = learner(batch[0])["logits"]
            losses.append(_learn(net, optimiser, logits_now.float(), batch[1], batch[2]))
            step += 1
            blend(average, net, 1 - min(AVERAGE, (1 + step) / (20 + step)))
        log.info(
            "%s epoch %d/%d loss %.4f %s",
            course.name,
            epoch + 1,
            course.epochs,
            np.mean(losses),
            _quick(average, valid) if (epoch + 1) % QUICK_EVERY == 0 else "",
        )
        _save(checkpoint, net, average, optimiser, random, epoch + 1, step)
    return average.eval()


def rate(passed: float, course: Course) -> float:
    """Learning rate after so many epochs: linear warm-up and half a cosine to zero."""
    warm = min(1.0, passed / course.warm_up + 0.02)
    return course.rate * warm * 0.5 * (1 + math.cos(math.pi * passed / course.epochs))


def _groups(net: nn.Module) -> list[dict[str, Any]]:
    kernels = [p for p in net.parameters() if p.ndim > 1]
    others = [
        p for p in net.parameters() if p.ndim <= 1
    ]  # batch norm and bias: decay only hurts them
    return [{"params": kernels, "weight_decay": DECAY}, {"params": others, "weight_decay": 0.0}]


def _order(pictures: Pictures, wanted: Mapping[str, float], random: torch.Generator) -> Tensor:
    share = torch.from_numpy(pictures.targets)
    rare = torch.where(share >= RARE_FROM, share, 0.0)
    extra = sum(rare[:, EMOTIONS.index(name)] * more for name, more in wanted.items())
    copies = 1 + (extra + torch.rand(len(pictures), generator=random)).floor().long()
    everyone = torch.repeat_interleave(torch.arange(len(pictures)), copies)
    return everyone[torch.randperm(len(everyone), generator=random)]


def _batches(order: Tensor) -> Iterator[Tensor]:
    for start in range(0, len(order) - BATCH + 1, BATCH):
        yield order[start : start + BATCH]


def _batch(
    pictures: Pictures, chosen: Tensor, progress: float, course: Course, random: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    size, harshness = SIZE, course.harshness
    if course.growing:
        size = next((small for until, small in SMALL_FIRST if progress < until), SIZE)
        harshness *= min(1.0, max(0.0, (progress - HARSH_FROM) / (HARSH_TO - HARSH_FROM)))
    rows = chosen.numpy()
    x = augment(torch.from_numpy(pictures.images[rows]), size, random, harshness, course.cut)
    target, weight = (
        torch.from_numpy(pictures.targets[rows]),
        torch.from_numpy(pictures.weights[rows]),
    )
    return x.contiguous(memory_format=torch.channels_last), target, weight


def _learn(
    net: nn.Module,
    optimiser: torch.optim.Optimizer,
    found: Tensor,
    target: Tensor,
    weight: Tensor,
) -> float:
    surprise = -(found.log_softmax(1) * target).sum(1)
    loss = (surprise * weight).sum() / weight.sum()
    optimiser.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), GRADIENT)
    optimiser.step()
    return float(loss.detach())


@torch.no_grad()
def blend(average: nn.Module, net: nn.Module, share: float) -> None:
    """Move the weights of `average` in place towards those of `net`, by this share of the way."""
    for kept, new in zip(average.state_dict().values(), net.state_dict().values(), strict=True):
        if kept.dtype.is_floating_point:
            kept.lerp_(new, share)
        else:
            kept.copy_(new)


@torch.no_grad()
def logits(net: nn.Module, images: np.ndarray) -> np.ndarray:
    """uint8[N, 48, 48] -> float32[N, 8] of the torch network."""
    net.eval()
    parts = torch.split(torch.from_numpy(images)[:, None], 256)
    return torch.cat(
        [
            net((p.float() / 255).contiguous(memory_format=torch.channels_last))["logits"]
            for p in parts
        ]
    ).numpy()


def _quick(net: nn.Module, valid: Pictures) -> str:
    clear = valid.truth >= 0
    right = logits(net, valid.images[clear]).argmax(1) == valid.truth[clear]
    each = [right[valid.truth[clear] == c].mean() for c in np.unique(valid.truth[clear])]
    return f"valid {right.mean():.4f} balanced {np.mean(each):.4f}"


def _save(
    path: Path, net: nn.Module, average: nn.Module, optimiser: torch.optim.Optimizer,
    random: torch.Generator, epoch: int, step: int,
) -> None:  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    torch.save({"net": net.state_dict(), "average": average.state_dict(), "optimiser": optimiser.state_dict(),
                "random": random.get_state(), "epoch": epoch, "step": step}, fresh)  # fmt: skip
    fresh.replace(path)  # a kill while writing loses nothing
