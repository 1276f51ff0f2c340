"""Decoders on arrays written by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from edge.see import detector, expression, landmarks, pose
from edge.see.image import Placement, Region
from edge.types import EMOTIONS, Box

WHOLE = Placement(Region(63.5, 63.5, 128.0), 128)


def raw_detections() -> dict[str, np.ndarray]:
    return {
        "regressors": np.zeros((1, 896, 16), np.float32),
        "classificators": np.full((1, 896, 1), -20.0, np.float32),
    }


def put(outputs: dict[str, np.ndarray], anchor: int, logit: float, size: float = 40) -> None:
    outputs["classificators"][0, anchor, 0] = logit
    outputs["regressors"][0, anchor, :4] = (0, 0, size, size)
    outputs["regressors"][0, anchor, 4:8] = (-8, -8, 8, -8)  # the eyes


def test_one_anchor_is_one_face_at_its_place():
    outputs = raw_detections()
    put(outputs, 2 * (16 * 8 + 8), 3.0)  # cell (8, 8) of the fine grid: centre 68, 68
    (face,) = detector.decode(outputs, WHOLE)
    assert face.score == pytest.approx(1 / (1 + math.exp(-3)))
    assert face.box == Box(*(pytest.approx(v, abs=0.6) for v in (48, 48, 88, 88)))
    assert face.points[1] - face.points[0] == pytest.approx([16, 0], abs=1e-4)
    assert detector.region(face).angle == pytest.approx(0)
    assert detector.region(face).size == pytest.approx(60)


def test_two_anchors_on_one_face_are_one_face_and_the_better_score_wins():
    outputs = raw_detections()
    put(outputs, 2 * (16 * 8 + 8), 3.0)
    put(outputs, 2 * (16 * 8 + 9), 4.0)
    (face,) = detector.decode(outputs, WHOLE)
    assert face.score > 0.98


def test_no_more_faces_than_asked_for_and_the_best_of_them():
    outputs = raw_detections()
    for i, cell in enumerate((17, 30, 200, 238)):
        put(outputs, 2 * cell, 1.0 + i, size=10)
    scores = [face.score for face in detector.decode(outputs, WHOLE, most=2)]
    assert len(scores) == 2
    assert scores[0] > scores[1] > 0.9


def test_nothing_and_nan_are_no_face():
    outputs = raw_detections()
    assert detector.decode(outputs, WHOLE) == []
    outputs["classificators"][:] = np.nan
    assert detector.decode(outputs, WHOLE) == []


def face_points(openness: float) -> np.ndarray:
    points = np.zeros((468, 2), np.float32)
    for eye, x in ((landmarks.RIGHT_EYE, 100), (landmarks.LEFT_EYE, 160)):
        corners = [(x, 50), (x + 10, 50 - 15 * openness), (x + 20, 50 - 15 * openness)]
        corners += [(x + 30, 50), (x + 20, 50 + 15 * openness), (x + 10, 50 + 15 * openness)]
        points[list(eye)] = corners
    return points


def test_eye_aspect_ratio_is_on_the_common_scale():
    shut = landmarks.ear(face_points(landmarks.EAR_SHUT), landmarks.RIGHT_EYE)
    wide = landmarks.ear(face_points(landmarks.EAR_OPEN), landmarks.LEFT_EYE)
    assert shut == pytest.approx(0.26 / 3, abs=1e-4)
    assert wide == pytest.approx(0.26, abs=1e-4)


def test_points_that_fall_together_give_numbers_and_no_crash():
    points = np.zeros((468, 2), np.float32)
    assert math.isfinite(landmarks.ear(points, landmarks.RIGHT_EYE))
    assert math.isfinite(landmarks.mar(points))
    assert landmarks.region(points).size == 0


def test_a_turned_face_is_looked_at_upright_in_the_next_frame():
    angle = 0.5
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    points = face_points(0.3)
    points[list(landmarks.OUTLINE)] = [
        (100 + 60 * np.cos(a), 60 + 80 * np.sin(a)) for a in range(36)
    ]
    upright, turned = landmarks.region(points), landmarks.region((points @ turn).astype(np.float32))
    assert turned.angle == pytest.approx(upright.angle + angle, abs=0.01)
    assert turned.size == pytest.approx(upright.size, rel=0.01)


@pytest.mark.parametrize(
    ("across", "down", "wanted"),
    [
        ((10, 0, 0), (0, 10, 0), (0, 0, 0)),
        ((10, 0, 10), (0, 10, 0), (45, 0, 0)),
        ((10, 0, 0), (0, 10, 10), (0, 45, 0)),
        ((10, 10, 0), (0, 10, 0), (0, 0, 45)),
    ],
)
def test_pose_is_read_off_two_axes(across, down, wanted):
    found = pose.from_axes(np.float32(across), np.float32(down), 0.0, 0.0)
    assert (found.yaw_deg, found.pitch_deg, found.roll_deg) == pytest.approx(wanted, abs=1e-3)


def test_axes_without_length_have_no_pose():
    assert pose.from_axes(np.zeros(3, np.float32), np.zeros(3, np.float32), 0.0, 0.0) is None


def test_emotion_comes_in_the_order_of_the_product():
    outputs = {"Identity": np.array([[0.1, 0, 0, 0.6, 0, 0, 0.3]], np.float32)}
    given = dict(zip(EMOTIONS, expression.decode(outputs, EMOTIONS), strict=True))
    assert given["happy"] == pytest.approx(0.6)
    assert given["neutral"] == pytest.approx(0.3)
    assert given["anger"] == pytest.approx(0.1)
    assert sum(given.values()) == pytest.approx(1)
