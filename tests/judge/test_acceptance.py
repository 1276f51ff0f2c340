"""The acceptance tests of the driver state table, in its order."""

from __future__ import annotations

import pytest
from stories import (
    DOWN,
    MIRROR,
    OPEN,
    RIGHT,
    SHUT,
    SUNGLASSES,
    Face,
    after,
    blinking,
    every,
    filmed,
    told,
)

from edge.types import NS, Level

FAMILY = ("eyes_closed_pre", "microsleep", "sleep", "unresponsive")
RATES = ((5, 0.0), (10, 0.0), (15, 0.0), (30, 0.0), (10, 0.6), (15, 0.6), (30, 0.8))


@pytest.mark.parametrize(("fps", "jitter"), RATES)
@pytest.mark.parametrize(
    ("closed_s", "kinds"), [(0.4, 0), (1.4, 1), (1.6, 2), (2.9, 2), (3.1, 3), (6.1, 4)]
)
def test_1_a_closure_is_named_by_its_length_at_any_frame_rate(fps, jitter, closed_s, kinds):
    story = after((20, OPEN), (closed_s, SHUT), (8, OPEN), fps=fps, jitter=jitter)
    assert story.new == list(FAMILY[:kinds])
    for kind, threshold_s in zip(story.new, (1.0, 1.5, 3.0, 6.0), strict=False):
        assert story.at(kind) == pytest.approx(20 + threshold_s, abs=0.2)
    if kinds:
        ended = story.ended(story.new[-1])
        assert ended.evidence.max_closed_ms == pytest.approx(closed_s * 1000, abs=200)
    assert not story.last.active


@pytest.mark.parametrize("fps", [10, 15, 30])
@pytest.mark.parametrize("phase", [0.0, 0.25, 0.5, 0.75])
@pytest.mark.parametrize(("closed_s", "kinds"), [(1.4, 1), (1.6, 2), (2.9, 2), (3.1, 3), (6.1, 4)])
def test_1_wherever_the_frames_fall(fps, phase, closed_s, kinds):
    story = after((5, OPEN), (closed_s, SHUT), (5, OPEN), fps=fps, phase=phase)
    assert story.new == list(FAMILY[:kinds])


@pytest.mark.parametrize("fps", [5, 15])
@pytest.mark.parametrize("per_minute", [17, 30, 45])
def test_2_blinking_often_is_not_being_tired(fps, per_minute):
    story = after((600, blinking(per_minute, 0.15)), fps=fps)
    assert story.new == []
    assert max(step.eyes.perclos60 or 0 for step in story.steps) < 0.05


def test_3_looking_down_is_no_closed_eye():
    reading = Face(pitch=-32, openness=0.12)  # gaze down 40 degrees behind lowered lids
    story = after((60, blinking(15)), (2.5, reading), (5, OPEN))
    assert not set(story.new) & set(FAMILY)
    assert story.last.eyes.perclos60 == 0


def test_3_a_head_bent_down_with_open_eyes_is_no_closed_eye():
    story = after((60, blinking(15)), (2.5, DOWN), (5, OPEN))
    assert story.new == []


def test_4_a_glance_at_the_mirror_every_five_seconds():
    story = after((60, blinking(15)), (600, every(5, 1.0, MIRROR)), fps=15)
    assert story.last.attention.state != "learning"
    assert story.new == []


def test_5_looks_away_add_up():
    away_and_back = every(2.8, 2.0, RIGHT)
    story = after((60, OPEN), (20, away_and_back))
    assert story.new == ["distraction_vats"]
    # 0.8 s ahead begins each round: ten seconds away are full in the fifth, after 5 x 0.8 + 10 s
    assert story.at("distraction_vats") == pytest.approx(60 + 14.0, abs=0.3)


def test_6_sunglasses_are_neither_awake_nor_asleep():
    story = after((10, OPEN), (20, SUNGLASSES))
    assert story.at("eyes_unreadable") <= 10 + 10.3
    assert story.new == ["eyes_unreadable"]
    assert story.last.degraded == ("eyes",)
    assert story.last.drowsiness == "unknown"
    assert story.last.eyes.shut is None


def test_7_eyes_that_narrow_over_half_an_hour_do_not_become_normal():
    def drooping(t):
        ear_open = 0.26 * (1 - 0.15 * min(1.0, t / 1800))
        tired = t > 1500 and t % 5 > 4.1
        return Face(openness=0.0 if tired else 1.0, ear_open=ear_open)

    story = after((120, blinking(15)), (1800, drooping), fps=10)
    assert "drowsy" in story.new
    assert story.last.calibration.ear_open >= 0.9 * 0.26 - 0.005


def test_8_one_second_of_open_eyes_does_not_end_sleep():
    story = after((5, OPEN), (4, SHUT), (1, OPEN), (1.5, SHUT), (1, OPEN))
    assert story.active == ["sleep"]
    assert story.level == Level.CRITICAL


def test_9_ten_minutes_of_talk_and_laughter_hold_no_yawn():
    def talking(t):
        laughing = t % 20 > 14
        mouth = 0.3 + 0.25 * ((t * 4.3) % 1) if not laughing else 0.45 + 0.3 * ((t * 2.7) % 1)
        narrow = 0.55 if laughing else 1.0
        return Face(mar=mouth, openness=narrow)

    story = after((600, talking), fps=15)
    assert "yawn" not in story.marks
    assert story.new == []


def test_11_the_wall_clock_is_no_part_of_an_observation():
    """Every time here is the sensor's; an hour that is put on the wall clock reaches no rule."""
    early = told(filmed((3, OPEN), (2, SHUT), (3, OPEN), start_s=50))
    late = told(filmed((3, OPEN), (2, SHUT), (3, OPEN), start_s=50 + 3600))
    moved = [(a.type, a.change, a.t_ns + 3600 * NS) for a in early.changes]
    assert moved == [(a.type, a.change, a.t_ns) for a in late.changes]


def test_12_an_attentive_hour_is_a_quiet_hour():
    def attentive(t):
        face = usual(t)
        if t % 7 < 0.9:
            return face.but(yaw=-35, pitch=4)
        if t % 31 < 1.2:
            return face.but(yaw=55)
        if t % 13 < 0.7:
            return face.but(pitch=-20, openness=min(face.openness, 0.6))
        return face.but(mar=0.3 if t % 50 < 10 else 0.05)

    usual = blinking(18, 0.2)
    story = after((3600, attentive), fps=10)
    assert [kind for kind in story.new if kind != "eyes_unreadable"] == []
    assert len(story.new) <= 1
