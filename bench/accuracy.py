"""How right each network is, ours (int8, and the float one it was made of) beside its peers.

    make bench-accuracy [ARGS="--data DIR --labels DIR --out DIR --only expression"]

Everyone sees the same pictures, and ours was trained on none of them. A part whose pictures, peers
or labels are not there is named and left out, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from bench import eyes
from edge.config import manifest
from edge.see.settings import SightSettings
from models.training.detector import evaluate as boxes
from models.training.detector import figures as box_figures
from models.training.detector import sets, teacher
from models.training.expression import evaluate as emotions
from models.training.expression import figures as emotion_figures
from models.training.expression import report
from models.training.expression.decode import EMOTIONS, softmax
from models.training.eyes import evaluate as closer
from models.training.landmarks import evaluate as points
from models.training.landmarks.points import REGIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.training.detector.evaluate import Convention, Detect
    from models.training.detector.sets import Case

ROOT: Final = Path(__file__).resolve().parents[1]
PEERS: Final = ROOT / ".cache" / "peers"
MEDIA: Final = ROOT / ".cache" / "media"
WORK: Final = ROOT / "models" / "training" / "work"
FILES: Final = {"ours, int8": ROOT / "models", "ours, float": ROOT / "models" / "float"}
SCENES: Final = 300
"""Pictures in each made set of the detector's."""


def main() -> int:
    arguments = _arguments()
    cv2.setNumThreads(1)
    parts: dict[str, Callable[[argparse.Namespace], None]] = {
        "detector": detector,
        "landmarks": landmarks,
        "eyes": closed_eyes,
        "expression": expression,
    }
    arguments.out.mkdir(parents=True, exist_ok=True)
    left_out = 0
    for name in arguments.only or parts:
        print(f"\n## {name}\n")
        try:
            parts[name](arguments)
        except FileNotFoundError as error:
            print(f"left out: {error}")
            left_out += 1
    return 1 if left_out else 0


def detector(arguments: argparse.Namespace) -> None:
    """Recall on held-out scenes, false alarms on pictures without people."""
    data = _folder(arguments.data, "detection")
    _peer(teacher.BLAZEFACE)
    training, held = sets.sources(data, PEERS, WORK / "detector")
    ours = {name: boxes.Ours(folder / "detector.tflite") for name, folder in FILES.items()}
    alike = box_figures.level_for(ours["ours, int8"], box_figures.rgb(training.negatives))
    product = SightSettings().detect_score
    asked: list[tuple[str, Detect, float]] = [
        (name, detect, level) for level in (product, alike) for name, detect in ours.items()
    ]
    asked.append(("BlazeFace", teacher.BlazeFace(PEERS), box_figures.BLAZE_LEVEL))
    judged = {
        "composed": sets.composed_scenes(held, SCENES, 11),
        "real": sets.real_windows(held, SCENES, 13),
    }
    fitting = {
        "composed": sets.composed_scenes(training, 240, 12),
        "real": sets.real_windows(training, 240, 14),
    }
    empty = box_figures.rgb(held.negatives)
    rows: list[list[object]] = []
    for name, detect, level in asked:
        row: list[object] = [name, level]
        for title, cases in judged.items():
            convention = boxes.fitted(detect, fitting[title], level)
            row += _recalls(detect, cases, level, convention)
        alarms = boxes.false_alarms(detect, empty, np.asarray([level], np.float32))[0]
        rows.append([*row, alarms / len(empty)])
    head = ["network", "score", *(f"{t}, {s}" for t in judged for s in ("all", "under 1/6"))]
    print(report.table([*head, "false alarms a picture"], rows))
    print(
        f"\nRecall at IoU 0.3, each detector's boxes brought to the set's convention; {len(empty)} "
        f"pictures without people. {product} is the product's score, {alike} the one with as many "
        "false alarms as BlazeFace on the training half of them."
    )


def _recalls(
    detect: Detect, cases: list[Case], level: float, convention: Convention
) -> list[float]:
    chosen = (box_figures.SUBSETS["all"], boxes.is_small)
    return [boxes.tally(detect, cases, level, convention, c).recall[0] for c in chosen]


def landmarks(arguments: argparse.Namespace) -> None:
    """Distance to MediaPipe's attention mesh on persons nobody trained on, by region."""
    _peer(teacher.MESH)
    labels = arguments.labels / "labels_faces.npz"
    if not labels.is_file():
        raise FileNotFoundError(
            f"{labels}: not there; the teacher's labels are made by "
            "python -m models.training.landmarks.teacher (in its own environment); --labels names "
            "their folder"
        )
    held = points.held_out(arguments.labels, None)
    found = {
        name: points.read(_both_looks(folder), held, "tracked")[1] for name, folder in FILES.items()
    }
    found["MediaPipe face mesh"] = eyes.mesh_points(teacher.Mesh(PEERS), held)
    rows: list[list[object]] = []
    for name, there in found.items():
        error = points.distances(there, held.points)
        by_region = [float(error[:, part].mean()) for part in REGIONS.values()]
        shown = ["-" if np.isnan(value) else f"{value:.2f}" for value in by_region]
        rows.append([name, f"{error[:, points.PLAIN].mean():.2f}", *shown])
    print(report.table(["network", "all but iris", *REGIONS], rows))
    print(
        f"\n% of the eye distance, {len(held.pictures)} pictures; each tracks as it would a clip."
    )


