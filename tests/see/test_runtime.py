"""A model is the file that the code was written for, or it is refused by name."""

from __future__ import annotations

import hashlib
import importlib.util

import numpy as np
import pytest
from msgspec.structs import replace

from edge.see import detector, expression, eyes, landmarks
from edge.see.image import letterbox
from edge.see.runtime import RUNTIMES, ModelError, Tensor, load
from edge.types import Box

SPECS = [detector.SPEC, landmarks.SPEC, eyes.SPEC, expression.SPEC]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_every_model_of_the_manifest_runs_and_gives_finite_numbers(files, spec):
    model = load(spec, files[spec.name])
    for fill in (-128, 0, 127):
        outputs = model(np.full(spec.input.shape, fill, spec.input.dtype))
        for tensor in spec.outputs:
            assert outputs[tensor.name].values.shape == tensor.shape
            assert np.isfinite(outputs[tensor.name].real()).all()


def test_a_missing_model_is_named(files, tmp_path):
    gone = replace(files["detector"], path=tmp_path / "gone.tflite")
    with pytest.raises(ModelError, match=r"model detector: cannot read .*gone\.tflite: No such"):
        load(detector.SPEC, gone)


@pytest.mark.parametrize("damage", ["truncated", "one bit", "foreign"])
def test_a_damaged_or_foreign_model_is_refused_by_its_hash(files, tmp_path, damage):
    content = files["landmarks"].path.read_bytes()
    changed = {
        "truncated": content[:-1000],
        "one bit": content[:5000] + bytes([content[5000] ^ 1]) + content[5001:],
        "foreign": files["detector"].path.read_bytes(),
    }[damage]
    path = tmp_path / "landmarks.tflite"
    path.write_bytes(changed)
    with pytest.raises(ModelError, match="is not the file of the manifest"):
        load(landmarks.SPEC, replace(files["landmarks"], path=path))


def test_what_is_no_model_is_refused_even_with_the_right_hash(files, tmp_path):
    path = tmp_path / "notes.tflite"
    path.write_bytes(b"not a model at all" * 50)
    file = replace(
        files["detector"], path=path, sha256=hashlib.sha256(path.read_bytes()).hexdigest()
    )
    with pytest.raises(ModelError, match="not a usable"):
        load(detector.SPEC, file)


@pytest.mark.parametrize(
    ("tensor", "words"),
    [
        (Tensor("nose", (1, 3), "float32"), "no tensor 'nose', only"),
        (replace(detector.SPEC.outputs[0], shape=(1, 5)), "expected int8[1, 5]"),
        (replace(detector.SPEC.outputs[0], dtype="int32"), "expected int32"),
    ],
)
def test_a_model_with_other_tensors_is_refused_by_name(files, tensor, words):
    spec = replace(detector.SPEC, outputs=(tensor,))
    with pytest.raises(ModelError) as refusal:
        load(spec, files["detector"])
    assert words in str(refusal.value)


def test_without_any_runtime_it_says_what_to_install(files):
    with pytest.raises(ModelError, match="pip install ai-edge-litert"):
        load(detector.SPEC, files["detector"], runtime="no_such_runtime")


INSTALLED = [
    name.partition(".")[0] for name in RUNTIMES if importlib.util.find_spec(name.partition(".")[0])
]
"""On a developer's machine only the default; `.ci/run` runs this file with each of the two."""


@pytest.mark.parametrize("runtime", INSTALLED)
def test_every_runtime_that_is_installed_finds_the_same_faces(files, picture, runtime):
    square, placement = letterbox(picture("multi_face.jpg"), detector.SIZE)
    model = load(detector.SPEC, files["detector"], runtime=runtime)
    assert model.runtime == runtime
    boxes = [face.box for face in detector.decode(model(detector.prepare(square)), placement)]
    assert len(boxes) >= 2
    assert detector.overlap(boxes[0], BEST) > 0.9


BEST = Box(323, 265, 396, 343)
"""The best detection of the group picture, found with ai-edge-litert 2.1.6."""
