"""Recall, false alarms and key point error of ours (int8.

Float) and BlazeFace on the same pictures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edge.see.runtime import Stored
from models.training.detector.decode import Floats, Found, faces, overlaps
from models.training.detector.sets import SMALL, Case
from models.training.detector.teacher import Bytes, letterboxed

if TYPE_CHECKING:
    from pathlib import Path

Detect = Callable[[Bytes, float], Found]
KEYS = ("right eye", "left eye", "nose", "mouth", "right ear", "left ear")


class Ours:
    """Our .tflite, int8 or float, as a function of a picture uint8[H, W.

    3] RGB and a least score.
    """

    def __init__(self, path: Path) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._net = Interpreter(str(path), num_threads=1)
        self._net.allocate_tensors()
        self._input = self._net.get_input_details()[0]
        self._outputs = self._net.get_output_details()
        self._size = int(self._input["shape"][1])

    def __call__(self, picture: Bytes, least: float) -> Found:
        square, scale, left, top = letterboxed(picture, self._size)
        int8 = self._input["dtype"] == np.int8
        fed = (square ^ 0x80).view(np.int8) if int8 else square.astype(np.float32) / 255
        self._net.set_tensor(self._input["index"], fed[None])
        self._net.invoke()
        heads = {}
        for out in self._outputs:
            step, zero = out["quantization"] if int8 else (1.0, 0)
            heads[out["name"]] = Stored(self._net.get_tensor(out["index"]), step, zero)
        return faces(heads, least, scale, left, top)


def remembered(detect: Detect) -> Detect:
    """The same function, each picture looked at once for a level. Keeps every picture alive."""
    seen: dict[tuple[int, float], tuple[Bytes, Found]] = {}

    def look(picture: Bytes, least: float) -> Found:
        key = (id(picture), float(least))
        if key not in seen:
            seen[key] = (picture, detect(picture, least))
        return seen[key][1]

    return look


@dataclass(frozen=True)
class Convention:
    """From one detector's boxes to a set's.

    Middle moved by a share of its size, size multiplied.
    """

    move: tuple[float, float] = (0.0, 0.0)
    grow: tuple[float, float] = (1.0, 1.0)

    def __call__(self, boxes: Floats) -> Floats:
        size = boxes[:, 2:] - boxes[:, :2]
        middle = (boxes[:, :2] + boxes[:, 2:]) / 2 + size * np.asarray(self.move, np.float32)
        half = size * np.asarray(self.grow, np.float32) / 2
        return np.asarray(np.concatenate([middle - half, middle + half], 1), np.float32)


def fitted(detect: Detect, cases: list[Case], least: float) -> Convention:
    """The convention that brings a detector's boxes to a set's.

    Medians over faces found (IoU 0.25 or more). Fitted on pictures made of the training part only.
    """
    pairs = []
    for case in cases:
        found = detect(case.picture, least)
        for true in case.boxes:
            if len(found.boxes):
                shared = overlaps(true, found.boxes)
                if shared.max() >= 0.25:
                    pairs.append((found.boxes[shared.argmax()], true))
    mine, theirs = (np.asarray(side, np.float32) for side in zip(*pairs, strict=True))
    size, wanted = mine[:, 2:] - mine[:, :2], theirs[:, 2:] - theirs[:, :2]
    move = np.median(
        ((theirs[:, :2] + theirs[:, 2:]) - (mine[:, :2] + mine[:, 2:])) / 2 / size, axis=0
    )
    grow = np.median(wanted / size, axis=0)
    return Convention((float(move[0]), float(move[1])), (float(grow[0]), float(grow[1])))


@dataclass(frozen=True)
class Tally:
    """Faces asked for, found at IoU 0.3 and 0.5.

    And found in place (middle within a third of the face's side and side within a factor 1.8,
    whatever the convention); `extra` detections that are no face asked for or passed.
    """

    asked: int
    at_30: int
    at_50: int
    in_place: int
    extra: int
    pictures: int

    @property
    def recall(self) -> tuple[float, float, float]:
        """Shares at IoU 0.3, at 0.5, in place."""
        many = max(1, self.asked)
        return self.at_30 / many, self.at_50 / many, self.in_place / many


def tally(
    detect: Detect,
    cases: list[Case],
    least: float,
    convention: Convention,
    chosen: Callable[[Case, Floats], bool] = lambda _case, _box: True,
) -> Tally:
    """Count over the faces for which `chosen` holds. One detection answers for one face."""
    counts = np.zeros(5, int)
    for case in cases:
        found = detect(case.picture, least)
        boxes = convention(found.boxes)
        used = np.zeros(len(boxes), bool)
        for true in case.boxes:
            ours = overlaps(true, boxes) * ~used if len(boxes) else np.zeros(0, np.float32)
            best = int(ours.argmax()) if len(ours) else -1
            shared = float(ours[best]) if len(ours) else 0.0
            if shared > 0.1:
                used[best] = True
            if not chosen(case, true):
                continue
            counts[0] += 1
            counts[1] += shared >= 0.3
            counts[2] += shared >= 0.5
            if shared > 0:
                there, here = boxes[best], true
                side, true_side = (float(np.sqrt(np.prod(b[2:] - b[:2]))) for b in (there, here))
                away = float(np.linalg.norm((there[:2] + there[2:] - here[:2] - here[2:]) / 2))
                counts[3] += away < true_side / 3 and 1 / 1.8 < side / true_side < 1.8
        for box in boxes[~used]:
            counts[4] += not len(case.passed) or overlaps(box, case.passed).max() < 0.15
    asked, at_30, at_50, in_place, extra = (int(c) for c in counts)
    return Tally(asked, at_30, at_50, in_place, extra, len(cases))


def is_small(case: Case, box: Floats) -> bool:
    """Under 1/6 of the picture's height."""
    return bool(box[3] - box[1] < SMALL * case.picture.shape[0])


