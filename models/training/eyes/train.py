"""The training loop of the eye network: a cosine, averaged weights, a checkpoint now and then."""

from __future__ import annotations

import copy
import logging
import math
import queue
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from edge.see import eyes
from models.training.eyes import data
from models.training.eyes.net import EyeNet, points_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from models.training.landmarks.augment import Grey
    from models.training.landmarks.dataset import Chips

log = logging.getLogger("eyes")

ASPECT_FLOOR: Final = 0.03
SEEN_IRIS_ASPECT: Final = 0.06
"""Of an iris behind a lid that is shut further nobody knows where it is."""


@dataclass(frozen=True)
class Plan:
    """How to train."""

    steps: int = 7000
    batch: int = 64
    rate: float = 3e-3
    averaging: float = 0.998
    seed: int = 1
    checkpoint_every: int = 500


def wing(error: Tensor, width: float, curve: float) -> Tensor:
    """Wing loss (Feng et al. 2018): logarithmic near zero, linear beyond ``width`` pixels."""
    size = error.abs()
    beyond = width - width * math.log(1 + width / curve)
    return torch.where(size < width, width * torch.log1p(size / curve), size + beyond)


def lid_gaps(points: Tensor) -> tuple[Tensor, Tensor]:
    """Seven vectors from upper to lower lid, and height over width: [N, 2, 7, 2], [N, 2].

    Only what is upright counts, as in the product: sideways opposite points stand apart anyhow.
    """
    gaps = points[:, :, 1:8] - points[:, :, 9:16]
    width = (points[:, :, 8] - points[:, :, 0]).norm(dim=-1).clamp(min=1)
    return gaps, gaps[:, :, 2:5, 1].mean(-1).clamp(min=0) / width


def loss_of(head: Tensor, batch: data.Batch) -> tuple[Tensor, dict[str, float]]:
    """Sum and parts, each eye as far as it is to be seen (a covered one is still guessed); in pixels of an eye 30 wide.

    ``aspect``: the logarithm of gap over width, so that a lowered eye's tenth differs from a shut
    one's twentieth as much as an open one's third from a narrowed one's sixth.
    """
    mean = torch.from_numpy(eyes.MEAN_EYE)
    wanted = (torch.from_numpy(batch.points) + mean) * eyes.WIDTH
    points = (points_of(head) + mean) * eyes.WIDTH
    weight = 0.15 + 0.85 * torch.from_numpy(batch.visible)
    lids, iris = wing(points - wanted, 6.0, 0.8).sum(-1).split([16, 5], dim=2)
    (gaps, aspect), (wanted_gaps, wanted_aspect) = lid_gaps(points), lid_gaps(wanted)
    ratio = torch.log((aspect + ASPECT_FLOOR) / (wanted_aspect + ASPECT_FLOOR)).abs()
    each = {
        "lids": lids.mean(-1),
        "iris": 0.7 * iris.mean(-1) * (wanted_aspect > SEEN_IRIS_ASPECT),
        "gaps": wing(gaps - wanted_gaps, 6.0, 0.5).sum(-1).mean(-1),
        "aspect": 12.0 * ratio,
    }
    parts = {name: (value * weight).mean() for name, value in each.items()}
    total = torch.stack(list(parts.values())).sum()
    return total, {name: float(value.detach()) for name, value in parts.items()}


def batches(chips: Chips, backgrounds: list[Grey], plan: Plan, start: int) -> Iterator[data.Batch]:
    """Batches from number ``start`` on, each seeded by its number, drawn two ahead by one thread."""
    ready: queue.Queue[data.Batch] = queue.Queue(maxsize=2)

    def draw() -> None:
        for step in range(start, plan.steps):
            rng = np.random.default_rng((plan.seed, step))
            ready.put(data.batch(chips, backgrounds, plan.batch, rng))

    threading.Thread(target=draw, daemon=True).start()
    for _ in range(start, plan.steps):
        yield ready.get()


def rate_at(step: int, plan: Plan) -> float:
    return plan.rate * min(1.0, (step + 1) / 100) * (1 + math.cos(math.pi * step / plan.steps)) / 2


def _average(averaged: nn.Module, net: nn.Module, keep: float) -> None:
    with torch.no_grad():
        current = net.state_dict()
        for name, value in averaged.state_dict().items():
            if value.dtype.is_floating_point:
                value.mul_(keep).add_(current[name], alpha=1 - keep)
            else:
                value.copy_(current[name])


def train(chips: Chips, backgrounds: list[Grey], plan: Plan, work: Path, fresh: bool) -> EyeNet:
    """Train to the plan's last step, from the checkpoint in ``work`` if there is one; gives the average."""
    torch.manual_seed(plan.seed)
    chips = data.narrow_first(chips)
    net: EyeNet = EyeNet().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    averaged, start = copy.deepcopy(net), 0
    learnt = [p for p in net.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in learnt if p.ndim > 1], "weight_decay": 2e-3},
        {"params": [p for p in learnt if p.ndim == 1], "weight_decay": 0.0},
    ]
    adam = torch.optim.AdamW(groups, plan.rate)
    checkpoint = work / "checkpoint.pt"
    if checkpoint.exists() and not fresh:
        stored = torch.load(checkpoint, weights_only=True)
        net.load_state_dict(stored["net"])
        averaged.load_state_dict(stored["averaged"])
        adam.load_state_dict(stored["adam"])
        start = stored["step"]
        log.info("going on from step %d", start)
    smooth: dict[str, float] = {}
    net.train()
    bar = tqdm(
        batches(chips, backgrounds, plan, start), initial=start, total=plan.steps, mininterval=30
    )
    for step, batch in enumerate(bar, start):
        rate = rate_at(step, plan)
        for group in adam.param_groups:
            group["lr"] = rate
        pictures = torch.from_numpy(batch.pictures).float().div_(255)
        shown = pictures.contiguous(memory_format=torch.channels_last)
        loss, parts = loss_of(net(shown)["points"], batch)
        adam.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(learnt, 20.0)
        adam.step()
        _average(averaged, net, min(plan.averaging, (step + 1) / (step + 20)))
        smooth = {k: 0.98 * smooth.get(k, v) + 0.02 * v for k, v in parts.items()}
        if (step + 1) % plan.checkpoint_every == 0 or step + 1 == plan.steps:
            stored = {"net": net.state_dict(), "averaged": averaged.state_dict()}
            torch.save(
                stored | {"adam": adam.state_dict(), "step": step + 1},
                checkpoint.with_suffix(".part"),
            )
            checkpoint.with_suffix(".part").replace(checkpoint)
            words = " ".join(f"{k} {v:.3f}" for k, v in smooth.items())
            log.info("step %d rate %.5f %s", step + 1, rate, words)
    return averaged
