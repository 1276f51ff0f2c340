"""Seeing real faces, and everything that is not one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from msgspec.structs import replace

from edge.see.settings import SightSettings
from edge.see.sight import Sight, opened
from edge.types import EMOTIONS, NS, Frame

SHUT_EAR = 0.139
"""From here downward the rules call an average eye shut."""

RNG = np.random.default_rng(7)


def test_one_portrait_is_one_face_with_all_its_readings(sight, picture):
    (face,) = sight()(Frame(0, picture("single_face.jpg"))).faces
    assert face.confidence > 0.9
    assert 0.12 < face.ear < 0.4  # laughing: narrow, not shut
    assert abs(face.pose.yaw_deg) < 25
    assert len(face.emotion) == len(EMOTIONS)
    assert sum(face.emotion) == pytest.approx(1, abs=0.02)


def test_a_group_is_as_many_faces_as_are_asked_for(sight, picture):
    group = Frame(0, picture("multi_face.jpg"))
    assert len(sight()(group).faces) >= 2
    assert len(sight(faces=1)(group).faces) == 1


def test_a_face_keeps_its_id_through_a_clip_and_loses_it_with_the_face(sight, clip):
    see = sight()
    seen = [see(frame) for frame in clip("face_noface.mov")]
    there = [observation.faces[0].track for observation in seen if observation.faces]
    assert set(there) == {1}
    assert 60 <= len(there) <= 90
    assert not seen[-1].faces


def test_a_face_that_comes_is_found_within_a_second(sight, clip):
    frames = clip("noface_face.mov")
    see = sight()
    seen = [see(frame) for frame in frames]
    first = next(i for i, observation in enumerate(seen) if observation.faces)
    assert (frames[first].t_ns - frames[90].t_ns) / NS < 1.0


def test_a_cartoon_is_nobody(sight, clip):
    see = sight()
    assert not any(see(frame).faces for frame in clip("no_face.mp4"))


def test_a_blink_shows_in_the_openness_of_the_eyes(sight, clip):
    see = sight()
    ears = [see(frame).faces[0].ear for frame in clip("single_face.mp4")]
    assert min(ears[24:32]) < 0.6 * np.median(ears)
    assert int(np.argmin(ears)) in range(24, 32)


@pytest.mark.parametrize("eye", [(386, 181), (483, 177)])
def test_a_hand_before_one_shut_eye_does_not_open_it(sight, clip, eye):
    see, frame = sight(), clip("WolfgangLanger_Pexels.mp4")[24]
    see(frame)
    covered, palm = frame.image.copy(), (eye[0], eye[1] + 25)
    cv2.ellipse(covered, palm, (42, 70), 0, 0, 360, (150, 110, 95), -1)
    (face,) = see(Frame(frame.t_ns + NS // 15, covered)).faces
    assert face.ear < SHUT_EAR


def test_of_two_eyes_only_the_one_inside_the_picture_counts(sight, clip):
    """A guess at the other would hold the sleeper for half awake."""
    half = clip("WolfgangLanger_Pexels.mp4")[50].image[:, 430:]
    for shown, out, inside in (
        (half, "ear_right", "ear_left"),
        (half[:, ::-1], "ear_left", "ear_right"),
    ):
        (face,) = sight()(Frame(0, np.ascontiguousarray(shown))).faces
        assert getattr(face, out) is None
        assert face.ear == getattr(face, inside) < SHUT_EAR


def test_a_photo_is_read_together_with_its_mirror_image(files, picture):
    models, frame = opened(files, emotion=True), Frame(0, picture("single_face.jpg"))
    mirrored = Frame(0, np.ascontiguousarray(frame.image[:, ::-1]))
    once = [Sight(models, SightSettings())(seen).faces[0].emotion for seen in (frame, mirrored)]
    twice = [
        Sight(models, SightSettings(), looks=2)(seen).faces[0].emotion for seen in (frame, mirrored)
    ]
    for said in twice:
        assert said == pytest.approx(np.mean(once, axis=0), abs=0.03)  # the crops differ by a pixel


@pytest.fixture
def tight(sight, picture):
    """A photo of which a face is all, without its chin and hair."""
    whole = picture("single_face.jpg")
    box = sight()(Frame(0, whole)).faces[0].box
    middle, reach = (box.top + box.bottom) / 2, 0.4 * (box.bottom - box.top)
    centre, side = (box.left + box.right) / 2, 0.4 * (box.right - box.left)
    rows = slice(round(middle - reach), round(middle + reach))
    return whole[rows, round(centre - side) : round(centre + side)].copy()


def test_a_face_that_fills_the_picture_is_found_at_the_second_look(sight, tight):
    see = sight()
    assert see(Frame(0, tight)).faces == ()
    (face,) = see(Frame(NS // 25, tight)).faces
    assert face.confidence > 0.8
    assert see(Frame(2 * NS // 25, tight)).faces[0].track == face.track


def test_a_photo_of_a_face_that_fills_it_is_looked_at_from_a_step_back_at_once(files, tight):
    models = opened(files, emotion=False)
    assert Sight(models, SightSettings(), emotion=False, looks=3)(Frame(0, tight)).faces


def test_expression_is_read_at_its_own_rate(sight, clip):
    see = sight(expression_hz=3.0)
    frames = clip("single_face.mp4")
    looks = sum(see(frame).faces[0].emotion is not None for frame in frames)
    assert looks == pytest.approx(3 * len(frames) / 30, abs=1)


def test_without_emotion_the_model_is_not_even_opened(files, sight, picture):
    gone = replace(files["expression"], path=files["expression"].path.with_name("gone.tflite"))
    see = type(sight()).load({**files, "expression": gone}, sight()._settings, emotion=False)
    (face,) = see(Frame(0, picture("single_face.jpg"))).faces
    assert face.emotion is None


ODD = {
    "black": np.zeros((480, 640, 3), np.uint8),
    "white": np.full((480, 640, 3), 255, np.uint8),
    "noise": RNG.integers(0, 256, (480, 640, 3), dtype=np.uint8),
    "one pixel": np.full((1, 1, 3), 77, np.uint8),
    "a line": np.full((1, 2000, 3), 77, np.uint8),
    "huge": np.full((6000, 8000, 3), 120, np.uint8),
}


@pytest.mark.parametrize("name", ODD)
def test_a_picture_of_nothing_is_nobody_and_no_crash(sight, name):
    see = sight()
    for second in range(3):
        observation = see(Frame(second * NS, ODD[name]))
        assert observation.faces == ()
        assert 0 <= observation.light.mean <= 1


@pytest.mark.parametrize("change", ["grey", "dark", "turned over", "half"])
def test_a_face_in_a_bad_picture_gives_sane_readings_or_none(sight, picture, change):
    face = picture("single_face.jpg")
    changed = {
        "grey": np.repeat(cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)[:, :, None], 3, axis=2),
        "dark": (face * 0.1).astype(np.uint8),
        "turned over": np.ascontiguousarray(face[::-1, ::-1]),
        "half": np.ascontiguousarray(face[:, : face.shape[1] // 2]),
    }[change]
    for reading in sight()(Frame(0, changed)).faces:
        assert np.isfinite([reading.ear or 0, reading.mar or 0, reading.confidence]).all()
        assert 0 <= reading.confidence <= 1


def test_time_that_jumps_back_neither_stops_detection_nor_expression(sight, picture):
    see = sight()
    see(Frame(3600 * NS, picture("single_face.jpg")))
    (face,) = see(Frame(0, picture("single_face.jpg"))).faces
    assert face.emotion is not None
