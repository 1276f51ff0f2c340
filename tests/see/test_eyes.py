"""The closer look: where it looks, what comes back, and what it is good for on real eyes."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from edge.see import eyes, image, landmarks
from edge.see.face import MEAN_SHAPE
from edge.see.runtime import Stored, load
from edge.see.settings import SightSettings
from edge.see.sight import Sight

FIXTURE = Path(__file__).parents[1] / "fixtures" / "eyes.npz"
FACE = (MEAN_SHAPE * 128 + 63.5).astype(np.float32)
LOWERED, SHUT, OPEN = slice(2, 14), slice(20, 88), slice(160, 198)
"""Of the sleeper's clip, by frame: looking down, asleep without a hand, awake."""


def turned(points: np.ndarray, degrees: float) -> np.ndarray:
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return ((points - 63.5) @ turn + 63.5).astype(np.float32)


@pytest.mark.parametrize("degrees", [-25, 0, 40])
def test_both_eyes_are_shown_level_outer_corner_first_and_of_one_width(degrees):
    points = turned(FACE, degrees)
    where = eyes.places(points)
    for numbers, there in zip(eyes.POINTS, where, strict=True):
        outer, inner = (points[numbers[[0, 8]]] @ there[:, :2].T + there[:, 2]).tolist()
        assert inner[0] - outer[0] == pytest.approx(eyes.WIDTH, rel=0.02)
        assert inner[1] == pytest.approx(outer[1], abs=2)


@pytest.mark.parametrize("degrees", [-25, 0, 40])
def test_points_come_back_to_where_they_were_seen(degrees):
    points = turned(FACE, degrees)
    where = eyes.places(points)
    shown = [points[k] @ w[:, :2].T + w[:, 2] for k, w in zip(eyes.POINTS, where, strict=True)]
    said = ((np.array(shown) - eyes.MIDDLE) / eyes.WIDTH - eyes.MEAN_EYE) / 0.005
    stored = Stored(np.round(said).astype(np.int8).reshape(1, 2, 1, 42), 0.005, 0)
    assert eyes.decode({"points": stored}, where) == pytest.approx(points[eyes.POINTS], abs=0.1)


@pytest.mark.parametrize("points", [np.zeros((127, 2)), np.full((127, 2), np.nan)])
def test_where_there_is_no_eye_nobody_looks_closer(points):
    points = points.astype(np.float32)
    assert eyes.closer(None, np.zeros((128, 128), np.uint8), points) is points


def test_the_shipped_file_gives_the_bits_of_its_training(files):
    model = load(eyes.SPEC, files["eyes"])
    with np.load(FIXTURE) as kept:
        for grid, wanted in zip(kept["grids"], kept["points"], strict=True):
            picture = grid.repeat(8, axis=0).repeat(8, axis=1)
            assert (model(eyes.prepare(picture))["points"].values[0] == wanted).all()


@pytest.fixture(scope="module")
def openings(files, clip):
    """Eye aspect ratio of every frame of the sleeper, as the product reads it."""
    see = Sight.load(files, SightSettings(faces=1), emotion=False)
    faces = (see(frame).faces for frame in clip("WolfgangLanger_Pexels.mp4")[:200])
    return np.array([face[0].ear if face and face[0].ear is not None else np.nan for face in faces])


def test_lowered_eyes_are_not_shut_ones(openings):
    lowered, shut, opened = (openings[part] for part in (LOWERED, SHUT, OPEN))
    assert np.nanmedian(lowered) > np.nanpercentile(shut, 95)
    assert np.nanmin(opened) > np.nanmax(lowered)


def test_a_second_look_takes_nothing_from_the_rest_of_the_face(files, clip):
    first, second = (load(spec, files[spec.name]) for spec in (landmarks.SPEC, eyes.SPEC))
    frame = clip("single_face.mp4")[0]
    see = Sight.load(files, SightSettings(faces=1), emotion=False)
    see(frame)
    crop, placement = image.fit_grey(frame.image, see._tracks.now[0].region, landmarks.SIZE)
    outputs = first(landmarks.prepare(crop))
    alone = landmarks.decode(outputs, placement).points
    both = landmarks.decode(outputs, placement, partial(eyes.closer, second, crop)).points
    rest = np.setdiff1d(np.arange(127), eyes.POINTS)
    assert (alone[rest] == both[rest]).all()
    moved = np.linalg.norm(alone[eyes.POINTS] - both[eyes.POINTS], axis=-1)
    width = np.linalg.norm(alone[0] - alone[8])
    assert 0 < moved.mean() < 0.2 * width
