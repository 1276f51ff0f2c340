"""The training loop: constant rate, then a linear decay; averaged weights; a checkpoint now and then."""

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
from torch.nn import functional
from tqdm import tqdm

from models.training.landmarks import dataset
from models.training.landmarks.augment import CHIP, CHIP_CROP, Grey
from models.training.landmarks.crop import SIZE
from models.training.landmarks.net import LandmarkNet, assemble
from models.training.landmarks.points import GROUPS, LID_PAIRS, LIP_PAIRS, MIRROR, REGIONS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

log = logging.getLogger("landmarks")

POINT_WEIGHTS: Final = {
    "eyelids": 2.0,
    "iris": 1.8,
    "brows": 0.8,
    "lips": 1.2,
    "nose": 1.2,
    "outline": 0.6,
}


@dataclass(frozen=True)
class Plan:
    """How to train.

    ``decay``: share of the steps, at the end, in which the rate falls to zero;
    ``calm``: share of the faces that are shown nearly as tracking shows them in those steps.
    """

    epochs: int = 29
    batch: int = 64
    rate: float = 2e-3
    head_rate: float = 0.3
    decay: float = 0.4
    calm: float = 0.55
    averaging: float = 0.998
    seed: int = 1
    checkpoint_every: int = 400


def wing(error: Tensor, width: float, curve: float) -> Tensor:
    """Wing loss (Feng et al. 2018): logarithmic near zero, linear beyond ``width`` pixels."""
    size = error.abs()
    beyond = width - width * math.log(1 + width / curve)
    return torch.where(size < width, width * torch.log1p(size / curve), size + beyond)


class Loss:
    """Sum of the heads' losses on one batch, in crop pixels for points."""

    def __init__(self) -> None:
        weights = torch.ones(127)
        for name, part in REGIONS.items():
            weights[part] = POINT_WEIGHTS[name]
        self.weights = weights / weights.mean()
        self.pairs = torch.tensor(LID_PAIRS + LIP_PAIRS)
        self.pair_weights = torch.tensor([2.0] * len(LID_PAIRS) + [1.0] * len(LIP_PAIRS))

    def __call__(
        self, heads: dict[str, Tensor], batch: dataset.Batch
    ) -> tuple[Tensor, dict[str, float]]:
        wanted, face = torch.from_numpy(batch.points), torch.from_numpy(batch.face)
        visible, opened = torch.from_numpy(batch.visible), torch.from_numpy(batch.openness)
        points = assemble(heads)
        count = face.sum().clamp(min=1)

        def over_faces(each: Tensor) -> Tensor:
            return (each * face).sum() / count

        position = (wing((points - wanted) * SIZE, 6.0, 1.2).sum(-1) * self.weights).mean(1)
        one, other = self.pairs[:, 0], self.pairs[:, 1]
        gap = (points[:, one] - points[:, other]) - (wanted[:, one] - wanted[:, other])
        gaps = (wing(gap * SIZE, 6.0, 0.8).sum(-1) * self.pair_weights).mean(1)
        centres = torch.stack([wanted[:, list(g)].mean(1) for g in GROUPS], 1)
        centre = ((heads["centres"].reshape(-1, 6, 2) - centres) * SIZE).abs().mean((1, 2))
        state = functional.binary_cross_entropy_with_logits(
            heads["openness"], opened, reduction="none"
        )
        seen = functional.binary_cross_entropy_with_logits(
            heads["visible"], visible, reduction="none"
        )
        turned = functional.smooth_l1_loss(
            heads["pose"], torch.from_numpy(batch.pose), reduction="none", beta=0.05
        )
        flag = functional.binary_cross_entropy_with_logits(heads["face"][:, 0], face)
        parts = {
            "points": over_faces(position),
            "gaps": 0.5 * over_faces(gaps),
            "centres": 0.2 * over_faces(centre),
            # An eye that is covered has no openness to learn.
            "openness": 4.0 * over_faces((state * visible).mean(1)),
            "visible": over_faces(seen.mean(1)),
            "pose": 12.0 * over_faces(turned.mean(1)),
            # Few mistakes are left soon; without a weight they no longer count beside the points.
            "face": 4.0 * flag,
        }
        total = torch.stack(list(parts.values())).sum()
        return total, {name: float(value.detach()) for name, value in parts.items()}


