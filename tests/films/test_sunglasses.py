"""Dark glasses on a real face: painted over the eyes of the pinned clip, seen by the networks.

No clip of a driver with sunglasses may be used here, so the glasses are drawn; face, networks and
judgement are real.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from msgspec.structs import replace

from edge import config, pipeline
from edge.device import camera
from edge.device.camera import CameraSettings
from edge.judge.rules import Rules
from edge.see import image, landmarks
from edge.see.runtime import load
from edge.see.settings import SightSettings
from edge.see.sight import Sight
from edge.types import NS, Frame

OPEN_EYED = range(240, 330)
"""Frames of the clip in which she laughs with open eyes."""

SECONDS = 20


@pytest.fixture(scope="module")
def frames(sleeper):
    with camera.frames(CameraSettings(source=str(sleeper), realtime=False)) as all_frames:
        return [frame for at, frame in enumerate(all_frames) if at in OPEN_EYED]


@pytest.fixture(scope="module")
def files():
    return config.manifest(config.manifest_path())


def with_glasses(frames: list[Frame], files) -> list[Frame]:
    """Two dark ellipses and a bridge, where the landmark network finds the eyes."""
    see = Sight.load(files, SightSettings(), emotion=False)
    network = load(landmarks.SPEC, files["landmarks"])
    painted = []
    for frame in frames:
        box = see(frame).faces[0].box
        side = 1.2 * max(box.right - box.left, box.bottom - box.top)
        middle = ((box.left + box.right) / 2, (box.top + box.bottom) / 2)
        crop, placement = image.fit_grey(frame.image, image.Region(*middle, side), landmarks.SIZE)
        points = landmarks.decode(network(landmarks.prepare(crop)), placement).points
        picture = frame.image.copy()
        eyes = [points[first : first + 16] for first in (landmarks.RIGHT_EYE, landmarks.LEFT_EYE)]
        for eye in eyes:
            across = eye[8] - eye[0]
            width = float(np.hypot(*across))
            angle = float(np.degrees(np.arctan2(across[1], across[0])))
            lens = (tuple(map(float, eye.mean(axis=0))), (2.1 * width, 1.7 * width), angle)
            cv2.ellipse(picture, lens, (12, 12, 14), -1)
        right, left = (tuple(map(int, eye.mean(axis=0))) for eye in eyes)
        cv2.line(picture, right, left, (12, 12, 14), 4)
        painted.append(replace(frame, image=picture))
    return painted


def judged(frames: list[Frame], files):
    """The frames again and again for ``SECONDS``, to and fro, at 30 a second, with a live noise."""
    turns = [*frames, *reversed(frames)]
    film = [replace(turns[at % len(turns)], t_ns=at * NS // 30) for at in range(30 * SECONDS)]
    see = Sight.load(files, SightSettings(), emotion=False)
    return list(pipeline.judge(pipeline.observe(film, see), Rules()))


def test_sunglasses_are_unreadable_eyes_within_ten_seconds_and_never_a_closure(frames, files):
    steps = judged(with_glasses(frames, files), files)
    said = [alert for step in steps for alert in step.changes]
    assert {alert.type for alert in said} == {"eyes_unreadable"}
    assert [alert.change for alert in said if alert.change != "update"] == ["new"]
    assert said[0].t_ns <= 10.2 * NS
    assert "eyes" in steps[-1].degraded
    assert all(step.eyes.openness is None for step in steps)
    assert not any(step.marks for step in steps)


def test_the_same_face_without_them_is_read(frames, files):
    steps = judged(frames, files)
    assert not [a for step in steps for a in step.changes if a.type == "eyes_unreadable"]
    assert np.mean([step.eyes.openness is not None for step in steps]) > 0.95
