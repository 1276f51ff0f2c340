"""When the face is well placed, and what people are told while it is not."""

from __future__ import annotations

import math

import pytest
from msgspec.structs import replace

from edge.page.placing import placed
from edge.types import Box, FaceReading, Light, Observation, Pose, Step

FACE = FaceReading(
    track=1,
    box=Box(250, 150, 390, 310),
    confidence=0.97,
    ear=0.26,
    pose=Pose(2.0, -5.0, 1.0),
    eyes_visible=0.99,
)
SEEN = Observation(t_ns=1, faces=(FACE,), light=Light(0.4, 0.2), width=640, height=480)
STEP = Step(t_ns=1, track=1, faces=1, light="ok")


def said(step=STEP, fps=30.0, **changes):
    return placed(replace(SEEN, faces=(replace(FACE, **changes),)), step, fps)


def test_a_face_in_the_middle_near_enough_and_in_good_light_can_stay():
    assert said().good
    assert said().words == ()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"box": Box(300, 200, 350, 260)}, "Too far away"),
        ({"box": Box(100, 20, 480, 460)}, "Too close"),
        ({"box": Box(20, 150, 160, 310)}, "towards the left of this picture"),
        ({"box": Box(500, 150, 639, 310)}, "towards the right of this picture"),
        ({"box": Box(250, 0, 390, 140)}, "Tilt the camera up"),
        ({"box": Box(250, 330, 390, 479)}, "Tilt the camera down"),
        ({"pose": Pose(35.0, 0.0, 0.0)}, "more in front of your face"),
        ({"pose": Pose(0.0, 28.0, 0.0)}, "the height of your eyes"),
        ({"pose": Pose(0.0, 0.0, -25.0)}, "turn it upright"),
        ({"eyes_visible": 0.1}, "eyes cannot be seen"),
    ],
)
def test_what_is_wrong_is_said_in_words_that_say_what_to_do(changes, words):
    found = said(**changes)
    assert not found.good
    assert words in found.words[0]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("camera_black", "cap still on the lens"),
        ("camera_covered", "covers the lens"),
        ("camera_frozen", "stands still"),
        ("camera_rotate_180", "on its head: set camera.rotate: 180"),
    ],
)
def test_a_picture_that_shows_nothing_is_all_that_is_spoken_of(fault, words):
    found = said(replace(STEP, faults=(fault, "board_hot")))
    assert len(found.words) == 1
    assert words in found.words[0]


def test_nobody_there_the_dark_glare_and_a_slow_camera_are_said():
    assert "No face" in placed(replace(SEEN, faces=()), STEP).words[0]
    assert "Too dark" in said(replace(STEP, light="low")).words[0]
    glare = placed(replace(SEEN, light=Light(0.95, 0.1)), STEP)
    assert "Too bright" in glare.words[0]
    assert said(fps=9.0).words == ("Only 9 pictures a second: more light may help.",)


def test_it_is_the_face_that_is_judged_that_must_be_well_placed():
    passenger = replace(FACE, track=2, box=Box(10, 10, 400, 470))
    both = replace(SEEN, faces=(passenger, FACE))
    assert placed(both, STEP, 30.0).good
    assert "Too close" in placed(both, replace(STEP, track=None), 30.0).words[0]


def test_readings_that_are_no_numbers_are_not_well_placed():
    nan = math.nan
    assert not said(box=Box(nan, nan, nan, nan)).good
