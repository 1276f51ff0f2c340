"""`python -m models.training.detector`: labels, training, export, evaluation, in one go.

A stage whose result exists is skipped; `--fresh` starts over. What is written:
models/detector.tflite, models/float/detector.tflite, the entry in models/manifest.yaml,
models/training/reports/detector.md and .png, tests/fixtures/detector.npz.
"""

from __future__ import annotations

import argparse
import json
import logging
import re
from pathlib import Path

import cv2
import torch

from models.training.detector import labels, report, sets, teacher
from models.training.detector.figures import figures
from models.training.detector.finish import convert, write_entry
from models.training.detector.parity import write_fixture
from models.training.detector.train import Settings, train

ROOT = Path(__file__).resolve().parents[3]
WORK = ROOT / "models" / "training" / "work" / "detector"
MODEL = ROOT / "models" / "detector.tflite"
FLOAT = ROOT / "models" / "float" / "detector.tflite"
REPORT = ROOT / "models" / "training" / "reports" / "detector.md"
FIXTURE = ROOT / "tests" / "fixtures" / "detector.npz"
NOTES = Path(__file__).with_name("notes.json")
log = logging.getLogger("detector")


def main() -> None:
    """Parse the command line and run the stages."""
    options = _options()
    WORK.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(name)s %(message)s",
        handlers=[logging.StreamHandler(), logging.FileHandler(WORK / "train.log")],
    )
    cv2.setNumThreads(options.threads)
    torch.set_num_threads(options.threads)
    data, teachers = labels.data_folder(options.data), teacher.folder(options.teachers)
    checkpoint, float32 = WORK / "checkpoint.pt", WORK / "detector-float.tflite"
    if options.fresh:
        for path in (checkpoint, float32, WORK / "faces.npz", WORK / "scenes.npz"):
            path.unlink(missing_ok=True)
    training, held = sets.sources(data, teachers, WORK)
    settings = Settings(epochs=options.epochs, seed=options.seed, threads=options.threads)
    if not (MODEL.exists() and float32.exists()) or options.again:
        convert(train(training, settings, checkpoint), training, float32, MODEL, options.seed)
        write_fixture(MODEL, FIXTURE)
        FLOAT.write_bytes(float32.read_bytes())
    if options.no_figures:
        return
    notes = json.loads(NOTES.read_text())
    found = figures(training, held, data, teachers, MODEL, float32, options.scenes)
    found["failures"] = notes["failures"]
    (WORK / "figures.json").write_text(json.dumps(found, indent=1))
    command = f"python -m models.training.detector --epochs {settings.epochs}"
    write_entry(MODEL, found, command, settings.seed, settings.epochs, notes["history"])
    report.write(found, REPORT, command, notes["history"], _summary(WORK / "train.log"))


def _summary(path: Path) -> str:
    """The epochs' losses as a table, out of the log."""
    lines = re.findall(r"epoch (\d+): score ([\d.]+) box ([\d.]+) keys ([\d.]+)", path.read_text())
    last = {int(epoch): rest for epoch, *rest in lines}
    rows = "\n".join(f"| {epoch} | {' | '.join(last[epoch])} |" for epoch in sorted(last))
    return f"Loss by epoch of 6,400 pictures:\n\n| epoch | score | box | key points |\n|---|---|---|---|\n{rows}\n"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m models.training.detector", description=__doc__)
    parser.add_argument(
        "--data", type=Path, help="the data folder (default: MIEN_DATA, else ../shared/data)"
    )
    parser.add_argument(
        "--teachers",
        type=Path,
        help="folder with MediaPipe's two .tflite (default: MIEN_TEACHERS, else .cache/peers)",
    )
    parser.add_argument("--epochs", type=int, default=Settings.epochs)
    parser.add_argument("--seed", type=int, default=Settings.seed)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--scenes", type=int, default=600, help="pictures in each made set of the evaluation"
    )
    parser.add_argument(
        "--fresh", action="store_true", help="forget labels and checkpoint and start over"
    )
    parser.add_argument(
        "--again", action="store_true", help="go on training and export though the model exists"
    )
    parser.add_argument("--no-figures", action="store_true", help="stop after the export")
    return parser.parse_args()


if __name__ == "__main__":
    main()
