"""Learn the expression network: seeded, resumable after every epoch, the schedule a function of progress."""

from __future__ import annotations

import copy
import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from models.training.expression.augment import augment
from models.training.expression.data import WEAK_TRUST, Pictures
from models.training.expression.decode import EMOTIONS
from models.training.expression.net import SIZE, ExpressionNet

log = logging.getLogger(__name__)

BATCH, RATE, DECAY = 64, 2.5e-3, 0.05  # AdamW: in a short run ahead of SGD 0.12 (first epoch 1.66, SGD 1.73)
WARM_UP = 0.03  # share of the run
SMALL_FIRST = ((0.43, 32),)  # until this share of the run pictures are this small: epochs cost half
HARSH_FROM = 0.5  # of the run: full shares of blur, darkness, cutout; growing linearly until then
AVERAGE = 0.999  # decay of the weights' moving average, which is what ships
GRADIENT = 5.0
RARE = {"disgust": 3.0, "contempt": 3.0, "fear": 1.0}  # extra copies an epoch, times the share of votes,
RARE_FROM = 0.3  # of pictures that have at least this share


@dataclass(frozen=True)
class Run:
    """`epochs` in all, `seed`, and the checkpoint to write after each and to go on from."""

    epochs: int
    seed: int
    checkpoint: Path


def combined(ferplus: Pictures, weak: Pictures | None) -> Pictures:
    """FER+ and, softened towards FER+'s class frequencies, one annotator's labels."""
    if weak is None:
        return ferplus
    frequency = (ferplus.targets * ferplus.weights[:, None]).sum(0) / ferplus.weights.sum()
    certain = np.eye(len(EMOTIONS), dtype=np.float32)[weak.truth]
    soft = WEAK_TRUST * certain + (1 - WEAK_TRUST) * frequency.astype(np.float32)
    return Pictures(
        np.concatenate([ferplus.images, weak.images]),
        np.concatenate([ferplus.targets, soft]).astype(np.float32),
        np.concatenate([ferplus.weights, weak.weights]),
        np.concatenate([ferplus.truth, weak.truth]),
    )


def train(pictures: Pictures, valid: Pictures, run: Run) -> nn.Module:
    """Train to the end of the run, or on from its checkpoint. Returns the averaged network, in eval mode."""
    torch.manual_seed(run.seed)
    net = ExpressionNet().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average: nn.Module = copy.deepcopy(net)
    optimiser = torch.optim.AdamW(_groups(net), RATE)
    random = torch.Generator().manual_seed(run.seed)
    first = step = 0
    if run.checkpoint.is_file():
        stored: dict[str, Any] = torch.load(run.checkpoint, weights_only=False)
        net.load_state_dict(stored["net"])
        average.load_state_dict(stored["average"])
        optimiser.load_state_dict(stored["optimiser"])
        random.set_state(stored["random"])
        first, step = stored["epoch"], stored["step"]
        log.info("going on from epoch %d", first)
    for epoch in range(first, run.epochs):
        losses = []
        order = _order(pictures, random)
        bar = tqdm(_batches(order), total=len(order) // BATCH, desc=f"epoch {epoch + 1}/{run.epochs}", mininterval=30)
        for at, chosen in enumerate(bar):
            progress = (epoch + at * BATCH / len(order)) / run.epochs
            for group in optimiser.param_groups:
                group["lr"] = rate(progress)
            losses.append(_learn(net, optimiser, _batch(pictures, chosen, progress, random)))
            step += 1
            _average(average, net, min(AVERAGE, (1 + step) / (20 + step)))
        log.info("epoch %d/%d loss %.4f %s", epoch + 1, run.epochs, np.mean(losses), _quick(average, valid))
        _save(run.checkpoint, net, average, optimiser, random, epoch + 1, step)
    average.eval()
    return average


def rate(progress: float) -> float:
    """Learning rate at `progress` 0..1 of the run: linear warm-up, then half a cosine to zero."""
    return RATE * min(1.0, progress / WARM_UP + 0.02) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


def _groups(net: nn.Module) -> list[dict[str, Any]]:
    kernels = [p for p in net.parameters() if p.ndim > 1]
    others = [p for p in net.parameters() if p.ndim <= 1]  # batch norm and bias: decay only hurts them
    return [{"params": kernels, "weight_decay": DECAY}, {"params": others, "weight_decay": 0.0}]


def _order(pictures: Pictures, random: torch.Generator) -> Tensor:
    share = torch.from_numpy(pictures.targets)
    rare = torch.where(share >= RARE_FROM, share, 0.0)
    extra = sum(rare[:, EMOTIONS.index(name)] * more for name, more in RARE.items())
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
    x = augment(torch.from_numpy(pictures.images[rows]), size, random, min(1.0, progress / HARSH_FROM))
    target, weight = torch.from_numpy(pictures.targets[rows]), torch.from_numpy(pictures.weights[rows])
    return x.contiguous(memory_format=torch.channels_last), target, weight


def _learn(net: nn.Module, optimiser: torch.optim.Optimizer, batch: tuple[Tensor, Tensor, Tensor]) -> float:
    x, target, weight = batch
    net.train()
    surprise = -(net(x)["logits"].log_softmax(1) * target).sum(1)
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
        [net((p.float() / 255).contiguous(memory_format=torch.channels_last))["logits"] for p in parts]
    ).numpy()


def _quick(net: nn.Module, valid: Pictures) -> str:
    clear = valid.truth >= 0
    right = logits(net, valid.images[clear]).argmax(1) == valid.truth[clear]
    each = [right[valid.truth[clear] == c].mean() for c in np.unique(valid.truth[clear])]
    return f"valid {right.mean():.4f} balanced {np.mean(each):.4f}"


def _save(
    path: Path, net: nn.Module, average: nn.Module, optimiser: torch.optim.Optimizer, random: torch.Generator,
    epoch: int, step: int,
) -> None:  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    torch.save({"net": net.state_dict(), "average": average.state_dict(), "optimiser": optimiser.state_dict(),
                "random": random.get_state(), "epoch": epoch, "step": step}, fresh)  # fmt: skip
    fresh.replace(path)  # a kill while writing loses nothing
