"""The parity gate: what int8 costs against the float network that it was made from.

On the pinned clips: the same crops through both, and then the two as the product would run them,
which must raise the same alerts. ``models/float`` is for this gate; no device has it.
"""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from edge import pipeline
from edge.judge.rules import Rules
from edge.see import detector, expression, eyes, image, landmarks, ratios
from edge.see.modelfile import ModelFile
from edge.see.runtime import Stored, load
from edge.see.settings import SightSettings
from edge.see.sight import Sight
from edge.types import NS

FLOAT = Path(__file__).parents[2] / "models" / "float"
CLIPS = ("WolfgangLanger_Pexels.mp4", "single_face.mp4", "face_noface.mov", "noface_face.mov")
SPECS = {spec.name: spec for spec in (detector.SPEC, landmarks.SPEC, eyes.SPEC, expression.SPEC)}


class InFloat:
    """A float network behind the face of the int8 one: stored bytes in, stored outputs out."""

    def __init__(self, name: str, temperature: float) -> None:
        spec = SPECS[name]
        tensors = [replace(t, dtype="float32") for t in (spec.input, *spec.outputs)]
        path = FLOAT / f"{name}.tflite"
        self.file = ModelFile(
            path, hashlib.sha256(path.read_bytes()).hexdigest(), temperature=temperature
        )
        self._model = load(replace(spec, input=tensors[0], outputs=tuple(tensors[1:])), self.file)
        self.runtime = self._model.runtime

    def __call__(self, stored: np.ndarray) -> dict[str, Stored]:
        real = (stored.astype(np.float32) + 128) / 255
        outputs = self._model(real)
        return {name: Stored(out.values, 1.0, 0) for name, out in outputs.items()}


@pytest.fixture(scope="module")
def models(files):
    int8 = {name: load(spec, files[name]) for name, spec in SPECS.items()}
    return int8, {name: InFloat(name, files[name].temperature) for name in SPECS}


@pytest.fixture(scope="module")
def faces(models, clip):
    """Crops and points of every fourth frame that shows a face, by int8 and by float."""
    int8, real = models
    found = []
    for name in CLIPS:
        see = Sight(int8, SightSettings(faces=1), emotion=False)
        for i, frame in enumerate(clip(name)):
            seen = see(frame)
            if i % 4 or not seen.faces or not see._tracks.now:
                continue
            crop, placement = image.fit_grey(frame.image, see._tracks.now[0].region, landmarks.SIZE)
            stored = landmarks.prepare(crop)
            where = []  # the eyes' pictures, too, are the same for both

            def closer(points, net, crop=crop, where=where):
                where.append(eyes.places(points))
                shown = eyes.prepare(eyes.cut(crop, where[0]))
                again = points.copy()
                again[eyes.POINTS] = eyes.decode(net["eyes"](shown), where[0])
                return again

            pair = [
                landmarks.decode(net["landmarks"](stored), placement, partial(closer, net=net))
                for net in (int8, real)
            ]
            found.append((frame, *pair))
    assert len(found) > 150
    return found


def test_points_move_by_less_than_six_tenths_of_a_percent_of_the_eye_distance(faces):
    errors = [
        np.linalg.norm(a.points - b.points, axis=1).mean()
        / np.linalg.norm(b.points[landmarks.RIGHT_EYE] - b.points[landmarks.LEFT_EYE])
        for _, a, b in faces
    ]
    assert np.mean(errors) <= 0.006


def test_eye_aspect_ratio_moves_by_less_than_five_thousandths(faces):
    scale = (ratios.RAW_OPEN - ratios.RAW_SHUT) / (0.26 * 2 / 3)  # back to the raw ratio
    errors = [
        abs(a - b) * scale
        for _, x, y in faces
        for a, b in zip(ratios.shape(x.points).ears, ratios.shape(y.points).ears, strict=True)
    ]
    assert np.mean(errors) <= 0.005


def test_the_expression_is_the_same_one(faces, models):
    """Top-1 may fall by a point at most; where float itself wavers, either answer will do."""
    int8, real = models
    same = clear = 0
    for frame, _, marks in faces:
        region = expression.region(*landmarks.anchor(marks.points))
        crop, _ = image.fit_grey(frame.image, region, expression.SIZE)
        stored = expression.prepare(crop)
        a, b = (
            expression.decode(net["expression"](stored), net["expression"].file.temperature)
            for net in (int8, real)
        )
        second, first = np.sort(b)[-2:]
        if first - second > 0.05:
            clear += 1
            same += int(np.argmax(a) == np.argmax(b))
    assert clear > 100
    assert same / clear >= 0.99


@pytest.mark.parametrize("name", CLIPS)
def test_the_same_alerts_come_at_the_same_times(models, clip, name):
    def alerts(nets):
        steps = pipeline.judge(pipeline.observe(clip(name), Sight(nets, SightSettings())), Rules())
        return [(a.type, a.change, a.level, a.t_ns) for step in steps for a in step.changes]

    ours, real = (alerts(nets) for nets in models)
    assert [a[:3] for a in ours] == [a[:3] for a in real]
    assert all(abs(a[3] - b[3]) <= 0.2 * NS for a, b in zip(ours, real, strict=True))
