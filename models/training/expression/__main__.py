"""`python -m models.training.expression`: data, training, export, evaluation, in one go.

A stage whose result exists is skipped; `--fresh` starts over. What is written: models/expression.tflite,
models/float/expression.tflite, the entry in models/manifest.yaml, models/training/reports/expression.md
and .png, tests/fixtures/expression.npz.
"""

from __future__ import annotations

import argparse
import logging
import os
from dataclasses import astuple
from pathlib import Path

import torch

from models.training.expression import data, evaluate
from models.training.expression.finish import Places, convert, measure, write
from models.training.expression.recipe import Lengths, courses, learned
from models.training.expression.train import Run

ROOT = Path(__file__).resolve().parents[3]
WORK = ROOT / "models" / "training" / "work" / "expression"
LENGTHS, SEED = Lengths(60, 16, 20, 10), 7
log = logging.getLogger("expression")


def main() -> None:
    """Parse the command line and run the stages."""
    options = _options()
    WORK.mkdir(parents=True, exist_ok=True)
    handlers: list[logging.Handler] = [
        logging.StreamHandler(),
        logging.FileHandler(WORK / "log.txt"),
    ]
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", handlers=handlers)
    torch.set_num_threads(options.threads)
    lengths = Lengths(*options.epochs)
    run = Run(options.seed, WORK / f"{options.name}.pt", options.bf16, options.compiled)
    if options.fresh:
        for course in courses(lengths):
            run.place(course).unlink(missing_ok=True)
    places = Places(ROOT, WORK)
    learn, valid = data.ferplus(options.data, "Train"), data.ferplus(options.data, "Valid")
    if not options.only_evaluate:
        faces = data.faces(options.data, held_out=False)
        log.info(
            "%d FER+ pictures, %d weak labels, %d to validate", len(learn), len(faces), len(valid)
        )
        net = learned(learn, faces if options.weak else None, valid, lengths, run)
        if options.only_train:
            return
        convert(net, learn, places, options.seed)
    peers, files = {}, {}
    if options.fer:
        peers["fer"], files["fer"] = evaluate.fer(options.fer), options.fer
    if options.trial:
        peers["trial int8"], files["trial int8"] = evaluate.ours(options.trial), options.trial
    write(
        places,
        measure(places, options.data, peers, files),
        lengths,
        options.seed,
        WORK / "log.txt",
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m models.training.expression", description=__doc__
    )
    folder = Path(os.environ.get("MIEN_DATA", ROOT.parent / "shared" / "data"))
    parser.add_argument(
        "--data", type=Path, default=folder, help="the data folder (default: %(default)s)"
    )
    parser.add_argument(
        "--epochs",
        type=int,
        nargs=4,
        default=astuple(LENGTHS),
        help="of the four courses (default: %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--name", default="expression", help="of the checkpoint, for trials beside the main run"
    )
    parser.add_argument("--bf16", action="store_true", help="faster where the processor has it")
    parser.add_argument("--compiled", action="store_true", help="torch.compile (needs a compiler)")
    parser.add_argument("--fresh", action="store_true", help="forget the checkpoint and start over")
    parser.add_argument(
        "--no-weak", dest="weak", action="store_false", help="without the weak labels of faces/"
    )
    parser.add_argument("--only-train", action="store_true", help="no export, no figures")
    parser.add_argument(
        "--only-evaluate", action="store_true", help="figures of the files that are there"
    )
    parser.add_argument(
        "--fer", type=Path, help="emotion_model_quantized.tflite of fer, to compare with"
    )
    parser.add_argument("--trial", type=Path, help="int8 file of the trial, to compare with")
    return parser.parse_args()


if __name__ == "__main__":
    main()
