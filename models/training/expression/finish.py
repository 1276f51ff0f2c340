"""From a trained network to what is committed: int8 file, fixture, manifest entry, report."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from models.training import export, graph, manifest
from models.training.expression import data, evaluate, figures, report
from models.training.expression.augment import augment
from models.training.expression.card import facts, markdown
from models.training.expression.decode import softmax
from models.training.expression.net import SIZE
from models.training.expression.recipe import Lengths

log = logging.getLogger(__name__)

CALIBRATED_ON = 512  # pictures of FER+ Train, half of them as a camera in a car would bring them


@dataclass(frozen=True)
class Places:
    """Where things are written: committed ones under `root`, scratch under `work`."""

    root: Path
    work: Path

    @property
    def int8(self) -> Path:
        """The model that ships."""
        return self.root / "models" / "expression.tflite"

    @property
    def float32(self) -> Path:
        """The same network before quantisation: for the parity gate, never on a device."""
        return self.root / "models" / "float" / "expression.tflite"


def convert(net: nn.Module, learn: data.Pictures, places: Places, seed: int) -> None:
    """Float file, ranges, int8 file; refuses a graph that XNNPACK would cut."""
    export.to_float(net, (SIZE, SIZE, 1), places.float32)
    rows = np.random.default_rng(seed).choice(len(learn), CALIBRATED_ON, replace=False)
    seen = learn.images[rows]
    random = torch.Generator().manual_seed(seed)
    harsh = augment(torch.from_numpy(seen[: CALIBRATED_ON // 2]), SIZE, random)[:, 0].numpy()
    seen = np.concatenate([np.round(harsh * 255).astype(np.uint8), seen[CALIBRATED_ON // 2 :]])
    # Not clipped: with ReLU6 everywhere nothing lies far out, and on 2,500 pictures of FER+ Train the
    # logits were 0.036 from float's, 0.067 clipped at 99.99 %, 0.22 at 99.9 %.
    found = export.ranges(places.float32, seen[..., None], percentile=100.0)
    export.to_int8(places.float32, places.int8, found)
    graph.check(graph.read(places.int8))
    _fixture(places)


def _fixture(places: Places) -> None:
    """32 synthetic pictures, no face among them, and the bytes that every machine must answer."""
    random = np.random.default_rng(0)
    down, across = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)
    images = [np.full((SIZE, SIZE), v, np.uint8) for v in (0, 128, 255)]
    images += [random.integers(0, 256, (SIZE, SIZE), np.uint8) for _ in range(5)]
    for _ in range(24):
        slope, wave, phase = (
            random.uniform(-4, 4, 2),
            random.uniform(0.02, 0.6, 2),
            random.uniform(0, 6),
        )
        ramp = (
            slope[0] * across
            + slope[1] * down
            + 60 * np.sin(wave[0] * across + wave[1] * down + phase)
        )
        images.append(np.clip(128 + ramp - ramp.mean(), 0, 255).astype(np.uint8))
    stacked = np.stack(images)[..., None]
    stored, scale, zero = graph.run_raw(places.int8, stacked)["logits"]
    path = places.root / "tests" / "fixtures" / "expression.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        path, image=stacked, logits=stored, scale=np.float32(scale), zero_point=np.int32(zero)
    )


def measure(
    places: Places, folder: Path, peers: dict[str, evaluate.Model], files: dict[str, Path]
) -> evaluate.Figures:
    """Every figure of the report, from the files."""
    ours = {"float": evaluate.ours(places.float32), "int8": evaluate.ours(places.int8)}
    named = evaluate.sets(folder)
    pictures, truth = named["ferplus_valid_majority"]
    logits = ours["int8"](pictures)
    calibration = evaluate.calibrated(logits, truth)
    log.info("calibration %s", calibration)
    sure = softmax(logits, calibration.temperature)
    unclear = data.ferplus(folder, "Valid")
    unclear_logits = ours["int8"](unclear.images[unclear.truth < 0])
    doubt = softmax(unclear_logits, calibration.temperature).max(1) < calibration.uncertain_below
    limits = tuple(sorted({0.0, 0.4, 0.5, 0.6, 0.7, 0.8, calibration.uncertain_below}))
    return evaluate.Figures(
        calibration=calibration,
        scores=evaluate.scores(ours | peers, named),
        conditions=evaluate.under_conditions(ours, pictures, truth),
        answered=evaluate.answered(sure, truth, limits),
        ambiguous_uncertain=float(doubt.mean()),
        reliability=figures.reliability(sure, truth),
        same_top1=float((logits.argmax(1) == ours["float"](pictures).argmax(1)).mean()),
        float_error=figures.calibration_error(
            softmax(ours["float"](pictures), calibration.temperature), truth
        ),
        speed=evaluate.speed({"int8": places.int8, "float": places.float32} | files),
    )


def write(
    places: Places, found: evaluate.Figures, lengths: Lengths, seed: int, history: Path
) -> None:
    """Manifest entry, report, plot."""
    entry = manifest.entry(places.int8, facts(found, lengths, seed))
    manifest.write(places.int8.with_name("manifest.yaml"), entry)
    reports = places.root / "models" / "training" / "reports"
    reports.mkdir(exist_ok=True)
    report.plot(
        reports / "expression.png",
        found.scores["ferplus_valid_majority"]["int8"].confusion,
        found.reliability,
    )
    text = markdown(found, entry, history.read_text() if history.is_file() else "", lengths)
    (reports / "expression.md").write_text(text, encoding="utf-8")
    log.info("%s", json.dumps(entry["accuracy"]))
    print(text)
