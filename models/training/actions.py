"""References for the facial actions: what each length is on neutral faces and on full actions.

    python -m models.training.actions [--data DIR] [--each N]

Runs the shipped landmark and eye networks over `faces/` (one annotator's labels) and prints, for every
action, the median on neutral faces, the 90th percentile on the emotion that the action belongs to
(EMFACS prototypes), how well the length tells the two apart (area under the ROC curve, at most
`--each` persons a class), and by how much it grows on neutral faces with a degree of pitch. The
references, and for some actions the growth, are the constants of `edge/see/actions.py`.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from tqdm import tqdm

from edge import config
from edge.see import actions, eyes, image, landmarks
from edge.see.runtime import load
from edge.types import ACTIONS
from models.training.landmarks.closures import auc

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.see.runtime import Model

ROOT = Path(__file__).parents[2]
PROTOTYPE = {
    "au01": "surprise",
    "au02": "surprise",
    "au04": "anger",
    "au05": "surprise",
    "au06": "happiness",
    "au07": "anger",
    "au09": "disgust",
    "au10": "disgust",
    "au12": "happiness",
    "au15": "disgust",
    "au17": "sadness",
    "au20": "fear",
    "au25": "happiness",
    "au26": "surprise",
    "au45": "sadness",  # of those in the set, the one whose eyes are shut most often
}
MARGIN = 60
"""The faces fill their pictures: so many pixels are repeated around each."""

FRONTAL_DEG = 30.0
_ALL = range(len(ACTIONS))


def main() -> int:
    """Print the table and the constants."""
    parser = argparse.ArgumentParser(description="References for the facial actions.")
    default = Path(os.environ.get("MIEN_DATA", ROOT.parent / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=default)
    parser.add_argument("--each", type=int, default=500)
    arguments = parser.parse_args()
    if not (arguments.data / "faces.csv").is_file():
        print(f"no faces.csv in {arguments.data}: name the data folder (--data, MIEN_DATA)")
        return 1
    files = config.manifest(config.manifest_path())
    models = {spec.name: load(spec, files[spec.name]) for spec in (landmarks.SPEC, eyes.SPEC)}
    lengths = measured(arguments.data, models, arguments.each)
    growth = np.array([_slope(lengths["neutral"][:, -1], lengths["neutral"][:, i]) for i in _ALL])
    by_emotion = {name: rows[:, :-1] for name, rows in lengths.items()}
    neutral = np.median(by_emotion["neutral"], axis=0)
    full = np.empty(len(ACTIONS))
    print("action  told by     neutral    full    AUC  left to grow a degree")
    for i, action in enumerate(ACTIONS):
        shown = by_emotion[PROTOTYPE[action]][:, i]
        full[i] = np.percentile(shown, 90)
        area = auc(shown, by_emotion["neutral"][:, i])
        name = PROTOTYPE[action]
        print(
            f"{action}    {name:10} {neutral[i]:8.3f} {full[i]:7.3f} {area:6.2f} {growth[i]:9.5f}"
        )
    print("NEUTRAL =", tuple(round(float(v), 3) for v in neutral))
    print("FULL =", tuple(round(float(v), 3) for v in full))
    return 0


def measured(data: Path, models: dict[str, Model], each: int) -> dict[str, NDArray[np.float64]]:
    """float64[N, actions + 1] by emotion, of faces that are believed and not turned away.

    Lengths, and last the pitch in degrees.
    """
    with (data / "faces.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    np.random.default_rng(0).shuffle(rows)  # type: ignore[arg-type]  # a list of rows
    found: dict[str, list[tuple[float, ...]]] = {}
    for emotion in sorted(set(PROTOTYPE.values()) | {"neutral"}):
        chosen = [r for r in rows if r["expression_one_annotator"] == emotion][:each]
        for row in tqdm(chosen, desc=emotion):
            marks = look(cv2.imread(str(data / "faces" / row["file"])), models)
            if marks is not None:
                lengths = actions.measure(marks.points, marks.pose)
                found.setdefault(emotion, []).append((*lengths, marks.pose.pitch_deg))
    return {emotion: np.array(rows) for emotion, rows in found.items()}


def look(picture: NDArray[np.uint8], models: dict[str, Model]) -> landmarks.Landmarks | None:
    """Two looks, as the product does: around the whole picture, then around the points."""
    wide = cv2.copyMakeBorder(picture, *([MARGIN] * 4), cv2.BORDER_REPLICATE).astype(np.uint8)
    middle = wide.shape[0] / 2
    region = image.Region(middle, middle, 1.2 * picture.shape[0])
    for _ in range(2):
        crop, placement = image.fit_grey(wide, region, landmarks.SIZE)
        outputs = models["landmarks"](landmarks.prepare(crop))
        marks = landmarks.decode(outputs, placement, partial(eyes.closer, models["eyes"], crop))
        region = landmarks.region(marks.points)
    return marks if marks.flag > 0.5 and abs(marks.pose.yaw_deg) < FRONTAL_DEG else None


def _slope(pitch_deg: NDArray[np.float64], lengths: NDArray[np.float64]) -> float:
    return float(np.polyfit(pitch_deg, lengths, 1)[0])


if __name__ == "__main__":
    sys.exit(main())
