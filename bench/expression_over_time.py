"""Labels over time: ours as `mien analyze` says them, raw ones of every frame, and `fer`'s.

    python -m bench.expression_over_time        (needs `python tests/media/fetch.py media peers`)

Flicker is the number of label changes a minute while a face is in sight. Agreement is with what the
notes to the clips say a person sees, which is little: of one clip, that she is worried in frames 16
to 229 (her eyes shut until about 136, a hand over her face 92 to 140) and laughs from 230 on. For
worry any of sad, fear, anger and disgust is right, since none of the networks has the word; and
where ours is uncertain, what it is between counts for itself. Last, the rule's `worried`. The clip
is no test set: it says how labels behave over time, not how good a network is.

`fer` gets the faces that our detector finds, cut and scaled as its own code does (10 pixels
around the box, 64 x 64, -1..1). Cost is CPU of cutting the face and running the network, by frame.
"""

from __future__ import annotations

import importlib
import statistics
import time
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from edge import pipeline
from edge.analysis import film, kit
from edge.see import detector
from edge.see.settings import SightSettings
from edge.see.sight import Sight
from edge.types import EMOTIONS, NS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.analysis.kit import Kit
    from edge.types import Frame

ROOT = Path(__file__).parents[1]
MEDIA = ROOT / ".cache" / "media"
FER = ROOT / ".cache" / "peers" / "emotion_model_quantized.tflite"
FER_LABELS = ("anger", "disgust", "fear", "happy", "sad", "surprise", "neutral")
FER_OFFSETS = (10, 10)

WORRIED = frozenset({"sad", "fear", "anger", "disgust"})
LAUGHING = frozenset({"happy"})
TRUTH = {"WolfgangLanger_Pexels.mp4": ((16, 230, WORRIED), (230, 472, LAUGHING))}
CLIPS = ("WolfgangLanger_Pexels.mp4", "face_noface.mov", "noface_face.mov", "single_face.mp4")
SILENT = frozenset({None, "uncertain"})


@dataclass(frozen=True)
class Labels:
    """One label a frame; None where nothing is said. ``cpu_ms``: of the whole clip.

    ``between``: what an uncertain face is between; ``worried``: 0..1, where it was judged.
    """

    labels: list[str | None]
    cpu_ms: float
    between: list[tuple[str, ...]] = field(default_factory=list)
    worried: list[float | None] = field(default_factory=list)


def main() -> None:
    tools = kit.load()
    methods = {
        "ours, as `mien analyze` says it": smoothed,
        "ours, raw, every frame": raw,
        "fer mini-XCEPTION, every frame": Fer(tools),
    }
    totals: dict[str, list[tuple[float, float]]] = {name: [] for name in methods}
    costs: dict[str, list[float]] = {name: [] for name in methods}
    agreed: dict[str, tuple[float, float, float]] = {}
    notes: list[str] = []
    for clip in CLIPS:
        with film.opened(str(MEDIA / clip)) as opened:
            frames = list(opened.frames)
        for name, method in methods.items():
            found = method(frames, tools)
            totals[name].append(flicker(frames, found.labels))
            costs[name].append(found.cpu_ms / len(frames))
            if clip in TRUTH:
                agreed[name] = agreement(found.labels, TRUTH[clip])
                notes += said_of(found, TRUTH[clip])
    print("clips: " + ", ".join(CLIPS) + "\n")
    print("| | label changes a minute | right | wrong | says nothing | CPU ms a frame |")
    print("|---|---|---|---|---|---|")
    for name in methods:
        changes, minutes = map(sum, zip(*totals[name], strict=True))
        right, wrong, silent = agreed[name]
        print(
            f"| {name} | {changes / minutes:.1f} | {right:.0%} | {wrong:.0%} | {silent:.0%} "
            f"| {statistics.mean(costs[name]):.3f} |"
        )
    print("\n" + "\n".join(notes))


def smoothed(frames: list[Frame], tools: Kit) -> Labels:
    """The label of the face that has been in sight longest."""
    see = Sight(tools.models, SightSettings(), clock=time.thread_time_ns)
    found = Labels([], 0.0)
    for step in pipeline.judge(pipeline.observe(iter(frames), see), tools.rules):
        mood = step.people[0].mood if step.people else None
        found.labels.append(None if mood is None else mood.label)
        found.between.append(() if mood is None else mood.between)
        found.worried.append(step.people[0].worried if step.people else None)
    return replace(found, cpu_ms=see.cpu_ns["expression"] / 1e6)


