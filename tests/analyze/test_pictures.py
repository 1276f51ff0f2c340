"""What is drawn on a picture must not hide what it is drawn about."""

from __future__ import annotations

import numpy as np
import pytest

from edge.analysis import results as r
from edge.analysis.write.pictures import annotated
from edge.types import EMOTIONS


def face(track: int, left: float, top: float, *, label: str = "happy", side: float = 60) -> r.Face:
    return r.Face(
        track=track,
        box=(left, top, left + side, top + side),
        confidence=1.0,
        eyes_open=1.0,
        mouth_open=0.0,
        yaw_deg=0.0,
        pitch_deg=0.0,
        roll_deg=0.0,
        attention=None,
        emotion=r.Emotion(
            label=label,
            confidence=0.9,
            probabilities=dict.fromkeys(EMOTIONS, 0.125),
            valence=0.0,
            arousal=0.0,
            calm=None,
            worried=0.0,
            confused=None,
            attitude=None,
            between=["neutral", "sad"] if label == "uncertain" else [],
        ),
    )


def drawn(*faces: r.Face, driver: r.Driver | None = None) -> np.ndarray:
    black = np.zeros((480, 640, 3), np.uint8)
    seen = r.Frame(index=0, t_s=0.0, light="ok", faces=list(faces), driver=driver)
    return annotated(black, seen)


@pytest.mark.parametrize("label", ["happy", "uncertain"])
def test_words_hide_no_face_in_a_crowd(label):
    crowd = [
        face(1 + row * 6 + column, 20 + 100 * column, 10 + 75 * row, label=label)
        for row in range(6)
        for column in range(6)
    ]
    picture = drawn(*crowd)
    for each in crowd:
        left, top, right, bottom = (int(v) for v in each.box)
        assert not picture[top + 12 : bottom - 12, left + 12 : right - 12].any()
        assert picture[top, left + 20 : right - 20].any()  # its box is there


def test_everything_is_written_inside_the_picture():
    whole = drawn(face(1, -20, -20), face(2, 600, 440))
    assert whole.shape == (480, 640, 3)
    plain = drawn()
    assert not plain.any()
    assert (whole[:60, :200] != 0).any()
    assert (whole[380:, 440:] != 0).any()