def _both_looks(folder: Path) -> points.Net:
    return closer.both(folder / "landmarks.tflite", folder / "eyes.tflite")


def closed_eyes(arguments: argparse.Namespace) -> None:
    """Shut eyes told from open ones: labelled pictures, and the frames of two clips."""
    pictures = _folder(arguments.data, "eyes/faces")
    _peer(teacher.MESH)
    readers = {
        name: eyes.ours(boxes.Ours(folder / "detector.tflite"), _both_looks(folder))
        for name, folder in FILES.items()
    }
    asked = f"ours, int8, asked at {SightSettings().detect_score}"
    folder = FILES["ours, int8"]
    detect = boxes.Ours(folder / "detector.tflite")
    readers[asked] = eyes.ours(detect, _both_looks(folder), SightSettings().detect_score)
    readers["BlazeFace, face mesh"] = eyes.mediapipe(teacher.BlazeFace(PEERS), teacher.Mesh(PEERS))
    rows: list[list[object]] = []
    for name, reader in readers.items():
        seen = {"eyes/faces": eyes.labelled(reader, pictures / "eyes" / "faces")}
        seen |= {clip: eyes.followed(reader, MEDIA / clip) for clip in eyes.CLIPS}
        for title, told in seen.items():
            count = f"{len(told.shut)} / {len(told.open)}"
            missed = eyes.missed_at(told, eyes.FALSE_SHUT)
            margin = float(told.open.min() - told.shut.max())
            rows.append([title, name, count, told.missed, eyes.area(told), missed, margin])
    rows.sort(key=lambda row: str(row[0]))
    head = ["set", "networks", "shut / open", "no face", "AUC"]
    print(report.table([*head, f"shut missed at {eyes.FALSE_SHUT:.0%} false", "margin"], rows))
    print(
        "\nBy lid gap, upright, over the eye's width. Margin: lowest open less highest shut; "
        f"above 0, all are apart. Detectors are asked at {eyes.LEAST}; the product asks at "
        f"{SightSettings().detect_score}."
    )


def expression(arguments: argparse.Namespace) -> None:
    """FER+ Valid, and persons of faces/ that were held out."""
    data = _folder(arguments.data, "faces")
    models = {n: emotions.ours(folder / "expression.tflite") for n, folder in FILES.items()}
    warmth = manifest(ROOT / "models" / "manifest.yaml")["expression"].temperature
    models["ours, int8, a photo"] = emotions.twice(models["ours, int8"], warmth)
    models["fer"] = emotions.fer(_peer("emotion_model_quantized.tflite"))
    if arguments.trial:
        models["trial, int8"] = emotions.ours(arguments.trial)
    named = emotions.sets(data)
    print(report.overall(emotions.scores(models, named)))
    pictures, truth = named["ferplus_valid_majority"]
    rows: list[list[object]] = []
    recalls: dict[str, emotion_figures.Score] = {}
    for name, model in models.items():
        logits = model(pictures)
        warmth = emotion_figures.temperature(logits, truth)
        sure = softmax(logits, warmth)
        plain = emotion_figures.calibration_error(softmax(logits), truth)
        crossed = emotion_figures.crossed_calibration_error(logits, truth)
        rows.append([name, plain, warmth, crossed])
        recalls[name] = emotion_figures.score(logits, truth)
        path = arguments.out / f"expression-{name.replace(', ', '-')}.png"
        reliability = emotion_figures.reliability(sure, truth)
        report.plot(path, recalls[name].confusion, reliability, name)
        print(f"\nconfusion matrix: {path}", end="")
    print("\n\nRecall and precision by class, FER+ Valid by majority\n")
    print(report.by_class(recalls))
    print("\nExpected calibration error; the temperature from one half, the error from the other\n")
    print(report.table(["network", "as it is", "temperature", "error with it"], rows))
    print(
        f"\nFER+ Valid by majority: {len(truth)} pictures; {len(EMOTIONS)} classes, fer has seven. "
        "A photo is looked at twice, the second time mirrored; a camera's frame once."
    )


def _folder(data: Path, inside: str) -> Path:
    if not (data / inside).is_dir():
        raise FileNotFoundError(
            f"no {inside}/ in {data}: name the data folder with --data or MIEN_DATA"
        )
    return data


def _peer(name: str) -> Path:
    path = PEERS / name
    if not path.is_file():
        raise FileNotFoundError(f"{path}: not there; python tests/media/fetch.py peers")
    return path


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How right each network is.")
    default = Path(os.environ.get("MIEN_DATA", ROOT.parent / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=default, help="default: %(default)s")
    parser.add_argument(
        "--labels", type=Path, default=WORK / "landmarks", help="folder of labels_faces.npz"
    )
    parser.add_argument("--out", type=Path, default=ROOT / ".cache" / "accuracy", help="pictures")
    parser.add_argument("--trial", type=Path, help="another expression network's int8 file")
    parts = ("detector", "landmarks", "eyes", "expression")
    parser.add_argument("--only", nargs="*", choices=parts, help="default: all")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