def is_large(case: Case, box: Floats) -> bool:
    """1/6 of the picture's height or more."""
    return not is_small(case, box)


def false_alarms(detect: Detect, pictures: list[Bytes], levels: Floats) -> list[int]:
    """Detections at or above each level over pictures without faces."""
    scores = np.concatenate(
        [detect(p, float(min(levels))).scores for p in pictures] or [np.zeros(0, np.float32)]
    )
    return [int((scores >= level).sum()) for level in levels]


@dataclass(frozen=True)
class PointError:
    """Distances in % of the eye distance over faces found: mean by point, mean and median of all.

    Roll in degrees.
    """

    faces: int
    by_point: tuple[float, ...]
    mean: float
    median: float
    roll_mean: float
    roll_p95: float


Setup = tuple[Detect, float, Convention]


def key_error(setup: Setup, cases: list[Case], other: Setup | None = None) -> PointError:
    """Error over the faces found at IoU 0.3; with `other`, only over faces found by both."""
    detect, least, convention = setup
    errors, rolls = [], []
    for case in cases:
        found = detect(case.picture, least)
        boxes = convention(found.boxes)
        theirs = other[2](other[0](case.picture, other[1]).boxes) if other else None
        for true, keys in zip(case.boxes, case.keys, strict=True):
            if not len(boxes) or not np.isfinite(keys).all():
                continue
            if theirs is not None and (not len(theirs) or overlaps(true, theirs).max() < 0.3):
                continue
            shared = overlaps(true, boxes)
            if shared.max() < 0.3:
                continue
            ours = found.keys[shared.argmax()]
            apart = keys[1] - keys[0]
            # A profile's eyes nearly coincide: divide by a third of the box's width at least.
            distance = max(float(np.linalg.norm(apart)), float(true[2] - true[0]) / 3)
            errors.append(np.linalg.norm(ours - keys, axis=1) / distance * 100)
            mine = ours[1] - ours[0]
            turn = np.degrees(np.arctan2(mine[1], mine[0]) - np.arctan2(apart[1], apart[0]))
            rolls.append(abs((turn + 180) % 360 - 180))
    e = np.asarray(errors).reshape(-1, 6)
    if not len(e):
        return PointError(0, (float("nan"),) * 6, *(float("nan"),) * 4)
    return PointError(
        len(e),
        tuple(float(v) for v in e.mean(0)),
        float(e.mean()),
        float(np.median(e.mean(1))),
        float(np.mean(rolls)),
        float(np.percentile(rolls, 95)),
    )