def batches(
    chips: dataset.Chips, backgrounds: list[Grey], plan: Plan, start: int, steps: int
) -> Iterator[dataset.Batch]:
    """Batches ``start`` .. ``steps``, each seeded by its number, drawn two ahead by one thread."""
    ready: queue.Queue[dataset.Batch] = queue.Queue(maxsize=2)

    def draw() -> None:
        for step in range(start, steps):
            rng = np.random.default_rng((plan.seed, step))
            calm = plan.calm if step > (1 - plan.decay) * steps else 0.0
            ready.put(dataset.batch(chips, backgrounds, plan.batch, rng, calm))

    threading.Thread(target=draw, daemon=True).start()
    for _ in range(start, steps):
        yield ready.get()


def rate_at(step: int, steps: int, plan: Plan) -> float:
    warm = min(1.0, (step + 1) / 200)
    left = (steps - step) / max(1.0, plan.decay * steps)
    return plan.rate * warm * min(1.0, left)


def optimiser(net: LandmarkNet, plan: Plan) -> torch.optim.AdamW:
    heads = [*net.points.parameters(), *net.state.parameters(), *net.eyes_fine.parameters()]
    in_heads = {id(p) for p in heads}
    body = [p for p in net.parameters() if id(p) not in in_heads]
    groups = [
        {"params": [p for p in body if p.ndim > 1], "weight_decay": 2e-3, "part": 1.0},
        {"params": [p for p in body if p.ndim == 1], "weight_decay": 0.0, "part": 1.0},
        {"params": heads, "weight_decay": 0.0, "part": plan.head_rate},
    ]
    return torch.optim.AdamW(groups, plan.rate)


def fresh_net(chips: dataset.Chips, seed: int) -> LandmarkNet:
    """A new network whose heads begin at the training pictures' mean shape, made symmetric."""
    torch.manual_seed(seed)
    net = LandmarkNet()
    middle = (CHIP - 1) / 2
    mean = (np.mean([chip.points for chip in chips.chips], 0) - middle) / CHIP_CROP
    mirrored = mean[MIRROR] * np.array([-1, 1])
    net.start_at(((mean + mirrored) / 2).astype(np.float32))
    return net


def _average(averaged: nn.Module, net: nn.Module, keep: float) -> None:
    with torch.no_grad():
        current = net.state_dict()
        for name, value in averaged.state_dict().items():
            if value.dtype.is_floating_point:
                value.mul_(keep).add_(current[name], alpha=1 - keep)
            else:
                value.copy_(current[name])


def train(
    chips: dataset.Chips, backgrounds: list[Grey], plan: Plan, work: Path, fresh: bool
) -> LandmarkNet:
    """Train to the plan's last step, from the checkpoint in ``work`` if there is one; gives the average."""
    steps = plan.epochs * len(chips.chips) // plan.batch
    net: LandmarkNet = fresh_net(chips, plan.seed)
    net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    averaged = copy.deepcopy(net)
    adam, loss_of, start = optimiser(net, plan), Loss(), 0
    checkpoint = work / "checkpoint.pt"
    if checkpoint.exists() and not fresh:
        stored = torch.load(checkpoint, weights_only=True)
        net.load_state_dict(stored["net"])
        averaged.load_state_dict(stored["averaged"])
        adam.load_state_dict(stored["adam"])
        start = stored["step"]
        log.info("going on from step %d", start)
    log.info(
        "%d pictures, %d epochs, %d steps of %d", len(chips.chips), plan.epochs, steps, plan.batch
    )
    smooth: dict[str, float] = {}
    net.train()
    bar = tqdm(
        batches(chips, backgrounds, plan, start, steps), initial=start, total=steps, mininterval=30
    )
    for step, batch in enumerate(bar, start):
        rate = rate_at(step, steps, plan)
        for group in adam.param_groups:
            group["lr"] = rate * group["part"]
        pictures = torch.from_numpy(batch.pictures).float().div_(255)
        loss, parts = loss_of(net(pictures.contiguous(memory_format=torch.channels_last)), batch)
        adam.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(net.parameters(), 20.0)
        adam.step()
        _average(averaged, net, min(plan.averaging, (step + 1) / (step + 20)))
        smooth = {k: 0.98 * smooth.get(k, v) + 0.02 * v for k, v in parts.items()}
        last = step + 1 == steps
        if (step + 1) % plan.checkpoint_every == 0 or last:
            stored = {"net": net.state_dict(), "averaged": averaged.state_dict()}
            torch.save(
                stored | {"adam": adam.state_dict(), "step": step + 1},
                checkpoint.with_suffix(".part"),
            )
            checkpoint.with_suffix(".part").replace(checkpoint)
            seen = (step + 1) * plan.batch / len(chips.chips)
            log.info(
                "step %d epoch %.2f rate %.5f %s",
                step + 1,
                seen,
                rate,
                " ".join(f"{k} {v:.3f}" for k, v in smooth.items()),
            )
    return averaged
