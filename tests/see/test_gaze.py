"""Where eyes look: on drawn irises, on people who look at the camera, and in a mirror."""

from __future__ import annotations

import math

import numpy as np
import pytest

from edge.see.face import MEAN_SHAPE
from edge.see.gaze import ACROSS_MM, ALONG_MM, APART_MM, OUT_MM, UP_MM, gaze
from edge.see.settings import SightSettings
from edge.see.sight import Sight
from edge.types import Frame, Pose

OPEN, SEEN = (0.26, 0.26), (1.0, 1.0, 1.0)
LEVEL = Pose(0.0, 0.0, 0.0)


def drawn(yaw: float, pitch: float, *, roll: float = 0.0, size: float = 200.0) -> np.ndarray:
    """A level face whose irises stand where eyes that look there have them."""
    points = MEAN_SHAPE.astype(np.float64) * size
    middles = [(points[0] + points[8]) / 2, (points[16] + points[24]) / 2]
    pixels = float(np.hypot(*(middles[1] - middles[0]))) / APART_MM
    across, along = math.sin(math.radians(yaw)), math.sin(math.radians(pitch))
    for iris, middle, out in zip((32, 37), middles, (-OUT_MM, OUT_MM), strict=True):
        moved = (ACROSS_MM * across + out, -(ALONG_MM * along + UP_MM))
        points[iris] = middle + np.array(moved) * pixels
    c, s = math.cos(math.radians(roll)), math.sin(math.radians(roll))
    return (points @ np.array([[c, s], [-s, c]]) + 300).astype(np.float32)


@pytest.mark.parametrize("roll", [-30.0, 0.0, 20.0])
@pytest.mark.parametrize(("yaw", "pitch"), [(0, 0), (25, 0), (-40, 5), (10, -30), (0, 20)])
def test_irises_say_where_eyes_look_however_the_head_leans(yaw, pitch, roll):
    found = gaze(drawn(yaw, pitch, roll=roll), LEVEL, OPEN, SEEN)
    assert (found.yaw_deg, found.pitch_deg) == pytest.approx((yaw, pitch), abs=0.2)
    assert found.confidence == pytest.approx(1.0)


@pytest.mark.parametrize("size", [40.0, 90.0, 600.0])
def test_the_size_of_a_face_does_not_matter(size):
    assert gaze(drawn(20, -10, size=size), LEVEL, OPEN, SEEN).yaw_deg == pytest.approx(20, abs=0.2)


@pytest.mark.parametrize(
    ("pose", "ears", "points"),
    [
        (LEVEL, (None, None), drawn(0, 0)),  # neither eye is to be judged
        (LEVEL, (0.09, 0.1), drawn(0, 0)),  # shut
        (Pose(50.0, 0.0, 0.0), OPEN, drawn(0, 0)),  # turned away
        (LEVEL, OPEN, np.full((127, 2), np.nan, np.float32)),
        (LEVEL, OPEN, np.zeros((127, 2), np.float32)),
    ],
)
def test_what_cannot_be_read_is_none(pose, ears, points):
    assert gaze(points, pose, ears, SEEN) is None


def test_one_eye_says_as_much_and_is_believed_less():
    one = gaze(drawn(15, -5), LEVEL, (0.26, None), SEEN)
    assert (one.yaw_deg, one.pitch_deg) == pytest.approx((15, -5), abs=0.2)
    assert one.confidence < gaze(drawn(15, -5), LEVEL, OPEN, SEEN).confidence


def test_eyes_that_disagree_are_not_believed():
    points = drawn(0, 0)
    points[32] = drawn(-25, 0)[32]
    points[37] = drawn(25, 0)[37]
    assert gaze(points, LEVEL, OPEN, SEEN).confidence < 0.5


def test_people_in_a_group_photo_look_at_the_camera(files, picture):
    see = Sight.load(files, SightSettings(), emotion=False)
    faces = see(Frame(0, picture("multi_face.jpg"))).faces
    read = [face.gaze for face in faces if face.gaze is not None and face.gaze.confidence >= 0.5]
    assert len(read) >= 3
    for each in read:
        assert math.hypot(each.yaw_deg, each.pitch_deg) < 15


def test_in_a_mirror_the_angle_is_mirrored(files, picture):
    image = picture("single_face.jpg")
    found = []
    for shown in (image, np.ascontiguousarray(image[:, ::-1])):
        see = Sight.load(files, SightSettings(faces=1), emotion=False)
        found.append(see(Frame(0, shown)).faces[0].gaze)
    assert found[0].yaw_deg == pytest.approx(-found[1].yaw_deg, abs=5)
    assert found[0].pitch_deg == pytest.approx(found[1].pitch_deg, abs=4)


def test_the_sleeper_looks_down_before_she_sleeps_and_to_her_sides_after(files, clip):
    see = Sight.load(files, SightSettings(faces=1), emotion=False)
    frames = clip("WolfgangLanger_Pexels.mp4")[:304]
    gazes = [see(frame).faces[0].gaze for frame in frames]
    down = [each.pitch_deg for each in gazes[:12] if each is not None]
    assert np.median(down) < -20
    asleep = [each for each in gazes[20:90] if each is not None and each.confidence >= 0.5]
    assert len(asleep) <= 2
    right, left = ([each.yaw_deg for each in gazes[a:b]] for a, b in ((149, 152), (299, 302)))
    assert np.median(right) < -25
    assert np.median(left) > 10
