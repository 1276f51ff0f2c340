from __future__ import annotations

import pytest
from msgspec.structs import replace
from stories import LOST, OPEN, SHUT, Face, after, blinking, filmed, told

from edge.types import NS

NARROW, WIDE = Face(ear_open=0.19), Face(ear_open=0.34)


def test_a_minute_of_open_eyes_makes_it_ready():
    early, late = after((30, blinking(15))), after((70, blinking(15)))
    assert early.last.calibration.state == "collecting"
    assert early.last.calibration.progress == pytest.approx(0.5, abs=0.05)
    assert late.last.calibration.state == "ready"
    assert late.last.calibration.progress == 1


@pytest.mark.parametrize("face", [NARROW, OPEN, WIDE])
@pytest.mark.parametrize("fps", [5, 15, 30])
def test_it_is_the_driver_s_own(face, fps):
    last = after((75, blinking(15, face=face)), fps=fps).last
    assert last.calibration.ear_open == pytest.approx(face.ear_open, abs=0.006)


def test_three_seconds_give_a_first_value():
    last = after((4, WIDE)).last
    assert last.calibration.state == "collecting"
    assert last.calibration.ear_open == pytest.approx(0.34, abs=0.006)


def test_shut_eyes_are_not_learnt_from():
    last = after((1, OPEN), (30, SHUT), (40, OPEN)).last
    assert last.calibration.ear_open == pytest.approx(0.26, abs=0.006)
    assert last.calibration.progress == pytest.approx(41 / 60, abs=0.05)


def test_it_may_fall_by_a_tenth_and_no_further():
    drooping = Face(ear_open=0.21)
    last = after((70, OPEN), (300, drooping), fps=10).last
    assert last.calibration.ear_open == pytest.approx(0.9 * 0.26, abs=0.004)


def test_it_rises_with_the_eyes():
    last = after((70, OPEN), (120, Face(ear_open=0.30)), fps=10).last
    assert last.calibration.ear_open == pytest.approx(0.30, abs=0.006)


def test_eyes_that_cannot_be_are_refused_and_no_perclos_voice_rests_on_them():
    story = after((75, Face(ear_open=0.155)), fps=10)
    assert story.last.calibration.state == "uncalibrated"
    assert story.last.calibration.reason == "no_room_between_open_and_shut"
    tired = after((75, Face(ear_open=0.155)), (200, _tired), fps=10)
    assert "drowsy" not in tired.new


def _tired(t):
    return Face(ear_open=0.155, openness=0.0 if t % 5 > 4 else 1.0)


def test_glasses_are_noticed_by_a_step_after_the_face_was_covered():
    story = after((70, OPEN), (3, LOST), (12, Face(ear_open=0.20)), fps=15)
    assert story.last.calibration.state == "stale"
    assert story.last.calibration.reason == "eyes_look_different"
    assert story.last.calibration.ear_open == pytest.approx(0.26, abs=0.03)
    later = after((70, OPEN), (3, LOST), (90, Face(ear_open=0.20)), fps=15)
    assert later.last.calibration.state == "ready"
    assert later.last.calibration.ear_open == pytest.approx(0.20, abs=0.006)


def test_sleepy_eyes_are_no_glasses():
    story = after((70, WIDE), (3, LOST), (90, Face(ear_open=0.20)), fps=15)
    assert story.last.calibration.reason == "fell_too_far"
    assert story.last.calibration.ear_open > 0.3


def test_another_driver_is_learnt_afresh():
    other = Face(track=2, ear_open=0.34)
    story = after((70, OPEN), (12, LOST), (10, other), fps=15)
    assert story.last.calibration.state == "collecting"
    assert story.last.calibration.ear_open == pytest.approx(0.34, abs=0.006)


def test_the_same_driver_under_a_new_track_is_not():
    story = after((70, OPEN), (1, LOST), (2, OPEN.but(track=2)), fps=15)
    assert story.last.calibration.state == "ready"


def test_it_can_be_asked_for():
    frames = list(filmed((70, OPEN), fps=15))
    frames[-20] = replace(frames[-20], requests=("recalibrate",))
    story = told(frames)
    assert story.last.calibration.state == "collecting"
    assert story.last.calibration.reason == "requested"


def test_straight_ahead_is_where_the_driver_looks():
    beside = Face(yaw=28, pitch=-9)
    story = after((40, beside), fps=15)
    assert story.last.calibration.yaw_deg == pytest.approx(28, abs=1)
    assert story.last.calibration.pitch_deg == pytest.approx(-9, abs=1)
    assert story.last.attention.zone == "forward"
    assert "distraction_long" not in story.new


def test_at_speed_a_whole_minute_is_asked_for():
    beside = Face(yaw=28)
    assert after((40, beside), fps=10, speed=90.0).last.calibration.yaw_deg is None
    assert after((63, beside), fps=10, speed=90.0).last.calibration.yaw_deg is not None


def test_a_camera_that_was_moved_is_noticed():
    story = after((70, OPEN), (130, Face(yaw=20, pitch=-14)), fps=10)
    assert story.last.calibration.reason in {"camera_moved", None}
    assert story.last.calibration.yaw_deg == pytest.approx(20, abs=2)
    stale = [s for s in story.steps if s.calibration.reason == "camera_moved"]
    assert stale
    assert (stale[0].t_ns - story.steps[0].t_ns) / NS < 70 + 125
