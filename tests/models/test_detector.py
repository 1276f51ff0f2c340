"""The detector's decoder on answers written by hand, and the committed file against its recorded answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.training.detector.decode import Found, Head, candidates, faces, merged

ROOT = Path(__file__).resolve().parents[2]
FIXTURE = ROOT / "tests" / "fixtures" / "detector.npz"
MODEL = ROOT / "models" / "detector.tflite"


def silent() -> dict[str, Head]:
    """Answers of a picture without anybody: every logit is -8."""
    heads = {}
    for name, grid in (("small", 20), ("large", 10)):
        heads[f"score_{name}"] = Head(np.full((1, grid, grid, 1), -80, np.int8), 0.1, 0)
        heads[f"box_{name}"] = Head(np.zeros((1, grid, grid, 4), np.int8), 0.01, 0)
        heads[f"keys_{name}"] = Head(np.zeros((1, grid, grid, 12), np.int8), 0.01, 0)
    return heads


def test_nobody_is_no_face():
    found = faces(silent(), 0.5, 1.0, 0.0, 0.0)
    assert found.boxes.shape == (0, 4)
    assert found.keys.shape == (0, 6, 2)
    assert found.scores.shape == (0,)


def test_a_cell_says_where_the_face_is():
    heads = silent()
    heads["score_large"].values[0, 4, 2, 0] = 40  # logit 4
    heads["box_large"].values[0, 4, 2] = (
        50,
        -25,
        0,
        0,
    )  # half a stride right, a quarter up; 80 pixels
    heads["keys_large"].values[0, 4, 2, :2] = (-20, -10)
    found = candidates(heads, 0.5)
    assert found.boxes[0] == pytest.approx([48 - 40, 68 - 40, 48 + 40, 68 + 40])
    assert found.keys[0, 0] == pytest.approx([48 - 16, 68 - 8])
    assert found.scores[0] == pytest.approx(1 / (1 + np.exp(-4)))


def test_the_way_back_undoes_the_letterbox():
    heads = silent()
    heads["score_small"].values[0, 0, 0, 0] = 40
    found = faces(heads, 0.5, 0.25, 0.0, 20.0)  # 640x480: a quarter, 20 black rows above
    assert found.boxes[0] == pytest.approx(
        [(4 - 12) * 4, (4 - 12 - 20) * 4, (4 + 12) * 4, (4 + 12 - 20) * 4]
    )


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
