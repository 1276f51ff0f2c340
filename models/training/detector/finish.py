"""From the averaged network to the files that are committed.

.tflite, manifest entry, parity fixture.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from models.training import export, graph, manifest
from models.training.detector.compose import training_picture
from models.training.detector.net import NAMES, SIZE, Detector
from models.training.detector.pack import shrink
from models.training.detector.train import shown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from models.training.detector.backgrounds import Sources

CALIBRATION = 400  # pictures
POINTS = ("right_eye", "left_eye", "nose_tip", "mouth_centre", "right_ear", "left_ear")
ORDER = {
    "score": ("logit",),
    "box": ("dx", "dy", "log_width", "log_height"),
    "keys": tuple(f"{name}_{axis}" for name in POINTS for axis in "xy"),
}
log = logging.getLogger("detector.finish")


def convert(net: Detector, training: Sources, float32: Path, int8: Path, seed: int) -> None:
    """Write both files and check the int8 one: every operator int8, one partition.

    Raises ValueError if not.
    """
    rng = np.random.default_rng((seed, 1))
    cv2.setRNGSeed(seed)
    pictures = np.stack(
        [shown(training_picture(training, SIZE, rng), rng).picture for _ in range(CALIBRATION)]
    )
    export.to_float(net, (SIZE, SIZE, 3), float32)
    export.to_int8(float32, int8, export.ranges(float32, pictures))
    before = graph.run_raw(int8, pictures[:8])
    size = shrink(int8)
    after = graph.run_raw(int8, pictures[:8])
    for name, (values, scale, zero) in before.items():
        if not (np.array_equal(values, after[name][0]) and (scale, zero) == after[name][1:]):
            raise ValueError(f"detector: {name} changed when the file was packed")
    graph.check(graph.read(int8))
    log.info("%s: %d bytes", int8.name, size)


def write_entry(
    int8: Path, found: Mapping[str, Any], command: str, seed: int, epochs: int, history: str
) -> None:
    """The entry in models/manifest.yaml, from the file and the figures."""
    accuracy: dict[str, dict[str, dict[str, float]]] = {}
    for title, by_detector in found["recall"].items():
        accuracy[title] = {
            kind: {
                f"recall at IoU 0.5, {subset}": row["iou_0.5"]
                for subset, row in by_detector[f"ours {kind}"].items()
                if row.get("faces")
            }
            for kind in ("float", "int8")
        }
    accuracy["negatives, held out"] = {
        kind: {
            "false alarms per picture": found["false_alarms"]["at_level"][f"ours {kind}"]
            / found["false_alarms"]["pictures"]
        }
        for kind in ("float", "int8")
    }
    accuracy["composed, key points"] = {
        kind: {
            "mean error, % of eye distance": found["keys"]["composed"][f"ours {kind}"]["mean"],
            "mean roll error, degrees": found["keys"]["composed"][f"ours {kind}"]["roll_mean"],
        }
        for kind in ("float", "int8")
    }
    facts = manifest.Facts(
        version="1",
        licence="faces/: repository Apache-2.0, origin of the photos not stated; FER+ labels MIT, rights in the pictures "
        "unresolved; detection/ and negatives/: not stated; teacher: MediaPipe, Apache-2.0",
        order={name: ORDER[name.split("_")[0]] for name in NAMES},
        data=(
            "faces/ (nine persons in ten)",
            "FER+ Train (first 7,000)",
            "detection/ (two pictures in three)",
            "negatives/ (every other one)",
            "key points and outlines by MediaPipe face mesh",
        ),
        command=command,
        seed=seed,
        epochs=epochs,
        accuracy=accuracy,
        failures=found.get("failures", ()),
        extra={
            "least_score": found["level"],
            "overlap": 0.35,
            "history": history,
            "grids": {"small": {"stride": 8, "anchor": 24}, "large": {"stride": 16, "anchor": 80}},
            "letterbox": "longer side to 160, area averaging, centred, black",
        },
    )
    manifest.write(int8.with_name("manifest.yaml"), manifest.entry(int8, facts))
