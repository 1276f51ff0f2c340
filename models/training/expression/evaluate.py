"""Float and int8 on the same named sets, and the two peers where their files are given."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter

from models.training import graph
from models.training.expression import data, figures
from models.training.expression.decode import EMOTIONS, softmax

ANSWERED_RIGHT = (
    0.92  # of the pictures that get an answer: what `uncertain` is chosen for, on FER+ Valid
)
RARE = ("disgust", "contempt", "fear")
FER_ORDER = (
    "anger",
    "disgust",
    "fear",
    "happiness",
    "sadness",
    "surprise",
    "neutral",
)  # fer 25.10.3, its source
NEVER = -30.0  # log probability of a class that a peer does not have

Model = Callable[[np.ndarray], np.ndarray]  # uint8[N, 48, 48] -> logits float32[N, 8]


@dataclass(frozen=True)
class Calibration:
    """Chosen on FER+ Valid with the int8 model's own logits."""

    temperature: float
    uncertain_below: float
    error_raw: float  # expected calibration error without the temperature
    error: float
    error_crossed: float  # temperature from one half, error from the other


def ours(path: Path) -> Model:
    """Our float or int8 file, of this run or an older one, as a function of pictures."""
    return lambda pictures: next(iter(graph.run(path, pictures[..., None]).values()))


def twice(model: Model, warmth: float) -> Model:
    """Two looks, the second at the mirror image, as a photo gets them: log of the mean probability."""

    def logits(pictures: np.ndarray) -> np.ndarray:
        mirrored = np.ascontiguousarray(pictures[:, :, ::-1])
        both = [softmax(model(seen), warmth) for seen in (pictures, mirrored)]
        return np.log((both[0] + both[1]) / 2 + 1e-9)

    return logits


def fer(path: Path) -> Model:
    """`emotion_model_quantized.tflite` of the package fer: 64x64 in -1..1, seven classes."""
    interpreter = Interpreter(str(path), num_threads=1)
    interpreter.allocate_tensors()
    source, head = (
        interpreter.get_input_details()[0]["index"],
        interpreter.get_output_details()[0]["index"],
    )
    places = [EMOTIONS.index(name) for name in FER_ORDER]

    def logits(pictures: np.ndarray) -> np.ndarray:
        found = np.full((len(pictures), len(EMOTIONS)), NEVER, np.float32)
        for row, picture in enumerate(pictures):
            large = cv2.resize(picture, (64, 64), interpolation=cv2.INTER_LINEAR).astype(np.float32)
            interpreter.set_tensor(source, (large / 127.5 - 1)[None, :, :, None])
            interpreter.invoke()
            found[row, places] = np.log(interpreter.get_tensor(head)[0] + 1e-9)
        return found

    return logits


def sets(folder: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Name -> (pictures, truth): FER+ Valid by majority and by plurality, and held-out persons of faces/."""
    valid, weak = data.ferplus(folder, "Valid"), data.faces(folder, held_out=True)
    clear = valid.truth >= 0
    ordered = np.sort(valid.targets, 1)
    ahead = ordered[:, -1] > ordered[:, -2]
    return {
        "ferplus_valid_majority": (valid.images[clear], valid.truth[clear]),
        "ferplus_valid_plurality": (valid.images[ahead], valid.targets[ahead].argmax(1)),
        "faces_held_out": (weak.images, weak.truth),
    }


def calibrated(logits: np.ndarray, truth: np.ndarray) -> Calibration:
    """Temperature, threshold and calibration errors from FER+ Valid's majority pictures."""
    warmth = figures.temperature(logits, truth)
    sure = softmax(logits, warmth)
    return Calibration(
        round(warmth, 3),
        figures.threshold(sure, truth, ANSWERED_RIGHT),
        figures.calibration_error(softmax(logits), truth),
        figures.calibration_error(sure, truth),
        figures.crossed_calibration_error(logits, truth),
    )


def scores(
    models: Mapping[str, Model], named: Mapping[str, tuple[np.ndarray, np.ndarray]]
) -> dict[str, dict[str, figures.Score]]:
    """Set -> model -> score."""
    return {
        name: {who: figures.score(model(pictures), truth) for who, model in models.items()}
        for name, (pictures, truth) in named.items()
    }


def under_conditions(
    models: Mapping[str, Model], pictures: np.ndarray, truth: np.ndarray
) -> dict[str, dict[str, float]]:
    """Condition -> model -> top-1 accuracy, on the same changed pictures for every model."""
    found = {}
    for name, change in figures.conditions().items():
        seen = figures.changed(pictures, change)
        found[name] = {
            who: float((model(seen).argmax(1) == truth).mean()) for who, model in models.items()
        }
    return found


def answered(
    probability: np.ndarray, truth: np.ndarray, limits: tuple[float, ...]
) -> dict[float, tuple[float, float]]:
    """Limit -> (share of pictures answered, share of those right)."""
    sure, right = probability.max(1), probability.argmax(1) == truth
    return {
        limit: (float((sure >= limit).mean()), float(right[sure >= limit].mean()))
        for limit in limits
    }


def speed(paths: Mapping[str, Path], rounds: int = 300) -> dict[str, float]:
    """CPU microseconds of one inference (median), one thread, taking turns: ratios hold on a busy machine."""
    interpreters = {name: Interpreter(str(path), num_threads=1) for name, path in paths.items()}
    taken: dict[str, list[float]] = {name: [] for name in paths}
    for interpreter in interpreters.values():
        interpreter.allocate_tensors()
        source = interpreter.get_input_details()[0]
        interpreter.set_tensor(source["index"], np.zeros(source["shape"], source["dtype"]))
    for _ in range(rounds):
        for name, interpreter in interpreters.items():
            interpreter.invoke()  # warms the cache that the others used
            start = time.process_time_ns()
            interpreter.invoke()
            taken[name].append((time.process_time_ns() - start) / 1000)
    return {name: float(np.median(values)) for name, values in taken.items()}


@dataclass(frozen=True)
class Figures:
    """All that the report and the manifest entry say about accuracy."""

    calibration: Calibration
    scores: Mapping[str, Mapping[str, figures.Score]]
    conditions: Mapping[str, Mapping[str, float]]
    answered: Mapping[float, tuple[float, float]]
    ambiguous_uncertain: float  # share of pictures without a majority that are called uncertain
    reliability: list[tuple[float, float]]
    same_top1: float  # share of pictures where float and int8 give the same answer
    float_error: float  # calibration error of the float model, same temperature
    speed: Mapping[str, float]  # microseconds of CPU time
