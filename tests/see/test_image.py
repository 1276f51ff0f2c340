"""Cutting and scaling: what goes into a crop comes back to where it was."""

from __future__ import annotations

import numpy as np
import pytest

from edge.see.image import Region, fit, grey, letterbox, light


def dot(width: int, height: int, x: float, y: float) -> np.ndarray:
    across, down = np.meshgrid(np.arange(width), np.arange(height))
    bump = np.exp(-((across - x) ** 2 + (down - y) ** 2) / (2 * (width / 60) ** 2))
    return np.repeat((255 * bump).astype(np.uint8)[:, :, None], 3, axis=2)


def centre(crop: np.ndarray) -> np.ndarray:
    weight = crop[:, :, 1].astype(float)
    weight[weight < 100] = 0
    at = np.arange(crop.shape[0])
    return np.array(
        [[(weight.sum(0) * at).sum(), (weight.sum(1) * at).sum()]], np.float32
    ) / np.float32(weight.sum())


@pytest.mark.parametrize("size", [(640, 480), (1920, 1080), (160, 120)])
@pytest.mark.parametrize("angle", [-0.9, 0.0, 0.4])
@pytest.mark.parametrize("part", [0.2, 0.5, 0.9])
def test_a_dot_in_a_crop_is_found_where_it_was_in_the_frame(size, angle, part):
    width, height = size
    x, y = 0.47 * width, 0.55 * height
    region = Region(0.5 * width, 0.52 * height, part * height, angle)
    crop, placement = fit(dot(width, height, x, y), region, 128)
    found = placement.to_frame(centre(crop))[0]
    assert np.hypot(*(found - (x, y))) < 0.25 * region.size / 128


@pytest.mark.parametrize("size", [(640, 480), (480, 640), (1921, 1079), (100, 90)])
def test_a_dot_in_a_letterbox_is_found_where_it_was_in_the_frame(size):
    width, height = size
    x, y = 0.3 * width, 0.7 * height
    square, placement = letterbox(dot(width, height, x, y), 128)
    assert square.shape == (128, 128, 3)
    found = placement.to_frame(centre(square))[0]
    assert np.hypot(*(found - (x, y))) < 0.3 * max(size) / 128


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 900, 3), (6000, 8000, 3)])
def test_the_oddest_pictures_still_give_a_square(shape):
    square, placement = letterbox(np.full(shape, 200, np.uint8), 128)
    assert square.shape == (128, 128, 3)
    assert np.isfinite(placement.to_frame(np.zeros((1, 2), np.float32))).all()


def test_a_region_outside_of_the_picture_is_black():
    white = np.full((100, 100, 3), 255, np.uint8)
    for far in (Region(900, 900, 50), Region(-900, -900, 500)):
        crop, _ = fit(white, far, 64)
        assert crop.shape == (64, 64, 3)
        assert crop.max() == 0


def test_a_turned_region_comes_out_upright():
    picture = np.zeros((200, 200, 3), np.uint8)
    for step in range(-60, 61):  # a line that rises by 45 degrees
        picture[100 + step - 2 : 100 + step + 3, 100 + step - 2 : 100 + step + 3] = 255
    crop, _ = fit(picture, Region(100, 100, 100, np.pi / 4), 100)
    assert crop[50, 10:90, 0].min() > 200
    assert crop[20, :, 0].max() == 0


def test_grey_weighs_green_most():
    primaries = np.eye(3, dtype=np.uint8)[None] * 255
    assert grey(primaries).tolist() == [[76, 150, 29]]


def test_light_of_a_frozen_picture_is_repeated_and_of_a_live_one_is_not():
    picture = np.random.default_rng(1).integers(90, 110, (120, 160, 3)).astype(np.uint8)
    first, before = light(picture)
    again, before = light(picture.copy(), before)
    noisy, before = light(picture + 1, before)
    in_turn, _ = light(picture, before)
    said = [seen.repeated for seen in (first, again, noisy, in_turn)]
    assert said == [False, True, False, True], "a driver may hand out its buffers in turn"
    assert first.mean == pytest.approx(0.39, abs=0.02)
    assert 0 < first.spread < 0.1
