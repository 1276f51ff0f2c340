"""Learn the expression network: seeded, resumable after every epoch, the schedule a function of progress."""

from __future__ import annotations

import copy
import logging
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from models.training.expression.augment import CUT, CUT_LAST, augment
from models.training.expression.data import WEAK_TRUST, Pictures
from models.training.expression.decode import EMOTIONS
from models.training.expression.evaluate import twice
from models.training.expression.net import SIZE, ExpressionNet

log = logging.getLogger(__name__)

BATCH, RATE, MOMENTUM, DECAY = 128, 0.12, 0.9, 5e-4  # SGD, Nesterov: the trial's
WARM_UP = 0.03  # share of the run
POLISH_RATE = 0.06  # where the second, smaller cosine starts, pictures whole, few of them cut
# Share of the votes in what the second cosine learns from; the rest is what the network says by then of
# a picture and its mirror image, averaged: on FER+ Valid that was right 0.7 points more often than one
# look. No two looks are paid for on a device, so one has to learn what two would say.
VOTES_LAST = 0.4
SMALL_FIRST = ((0.30, 32), (0.50, 40))  # until this share of the run: epochs cost half
HARSH_FROM, HARSH_TO = 0.25, 0.55  # of the run: blur, darkness and the like grow from none to all
HARSH_LAST = 1.2  # times those shares, in the second cosine
AVERAGE = 0.999  # decay of the weights' moving average, which is what ships
GRADIENT = 5.0
RARE = {"disgust": 2.0, "contempt": 2.0}  # extra copies an epoch, times the share of votes,
RARE_LAST = RARE | {"fear": 1.0}  # in the second cosine
RARE_FROM = 0.3  # of pictures that have at least this share
QUICK_EVERY = 4  # epochs


@dataclass(frozen=True)
class Run:
    """`epochs` on one cosine, `polish` more on another, `seed`, the checkpoint to go on from.

    `bf16` and `compiled` change the time, hardly the result: half-length floats where the processor
    has instructions for them, and kernels fused by torch.compile (a minute or two for each size).
    """

    epochs: int
    seed: int
    checkpoint: Path
    polish: int = 0
    bf16: bool = False
    compiled: bool = False


def softened(weak: Pictures, ferplus: Pictures) -> Pictures:
    """One annotator's labels, softened towards FER+'s class frequencies."""
    frequency = (ferplus.targets * ferplus.weights[:, None]).sum(0) / ferplus.weights.sum()
    certain = np.eye(len(EMOTIONS), dtype=np.float32)[weak.truth]
    soft = WEAK_TRUST * certain + (1 - WEAK_TRUST) * frequency.astype(np.float32)
    return replace(weak, targets=soft.astype(np.float32))


def joined(one: Pictures, other: Pictures) -> Pictures:
    """The pictures of both."""
    pairs = ((getattr(one, field.name), getattr(other, field.name)) for field in fields(Pictures))
    return Pictures(*(np.concatenate(pair) for pair in pairs))


def taught(pictures: Pictures, net: nn.Module) -> Pictures:
    """The same pictures with targets of which the network's own answers are a part."""
    own = np.exp(twice(partial(logits, net), 1.0)(pictures.images))
    targets = VOTES_LAST * pictures.targets + (1 - VOTES_LAST) * own
    return replace(pictures, targets=targets.astype(np.float32))


