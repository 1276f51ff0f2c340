"""Heads that point elsewhere, by zone and speed; at the end phones."""

from __future__ import annotations

import pytest
from stories import (
    DOWN,
    LEARNT,
    LEFT,
    LOST,
    MIRROR,
    OPEN,
    RIGHT,
    SHUT,
    Face,
    after,
    blinking,
    every,
    filmed,
    observed,
    told,
)

from edge.judge.rules import PresenceRules, Rules
from edge.judge.states.rules import AttentionRules
from edge.types import NS, Level


def test_a_long_look_aside_is_a_caution_then_a_warning_then_an_emergency():
    story = after(LEARNT, (9, RIGHT))
    assert story.new == ["distraction_long", "unresponsive"]
    assert story.at("distraction_long") == pytest.approx(60 + 4, abs=0.2)
    warned = next(a for a in story.changes if a.level == Level.WARNING)
    assert (warned.t_ns - story.steps[0].t_ns) / NS == pytest.approx(60 + 5, abs=0.2)
    assert story.at("unresponsive") == pytest.approx(60 + 8, abs=0.2)


@pytest.mark.parametrize("fps", [5, 10, 15, 30])
def test_looking_down_for_three_seconds_is_too_long(fps):
    story = after(LEARNT, (4, DOWN), (3, OPEN), fps=fps)
    assert story.at("distraction_long") == pytest.approx(63, abs=0.25)
    assert story.ended("distraction_long").reason == "looking_ahead"
    assert not story.active


BOWED = Face(pitch=-15)


@pytest.mark.parametrize("fps", [5, 15, 30])
def test_lids_down_under_a_bent_head_do_not_see_the_road(fps):
    """Asleep or at the telephone: which of the two cannot be told, and neither may go on."""
    story = after(LEARNT, (10, BOWED.but(openness=0.1)), fps=fps)
    assert story.new == ["distraction_long", "unresponsive"]
    assert story.at("distraction_long") == pytest.approx(63.3, abs=0.3)
    assert story.at("unresponsive") == pytest.approx(68.3, abs=0.3)


def test_lids_down_under_a_bent_head_for_a_moment_are_a_glance():
    story = after(LEARNT, (2.5, BOWED.but(openness=0.1)), (2, BOWED), (3, OPEN))
    assert story.new == []
    assert story.last.attention.zone == "forward"


def test_a_head_that_is_carried_low_may_blink():
    story = after(LEARNT, (50, blinking(30, face=BOWED)))
    assert story.new == []
    assert "down" not in {step.attention.zone for step in story.steps}


def test_lids_that_came_down_before_the_head_did_are_sleep():
    story = after(LEARNT, (1, SHUT), (6, BOWED.but(openness=0.1)))
    assert story.new == ["eyes_closed_pre", "microsleep", "sleep", "unresponsive"]


def test_a_flicker_ahead_resets_nothing():
    story = after(LEARNT, (2, DOWN), (0.2, OPEN), (1.5, DOWN))
    assert "distraction_long" in story.new


def test_half_a_second_ahead_starts_the_count_again():
    story = after(LEARNT, (2, DOWN), (0.5, OPEN), (2, DOWN), (5, OPEN))
    assert story.new == []


def test_the_first_second_in_a_mirror_is_free():
    assert after(LEARNT, (3.7, MIRROR), (2, OPEN)).new == []
    assert after(LEARNT, (4.4, MIRROR), (2, OPEN)).new == ["distraction_long"]


def test_mirrors_change_sides_with_the_driver():
    side = PresenceRules(driver_side="right")
    seat = {"x": 150.0}
    scenes = ((60, OPEN.but(**seat)), (3.6, Face(yaw=35, pitch=5, **seat)), (2, OPEN.but(**seat)))
    assert after(*scenes, rules=Rules(presence=side)).last.attention.zone == "forward"
    zones = {s.attention.zone for s in after(*scenes, rules=Rules(presence=side)).steps}
    assert "mirror_inner" in zones


def test_a_head_that_turns_out_of_sight_is_still_turned_away():
    story = after(LEARNT, (1, LEFT), (4, LOST))
    assert "distraction_long" in story.new
    assert "unresponsive" not in story.new


@pytest.mark.parametrize(
    ("speed", "said"),
    [(5.0, False), (15.0, False), (25.0, True), (80.0, True), (None, True)],
)
def test_distraction_counts_from_20_kmh_and_where_the_speed_is_unknown(speed, said):
    story = told([*filmed(LEARNT, (4, DOWN))] if speed is None else _at_speed(speed))
    assert ("distraction_long" in story.new) == said


def _at_speed(speed):
    learning = list(filmed((70, OPEN), (4, DOWN), speed=80.0))
    return [
        observed(o.t_ns, DOWN if o.t_ns >= 170 * NS else OPEN, speed) if o.t_ns >= 165 * NS else o
        for o in learning
    ]


def test_at_a_crossing_one_may_look_aside_for_longer():
    learning = list(filmed((70, OPEN), (10, RIGHT), speed=80.0))
    slow = [
        observed(o.t_ns, RIGHT if o.t_ns >= 170 * NS else OPEN, 25.0) if o.t_ns >= 165 * NS else o
        for o in learning
    ]
    assert told(slow).new == []


def test_phone_glances_are_only_looked_for_where_asked():
    glances = every(5, 1.2, DOWN)
    quiet = after(LEARNT, (30, glances))
    beta = after(LEARNT, (30, glances), rules=Rules(attention=AttentionRules(phone=True)))
    assert "phone_suspect" not in quiet.new
    assert "phone_suspect" in beta.new
