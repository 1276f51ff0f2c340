"""Several people in one picture: who leans across whom, and who is locked out."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from edge.types import NS, Frame

RNG = np.random.default_rng(1)
GREY = np.full((480, 640, 3), 110, np.uint8) + RNG.integers(0, 5, (480, 640, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def cut(picture):
    """One face out of a picture, as large as is asked for, soft at its edge."""

    def face(name, box, size):
        left, top, right, bottom = box
        side = max(right - left, bottom - top) * 0.85
        x, y = (left + right) / 2, (top + bottom) / 2 - 0.06 * side
        rows, columns = (slice(round(m - side), round(m + side)) for m in (y, x))
        square = cv2.resize(picture(name)[rows, columns], (size, size))
        down, across = np.mgrid[:size, :size] / size - 0.5
        mask = np.clip((1.15 - (across / 0.4) ** 2 - (down / 0.47) ** 2) / 0.3, 0, 1)
        return square, mask[..., None]

    return face


@pytest.fixture
def show(cut):
    """Show ((square, mask), x, y) at ten frames a second: the last in front."""
    shown = []

    def frame(*faces):
        picture = GREY.astype(np.float32)
        for (square, mask), x, y in faces:
            half = len(square) // 2
            part = picture[y - half : y + half, x - half : x + half]
            part[:] = part * (1 - mask) + square * mask
        shown.append(0)
        return Frame(len(shown) * NS // 10, picture.astype(np.uint8))

    return frame


def places(seen):
    return {f.track: round((f.box.left + f.box.right) / 2) for f in seen.faces}


@pytest.mark.parametrize("in_front", [0, 1])
def test_ids_stay_with_seats_when_a_passenger_leans_across(sight, cut, show, in_front):
    see = sight(emotion=False)
    driver = cut("single_face.jpg", (191, 213, 374, 390), 300)
    passenger = cut("multi_face.jpg", (686, 321, 790, 416), 240)

    def look(x):
        both = [(driver, 170, 240), (passenger, x, 250)]
        return places(see(show(*both[:: 1 if in_front else -1])))

    for _ in range(20):
        before = look(500)
    for x in (*range(490, 200, -15), *[200] * 10, *range(200, 500, 15)):
        look(x)
    for _ in range(10):
        after = look(500)
    assert after == pytest.approx(before, abs=6)


def test_four_passengers_do_not_lock_the_driver_out(sight, cut, show):
    see = sight(emotion=False)
    driver = cut("single_face.jpg", (191, 213, 374, 390), 190)
    boxes = (312, 267, 399, 353), (686, 321, 790, 416), (535, 346, 625, 429), (436, 235, 516, 308)
    back = [cut("multi_face.jpg", box, 120) for box in boxes]
    behind = [(face, x, y) for face, x, y in zip(back, (65, 185, 460, 575), (90,) * 4, strict=True)]
    front = (driver, 320, 290)
    for _ in range(15):
        see(show(*behind, front))
    for _ in range(15):
        hidden = places(see(show(*behind)))
    assert len(hidden) == 4
    seen = [places(see(show(*behind, front))) for _ in range(4)]
    assert seen[-1].keys() - hidden.keys()
    assert max(see(show(*behind, front)).faces, key=lambda f: f.box.area).box.left > 200
