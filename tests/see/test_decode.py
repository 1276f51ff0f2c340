"""Decoders on arrays written by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from edge.see import detector, expression, landmarks, ratios
from edge.see.face import MEAN_SHAPE
from edge.see.image import Placement, Region
from edge.see.runtime import Stored
from edge.types import EMOTIONS, Box

WHOLE = Placement(Region(79.5, 79.5, 160.0), 160)
"""A picture of just the detector's size: frame pixels are input pixels."""


def answers() -> dict[str, Stored]:
    """No face anywhere; a step of a score is 0.1, of everything else 0.01."""
    scales = {"score": 0.1, "box": 0.01, "keys": 0.01}
    outputs = {}
    for tensor in detector.SPEC.outputs:
        kind = tensor.name.partition("_")[0]
        fill = -128 if kind == "score" else 0
        outputs[tensor.name] = Stored(np.full(tensor.shape, fill, np.int8), scales[kind], 0)
    return outputs


def put(outputs, row: int, column: int, logit: float, grid: str = "large") -> None:
    outputs[f"score_{grid}"].values[0, row, column, 0] = round(logit / 0.1)
    outputs[f"keys_{grid}"].values[0, row, column, :4] = (-20, -10, 20, -10)  # the eyes


def test_one_cell_is_one_face_at_its_place():
    outputs = answers()
    put(outputs, 4, 5, 3.0)  # the middle of the cell: column 5.5, row 4.5 times 16, less a half
    (face,) = detector.decode(outputs, WHOLE)
    assert face.score == pytest.approx(1 / (1 + math.exp(-3)), abs=1e-3)
    assert face.box == Box(*(pytest.approx(v, abs=0.01) for v in (47.5, 31.5, 127.5, 111.5)))
    assert face.points[0] == pytest.approx([87.5 - 16, 71.5 - 8], abs=0.01)
    assert face.points[1] == pytest.approx([87.5 + 16, 71.5 - 8], abs=0.01)


def test_the_two_grids_are_for_faces_of_different_size():
    outputs = answers()
    put(outputs, 3, 3, 3.0, "small")
    put(outputs, 7, 7, 3.0, "large")
    sizes = sorted(f.box.right - f.box.left for f in detector.decode(outputs, WHOLE))
    assert sizes == pytest.approx([24, 80], abs=0.01)


def test_neighbouring_cells_on_one_face_are_averaged_into_one():
    outputs = answers()
    put(outputs, 4, 5, 3.0)
    put(outputs, 4, 6, 3.0)
    (face,) = detector.decode(outputs, WHOLE)
    assert (face.box.left + face.box.right) / 2 == pytest.approx(95.5, abs=0.01)


def test_no_more_faces_than_asked_for_and_the_best_of_them():
    outputs = answers()
    for i, (row, column) in enumerate([(2, 2), (2, 17), (17, 2), (17, 17)]):
        put(outputs, row, column, 1.0 + i, "small")
    scores = [face.score for face in detector.decode(outputs, WHOLE, most=2)]
    assert len(scores) == 2
    assert scores[0] > scores[1] > 0.9


def test_nothing_is_no_face():
    assert detector.decode(answers(), WHOLE) == []


def marks(**raw: object) -> dict[str, Stored]:
    """Landmark outputs with a step of 1/100, zero where nothing is said."""
    outputs = {}
    for tensor in landmarks.SPEC.outputs:
        values = np.zeros(tensor.shape, np.int8)
        if tensor.name in raw:
            values[0] = raw[tensor.name]
        outputs[tensor.name] = Stored(values, 0.01, 0)
    return outputs


CROP = Placement(Region(300.0, 200.0, 256.0), 128)


def test_points_are_a_groups_centre_and_an_offset_in_parts_of_the_crop():
    centres = np.zeros(12, np.int8)
    centres[0:2] = (-25, 10)  # right eye: a quarter of the side to the left, a tenth down
    eyes = np.zeros(84, np.int8)
    eyes[0:2] = (-5, 0)  # its outer corner
    found = landmarks.decode(marks(centres=centres, eyes=eyes), CROP).points
    moved = (found - np.float32([300, 200])) / 256 - MEAN_SHAPE  # parts of the side, off the mean
    assert moved[0] == pytest.approx([-0.30, 0.10], abs=1e-4)
    assert moved[8] == pytest.approx([-0.25, 0.10], abs=1e-4)
    assert moved[114] == pytest.approx([0, 0], abs=1e-4)  # outline: no group


