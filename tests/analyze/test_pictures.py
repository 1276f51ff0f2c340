"""What is drawn on a picture must not hide what it is drawn about."""

from __future__ import annotations

import numpy as np
import pytest

from edge.analysis import results as r
from edge.analysis.write.pictures import annotated
from tests.analyze.people import somebody


def face(track: int, left: float, top: float, *, label: str = "happy", side: float = 60) -> r.Face:
    between = ["neutral", "sad"] if label == "uncertain" else []
    box = (left, top, left + side, top + side)
    return somebody(track, box, label, felt={"worried": 0.0, "between": between})


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