def raw(frames: list[Frame], tools: Kit) -> Labels:
    """The likeliest emotion of each frame by itself."""
    settings = SightSettings(expression_hz=30.0)
    see = Sight(tools.models, settings, clock=time.thread_time_ns)
    labels: list[str | None] = []
    for frame in frames:
        faces = see(frame).faces
        emotion = faces[0].emotion if faces else None
        labels.append(None if emotion is None else EMOTIONS[int(np.argmax(emotion))])
    return Labels(labels, see.cpu_ns["expression"] / 1e6)


class Fer:
    """fer's network on the boxes of our detector."""

    def __init__(self, tools: Kit) -> None:
        if not FER.is_file():
            message = f"{FER} is missing: run `python tests/media/fetch.py peers`"
            raise SystemExit(message)
        module = importlib.import_module("ai_edge_litert.interpreter")
        self._net: Any = module.Interpreter(model_path=str(FER), num_threads=1)
        self._net.allocate_tensors()
        self._input = self._net.get_input_details()[0]
        self._output = self._net.get_output_details()[0]["index"]
        self._detector = tools.models["detector"]

    def __call__(self, frames: list[Frame], _tools: Kit) -> Labels:
        """The likeliest of its seven emotions in each frame."""
        labels: list[str | None] = []
        spent_ns = 0
        for frame in frames:
            found = detector.find(self._detector, frame.image, 0.5, 1)
            if not found:
                labels.append(None)
                continue
            started = time.thread_time_ns()
            box = found[0].box
            (dx, dy), (height, width) = FER_OFFSETS, frame.image.shape[:2]
            left, right = max(0, round(box.left) - dx), min(width, round(box.right) + dx)
            top, bottom = max(0, round(box.top) - dy), min(height, round(box.bottom) + dy)
            grey = cv2.cvtColor(frame.image[top:bottom, left:right], cv2.COLOR_RGB2GRAY)
            face = cv2.resize(grey, tuple(self._input["shape"][1:3]))
            scaled = ((face.astype(np.float32) / 255 - 0.5) * 2)[None, :, :, None]
            self._net.set_tensor(self._input["index"], scaled)
            self._net.invoke()
            labels.append(FER_LABELS[int(self._net.get_tensor(self._output)[0].argmax())])
            spent_ns += time.thread_time_ns() - started
        return Labels(labels, spent_ns / 1e6)


def flicker(frames: list[Frame], labels: list[str | None]) -> tuple[float, float]:
    """Changes from one label to another, and the minutes in which there was one."""
    spoken = list(_spoken(frames, labels))
    changes = sum(a != b for (a, _), (b, _) in pairwise(spoken))
    return float(changes), sum(length_s for _, length_s in spoken) / 60


def _spoken(frames: list[Frame], labels: list[str | None]) -> Iterator[tuple[str, float]]:
    times = [frame.t_ns / NS for frame in frames]
    for label, (start_s, end_s) in zip(labels, pairwise([*times, times[-1]]), strict=True):
        if label is not None:
            yield label, end_s - start_s


def agreement(
    labels: list[str | None], spans: tuple[tuple[int, int, frozenset[str]], ...]
) -> tuple[float, float, float]:
    """Shares of the frames of which a person said something: right, wrong, nothing said."""
    right = wrong = silent = 0
    for first, last, meant in spans:
        for label in labels[first:last]:
            right += label in meant
            silent += label in SILENT
            wrong += label not in meant and label not in SILENT
    total = right + wrong + silent
    return right / total, wrong / total, silent / total


def said_of(found: Labels, spans: tuple[tuple[int, int, frozenset[str]], ...]) -> list[str]:
    """Where ours is uncertain, how often one of those it is between is right; and the worry."""
    notes = []
    for first, last, meant in spans:
        sets = [b for b in found.between[first:last] if b]
        worried = [w for w in found.worried[first:last] if w is not None]
        if not worried:
            continue
        hits = sum(bool(meant & set(each)) for each in sets)
        halves = sum(w >= 0.5 for w in worried) / len(worried)
        what = "/".join(sorted(meant))
        notes.append(
            f"frames {first} to {last - 1} ({what}): uncertain in {len(sets)}, in {hits} of them "
            f"one of those it is between is right; worried {statistics.mean(worried):.2f} in the "
            f"mean, 0.5 or more in {halves:.0%}"
        )
    return notes


if __name__ == "__main__":
    main()
