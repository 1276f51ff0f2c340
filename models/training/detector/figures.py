"""All figures of the report, computed once: a plain dict that the report and the manifest print."""

from __future__ import annotations

import logging
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from models.training.detector import evaluate, sets
from models.training.detector.evaluate import Convention, Detect, false_alarms, key_error, tally
from models.training.detector.teacher import BLAZEFACE, BlazeFace, Bytes, Mesh, verified

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from models.training.detector.backgrounds import Sources
    from models.training.detector.decode import Floats
    from models.training.detector.sets import Case

LEVELS = tuple(round(0.3 + 0.025 * k, 3) for k in range(27))
BLAZE_LEVEL = 0.5  # MediaPipe's own default
SUBSETS: Mapping[str, Callable[[Case, Floats], bool]] = {
    "all": lambda _case, _box: True,
    "under 1/6 of the height": evaluate.is_small,
    "1/6 and more": evaluate.is_large,
}
log = logging.getLogger("detector.figures")


def rgb(greys: list[Bytes]) -> list[Bytes]:
    """Grey pictures with three channels."""
    return [np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.uint8) for grey in greys]


def level_for(ours: Detect, pictures: list[Bytes], per_picture: float = 0.042) -> float:
    """The lowest level, 0.5 or more.

    With at most `per_picture` false alarms on the training part's negatives: 10 of 236, what
    BlazeFace at 0.5 gives over both halves.
    """
    counts = false_alarms(ours, pictures, np.asarray(LEVELS, np.float32))
    good = [
        level
        for level, n in zip(LEVELS, counts, strict=True)
        if n <= per_picture * len(pictures) and level >= 0.5
    ]
    return good[0] if good else LEVELS[-1]


def speed(paths: Mapping[str, Path], rounds: int = 60) -> dict[str, dict[str, float]]:
    """CPU microseconds of one invocation, one thread, interleaved.

    Median and least of `rounds` of five.
    """
    from ai_edge_litert.interpreter import Interpreter

    nets, spent = {}, {name: [] for name in paths}  # type: dict[str, Any], dict[str, list[float]]
    for name, path in paths.items():
        nets[name] = Interpreter(str(path), num_threads=1)
        nets[name].allocate_tensors()
        fed = nets[name].get_input_details()[0]
        nets[name].set_tensor(fed["index"], np.zeros(fed["shape"], fed["dtype"]))
    for _ in range(rounds):
        for name, net in nets.items():
            start = time.process_time()
            for _ in range(5):
                net.invoke()
            spent[name].append((time.process_time() - start) / 5 * 1e6)
    return {
        name: {"median": float(np.median(t)), "least": float(min(t))} for name, t in spent.items()
    }


def _recall(
    detect: Detect, cases: list[Case], level: float, convention: Convention
) -> dict[str, Any]:
    rows = {}
    for name, chosen in SUBSETS.items():
        counted = tally(detect, cases, level, convention, chosen)
        rows[name] = {
            "faces": counted.asked,
            "iou_0.3": counted.recall[0],
            "iou_0.5": counted.recall[1],
            "in_place": counted.recall[2],
        }
    rows["extra detections"] = {"count": counted.extra, "pictures": counted.pictures}
    return rows


def figures(
    training: Sources,
    held: Sources,
    data: Path,
    teachers: Path,
    int8: Path,
    float32: Path,
    scenes: int = 600,
) -> dict[str, Any]:
    """Every figure of the report. `scenes`: pictures in each of the two made sets."""
    blaze, mesh = BlazeFace(teachers), Mesh(teachers)
    detectors: dict[str, Detect] = {
        name: evaluate.remembered(net)
        for name, net in (
            ("ours int8", evaluate.Ours(int8)),
            ("ours float", evaluate.Ours(float32)),
            ("BlazeFace", blaze),
        )
    }
    learnt, unseen = rgb(training.negatives), rgb(held.negatives)
    level = level_for(detectors["ours int8"], learnt)
    levels = {"ours int8": level, "ours float": level, "BlazeFace": BLAZE_LEVEL}
    log.info("level %.2f", level)
    car = sets.pictures_of(data / "yawn" / "car")
    eyes = sets.pictures_of(data / "eyes" / "faces")
    proposals = {
        name: [np.concatenate([d(p, 0.3).boxes for d in detectors.values()]) for p in pictures]
        for name, pictures in (("car", car), ("eyes", eyes))
    }
    judged: dict[str, tuple[str, list[Case]]] = {
        "composed": ("outline", sets.composed_scenes(held, scenes, 11)),
        "detection, windows": ("given", sets.real_windows(held, scenes, 13)),
        "detection, whole": ("given", sets.whole_scenes(held)),
        "yawn/car": ("outline", sets.confirmed(car, proposals["car"], mesh)),
        "eyes/faces": ("outline", sets.confirmed(eyes, proposals["eyes"], mesh)),
    }
    fitting = {
        "outline": sets.composed_scenes(training, 240, 12),
        "given": sets.real_windows(training, 240, 14),
    }
    conventions = {
        (name, kind): evaluate.fitted(detect, cases, levels[name])
        for name, detect in detectors.items()
        for kind, cases in fitting.items()
    }
    out: dict[str, Any] = {
        "level": level,
        "recall": {},
        "recall_raw": {},
        "tags": {},
        "keys": {},
        "keys_shared": {},
    }
    for title, (kind, cases) in judged.items():
        log.info(
            "judging %s: %d pictures, %d faces", title, len(cases), sum(len(c.boxes) for c in cases)
        )
        out["recall"][title] = {
            n: _recall(d, cases, levels[n], conventions[n, kind]) for n, d in detectors.items()
        }
        out["recall_raw"][title] = {
            n: _recall(d, cases, levels[n], Convention()) for n, d in detectors.items()
        }
    composed = judged["composed"][1]
    for tag in sorted({tag for case in composed for tag in case.tags}):
        some = [case for case in composed if tag in case.tags]
        out["tags"][tag] = {
            n: tally(d, some, levels[n], conventions[n, "outline"]).recall
            for n, d in detectors.items()
        }
    setups = {n: (d, levels[n], conventions[n, "outline"]) for n, d in detectors.items()}
    for title in ("composed", "yawn/car"):
        cases = judged[title][1]
        out["keys"][title] = {n: asdict(key_error(s, cases)) for n, s in setups.items()}
        out["keys_shared"][title] = {
            n: asdict(key_error(s, cases, setups["ours int8" if n == "BlazeFace" else "BlazeFace"]))
            for n, s in setups.items()
        }
    numbers = np.asarray(LEVELS, np.float32)
    out["false_alarms"] = {
        "pictures": len(unseen),
        "at_level": {
            n: false_alarms(d, unseen, np.asarray([levels[n]], np.float32))[0]
            for n, d in detectors.items()
        },
        "by_level": {
            n: dict(zip(LEVELS, false_alarms(d, unseen, numbers), strict=True))
            for n, d in detectors.items()
        },
    }
    out["curve"] = {
        n: {
            lv: {
                s: tally(d, composed, lv, conventions[n, "outline"], chosen).recall[1]
                for s, chosen in SUBSETS.items()
            }
            for lv in LEVELS[::4]
        }
        for n, d in detectors.items()
    }
    out["conventions"] = {f"{n}, {k}": asdict(c) for (n, k), c in conventions.items()}
    out["speed"] = speed(
        {"ours int8": int8, "ours float": float32, "BlazeFace": verified(teachers, BLAZEFACE)}
    )
    out["sizes"] = {"ours int8": int8.stat().st_size, "ours float": float32.stat().st_size}
    return out