def train(pictures: Pictures, more: Pictures | None, valid: Pictures, run: Run) -> nn.Module:
    """Train to the end of the run, or on from its checkpoint. Returns the averaged network, in eval mode.

    The first cosine learns from `pictures`; the second from them and from `more`, faces that nobody
    voted on, as `taught`.
    """
    torch.manual_seed(run.seed)
    net = ExpressionNet().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average: nn.Module = copy.deepcopy(net)
    learner = torch.compile(net, dynamic=False) if run.compiled else net
    optimiser = torch.optim.SGD(_groups(net), RATE, momentum=MOMENTUM, nesterov=True)
    random = torch.Generator().manual_seed(run.seed)
    first = step = 0
    teacher: nn.Module | None = None
    if run.checkpoint.is_file():
        stored: dict[str, Any] = torch.load(run.checkpoint, weights_only=False)
        net.load_state_dict(stored["net"])
        average.load_state_dict(stored["average"])
        optimiser.load_state_dict(stored["optimiser"])
        random.set_state(stored["random"])
        first, step = stored["epoch"], stored["step"]
        if stored.get("teacher"):
            teacher = copy.deepcopy(average)
            teacher.load_state_dict(stored["teacher"])
        log.info("going on from epoch %d", first)
    for epoch in range(first, run.epochs + run.polish):
        losses = []
        if epoch >= run.epochs and (teacher is None or epoch == first):
            teacher = teacher or copy.deepcopy(average)
            pictures = taught(joined(pictures, more) if more else pictures, teacher)
            log.info("learning from its own answers too, %d pictures", len(pictures))
        order = _order(pictures, RARE if epoch < run.epochs else RARE_LAST, random)
        bar = tqdm(
            _batches(order),
            total=len(order) // BATCH,
            desc=f"epoch {epoch + 1}/{run.epochs + run.polish}",
            mininterval=30,
        )
        for at, chosen in enumerate(bar):
            passed = epoch + at * BATCH / len(order)
            progress = min(1.0, passed / run.epochs)
            for group in optimiser.param_groups:
                group["lr"] = rate(passed, run)
            batch = _batch(pictures, chosen, progress, random)
            net.train()
            with torch.autocast("cpu", torch.bfloat16, enabled=run.bf16):
                logits_now = learner(batch[0])["logits"]
            losses.append(_learn(net, optimiser, logits_now.float(), batch[1], batch[2]))
            step += 1
            _average(average, net, min(AVERAGE, (1 + step) / (20 + step)))
        log.info(
            "epoch %d/%d loss %.4f %s",
            epoch + 1,
            run.epochs + run.polish,
            np.mean(losses),
            _quick(average, valid) if (epoch + 1) % QUICK_EVERY == 0 else "",
        )
        _save(run.checkpoint, net, average, teacher, optimiser, random, epoch + 1, step)
    average.eval()
    return average


def rate(passed: float, run: Run) -> float:
    """Learning rate after so many epochs: linear warm-up and half a cosine to zero, twice."""
    if passed < run.epochs:
        peak, progress = RATE, passed / run.epochs
        peak *= min(1.0, progress / WARM_UP + 0.02)
    else:
        peak, progress = POLISH_RATE, (passed - run.epochs) / run.polish
    return peak * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


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
    pictures: Pictures, chosen: Tensor, progress: float, random: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    size = next((small for until, small in SMALL_FIRST if progress < until), SIZE)
    rows = chosen.numpy()
    harshness = min(1.0, max(0.0, (progress - HARSH_FROM) / (HARSH_TO - HARSH_FROM)))
    cut, harshness = (CUT, harshness) if progress < 1 else (CUT_LAST, HARSH_LAST)
    x = augment(torch.from_numpy(pictures.images[rows]), size, random, harshness, cut)
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
def _average(average: nn.Module, net: nn.Module, decay: float) -> None:
    for kept, new in zip(average.state_dict().values(), net.state_dict().values(), strict=True):
        if kept.dtype.is_floating_point:
            kept.lerp_(new, 1 - decay)
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
    path: Path, net: nn.Module, average: nn.Module, teacher: nn.Module | None,
    optimiser: torch.optim.Optimizer, random: torch.Generator, epoch: int, step: int,
) -> None:  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    torch.save({"net": net.state_dict(), "average": average.state_dict(), "optimiser": optimiser.state_dict(),
                "teacher": teacher.state_dict() if teacher else None,
                "random": random.get_state(), "epoch": epoch, "step": step}, fresh)  # fmt: skip
    fresh.replace(path)  # a kill while writing loses nothing
