"""The training loop: seeded, resumable after every epoch, one thread, progress bar and log."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from models.training.detector.compose import Labelled, training_picture
from models.training.detector.light import camera
from models.training.detector.net import SIZE, Detector
from models.training.detector.targets import loss, wanted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from models.training.detector.backgrounds import Sources

log = logging.getLogger("detector.train")


@dataclass(frozen=True)
class Settings:
    """How long and how fast to learn."""

    epochs: int = 40
    steps: int = 400  # an epoch
    batch: int = 16  # small: here more steps learn faster than larger ones
    rate: float = 3e-3
    decay: float = 1e-3
    average: float = 0.998  # of the exponential moving average that is exported
    seed: int = 7
    threads: int = 1


BLOCK = 48  # batches made at once
REPEATS = (
    3  # times that a made picture is shown, mirrored and lit anew each time: making it costs most
)
WEIGHTS = (1.0, 2.0, 14.0)  # score, box, key points


def shown(made: Labelled, rng: np.random.Generator) -> Labelled:
    """A made picture as one camera saw it, mirrored or not. The black bars stay black."""
    picture = np.where(
        (made.picture.max((1, 2)) > 0)[:, None, None]
        & (made.picture.max((0, 2)) > 0)[None, :, None],
        camera(made.picture, rng),
        0,
    ).astype(np.uint8)
    if rng.random() < 0.5:
        return replace(made, picture=picture)
    width = picture.shape[1]
    boxes = made.boxes.copy()
    boxes[:, [0, 2]] = width - made.boxes[:, [2, 0]]
    keys = made.keys[:, [1, 0, 2, 3, 5, 4]].copy()
    keys[..., 0] = width - keys[..., 0]
    return Labelled(np.ascontiguousarray(picture[:, ::-1]), boxes, keys)


def picture_size(settings: Settings, epoch: int) -> int:
    """Side of the pictures of an epoch.

    The network is convolutional and faces are drawn by pixels, so it learns most of it on smaller
    pictures at two thirds of the cost; the last third sees what the device sees.
    """
    return 128 if epoch < round(0.73 * settings.epochs) else SIZE


def batches(src: Sources, settings: Settings, epoch: int) -> Iterator[list[Labelled]]:
    """The pictures of an epoch.

    The same for the same seed and epoch, however often training was interrupted.
    """
    rng = np.random.default_rng((settings.seed, epoch))
    cv2.setRNGSeed(settings.seed * 1000 + epoch)
    size = picture_size(settings, epoch)
    for first in range(0, settings.steps, BLOCK):
        count = min(BLOCK, settings.steps - first) * settings.batch
        made = [training_picture(src, size, rng) for _ in range(-(-count // REPEATS))]
        order = rng.permutation(count) % len(made)
        for k in range(0, count, settings.batch):
            yield [shown(made[i], rng) for i in order[k : k + settings.batch]]


def tensor(pictures: list[Labelled]) -> Tensor:
    """float32[B, 3, H, W] 0..1, channels last in memory: a third faster on a CPU."""
    stacked = torch.from_numpy(np.stack([p.picture for p in pictures]))
    return stacked.permute(0, 3, 1, 2).float().div_(255)


def rate(settings: Settings, step: int) -> float:
    """Warm-up over 150 steps, then a cosine to a hundredth."""
    total = settings.epochs * settings.steps
    cosine = 0.5 * (1 + np.cos(np.pi * min(1.0, step / total)))
    return float(settings.rate * min(1.0, (step + 1) / 150) * (0.01 + 0.99 * cosine))


def train(src: Sources, settings: Settings, checkpoint: Path) -> Detector:
    """Train, or go on from `checkpoint`; returns the averaged network in eval mode."""
    torch.set_num_threads(settings.threads)
    cv2.setNumThreads(settings.threads)
    torch.manual_seed(settings.seed)
    net, mean = Detector(), Detector()
    mean.load_state_dict(net.state_dict())
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    decayed = [p for p in net.parameters() if p.ndim > 1]
    plain = [p for p in net.parameters() if p.ndim <= 1]
    optimiser = torch.optim.AdamW(
        [
            {"params": decayed, "weight_decay": settings.decay},
            {"params": plain, "weight_decay": 0.0},
        ],
        lr=settings.rate,
    )
    start = 0
    if checkpoint.exists():
        kept = torch.load(checkpoint, weights_only=True)
        net.load_state_dict(kept["net"])
        mean.load_state_dict(kept["mean"])
        optimiser.load_state_dict(kept["optimiser"])
        start = int(kept["epoch"])
        log.info("going on after epoch %d", start)
    for epoch in range(start, settings.epochs):
        sums = np.zeros(3)
        size = picture_size(settings, epoch)
        bar = tqdm(
            batches(src, settings, epoch),
            total=settings.steps,
            desc=f"epoch {epoch + 1}/{settings.epochs}",
            mininterval=10,
        )
        net.train()
        for k, pictures in enumerate(bar):
            step = epoch * settings.steps + k
            for group in optimiser.param_groups:
                group["lr"] = rate(settings, step)
            parts = loss(net(tensor(pictures)), wanted(pictures, size), size)
            total = sum((w * p for w, p in zip(WEIGHTS, parts, strict=True)), torch.zeros(()))
            optimiser.zero_grad(set_to_none=True)
            total.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            optimiser.step()
            keep = min(settings.average, (1 + step) / (10 + step))
            with torch.no_grad():
                for slow, fast in zip(
                    mean.state_dict().values(), net.state_dict().values(), strict=True
                ):
                    if slow.is_floating_point():
                        slow.lerp_(fast, 1 - keep)
                    else:
                        slow.copy_(fast)
            sums += [float(p.detach()) for p in parts]
            if k % 40 == 39:
                bar.set_postfix_str("score {:.3f} box {:.3f} keys {:.4f}".format(*sums / (k + 1)))
        torch.save(
            {
                "net": net.state_dict(),
                "mean": mean.state_dict(),
                "optimiser": optimiser.state_dict(),
                "epoch": epoch + 1,
            },
            checkpoint.with_suffix(".part"),
        )
        checkpoint.with_suffix(".part").replace(checkpoint)
        log.info("epoch %d: score %.4f box %.4f keys %.5f", epoch + 1, *(sums / settings.steps))
    return mean.eval()