def test_probabilities_and_pose_come_out_in_their_units():
    turned = Placement(Region(0, 0, 100, math.radians(10)), 128)
    found = landmarks.decode(marks(pose=(50, -25, 0), visible=(100, 0, -100), face=127), turned)
    assert found.pose.yaw_deg == pytest.approx(30)
    assert found.pose.pitch_deg == pytest.approx(-15)
    assert found.pose.roll_deg == pytest.approx(10)
    assert found.seen == pytest.approx((0.731, 0.5, 0.269), abs=1e-3)
    assert found.flag == pytest.approx(1 / (1 + math.exp(-1.27)))


def face_points(openness: float) -> np.ndarray:
    """Both eyes 30 px wide, every middle pair of lids ``30 * openness`` apart; mouth likewise."""
    points = np.zeros((127, 2), np.float32)
    for start, x in ((landmarks.RIGHT_EYE, 100), (landmarks.LEFT_EYE, 160)):
        for k in range(8):
            points[start + k] = (x + 30 * k / 8, 50 + 15 * openness * (k > 0))
            points[start + 8 + k] = (x + 30 * k / 8, 50 - 15 * openness * (k > 0))
        points[start + 8] = (x + 30, 50)
    for k in range(10):
        points[landmarks.INNER_LIPS + k] = (130 + 3 * k, 120 + 15 * openness * (k > 0))
        points[landmarks.INNER_LIPS + 10 + k] = (130 + 3 * k, 120 - 15 * openness * (k > 0))
    points[landmarks.INNER_LIPS + 10] = (160, 120)
    points[landmarks.EXTENT] = [(145 + 60 * np.cos(a), 80 + 80 * np.sin(a)) for a in range(33)]
    return points


def test_eye_aspect_ratio_is_on_the_common_scale():
    low, high = ratios.RAW_SHUT, ratios.RAW_OPEN
    half = ratios.shape(face_points((low + high) / 2))
    wide = ratios.shape(face_points(high))
    assert half.ears == pytest.approx((0.26 * 2 / 3, 0.26 * 2 / 3), abs=1e-4)
    assert wide.ears == pytest.approx((0.26, 0.26), abs=1e-4)
    assert wide.widths == pytest.approx((30, 30))
    assert wide.mar == pytest.approx(0.3 * ratios.MAR_SCALE, abs=1e-4)


def test_points_that_fall_together_give_numbers_and_no_crash():
    points = np.zeros((127, 2), np.float32)
    found = ratios.shape(points)
    assert np.isfinite([*found.ears, found.mar]).all()
    assert landmarks.region(points).size == 0


def test_a_turned_face_is_looked_at_upright_in_the_next_frame():
    angle = 0.5
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    points = face_points(0.3)
    upright, turned = landmarks.region(points), landmarks.region((points @ turn).astype(np.float32))
    assert turned.angle == pytest.approx(upright.angle + angle, abs=0.01)
    assert turned.size == pytest.approx(upright.size, rel=0.01)


def test_the_first_crop_of_a_detection_is_upright_by_the_eyes_and_about_as_large_as_the_face():
    outputs = answers()
    put(outputs, 4, 5, 3.0)
    outputs["keys_large"].values[0, 4, 5, 6:8] = (0, 30)  # the mouth
    (face,) = detector.decode(outputs, WHOLE)
    first = landmarks.first_region(face)
    assert first.angle == pytest.approx(0)
    assert 0.8 < first.size / (face.box.bottom - face.box.top) < 1.5


def test_emotion_adds_up_to_one_and_the_temperature_sharpens_it():
    logits = np.zeros((1, 8), np.int8)
    logits[0, 1] = 100
    outputs = {"logits": Stored(logits, 0.01, 0)}
    plain, sharp = expression.decode(outputs, 1.0), expression.decode(outputs, 0.5)
    assert sum(plain) == pytest.approx(1)
    assert EMOTIONS[int(np.argmax(plain))] == "happy"
    assert sharp[1] > plain[1] > 1 / 8


def test_an_expression_is_cut_as_the_training_pictures_are():
    eyes = (np.float32([100, 100]), np.float32([138.5, 100]))
    found = expression.region(eyes, np.float32([119.25, 130]))
    assert found.size == pytest.approx(100, abs=0.1)
    assert (found.x, found.y) == pytest.approx((119.25, 111), abs=0.1)
