"""What training measures with is what the product reads; and the committed file's recorded answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge import config
from edge.see import detector, image
from edge.see.runtime import load
from models.training.detector.decode import Found, merged

ROOT = Path(__file__).resolve().parents[2]
FIXTURE = ROOT / "tests" / "fixtures" / "detector.npz"
MODEL = ROOT / "models" / "detector.tflite"


@pytest.mark.parametrize("size", [(160, 160), (120, 160)])
def test_training_sees_the_faces_that_the_product_sees(size):
    pytest.importorskip("ai_edge_litert")
    from models.training.detector.evaluate import Ours

    noise = np.random.default_rng(3).integers(0, 256, (*size, 3), np.uint8)
    found = Ours(MODEL)(noise, 0.001)
    square, placement = image.letterbox(noise, detector.SIZE)
    model = load(detector.SPEC, config.manifest(config.manifest_path())["detector"])
    ours = detector.decode(model(detector.prepare(square)), placement, 0.001, 1000)
    assert len(found.boxes) == len(ours) > 0
    theirs = [[f.box.left, f.box.top, f.box.right, f.box.bottom] for f in ours]
    # a label's picture begins at the corner of its first pixel, the product's at its middle
    assert found.boxes - 0.5 == pytest.approx(np.array(theirs), abs=1e-3)
    assert found.scores == pytest.approx(np.array([f.score for f in ours]))


def test_neighbours_that_saw_one_face_are_averaged():
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 12], [50, 50, 60, 60]], np.float32)
    found = merged(
        Found(boxes, np.zeros((3, 6, 2), np.float32), np.array([0.6, 0.9, 0.7], np.float32))
    )
    assert found.scores == pytest.approx([0.9, 0.7])
    assert found.boxes[0, 3] == pytest.approx(0.6 * 12 + 0.4 * 10)


def test_the_committed_file_gives_its_recorded_answers_bit_for_bit():
    pytest.importorskip("ai_edge_litert")
    from models.training import graph
    from models.training.detector.parity import synthetic

    recorded = np.load(FIXTURE)
    pictures = synthetic()
    assert np.array_equal(pictures.astype(np.int64).sum((1, 2, 3)), recorded["checksum"]), (
        "the inputs differ"
    )
    for name, (values, _, _) in graph.run_raw(MODEL, pictures).items():
        assert np.array_equal(values, recorded[f"out_{name}"]), name


def test_the_committed_file_is_one_partition_of_int8():
    pytest.importorskip("ai_edge_litert")
    from models.training import graph

    found = graph.read(MODEL)
    graph.check(found)
    assert found.size <= 150_000
    assert found.macs <= 20_000_000
