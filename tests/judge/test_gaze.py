"""Eyes that look elsewhere than the head: zones, what is learnt, and when they are no use."""

from __future__ import annotations

import math
import random

import pytest
from stories import OPEN, SHUT, Face, after, every, filmed, told

from edge.judge.rules import Rules
from edge.judge.states.rules import AttentionRules
from edge.judge.states.zones import zone

AHEAD = OPEN.but(gaze=(6.0, -4.0))  # these eyes read some degrees aside
LEARNT = (90, AHEAD)


def eyes_at(yaw: float, pitch: float, **face: object) -> Face:
    """The eyes alone are turned, by so much from where they look straight ahead."""
    return AHEAD.but(gaze=(6.0 + yaw, -4.0 + pitch), **face)


@pytest.mark.parametrize(
    ("head", "gaze", "name"),
    [
        ((0, 0), (0, 0), "forward"),
        ((0, 0), (21, 0), "forward"),
        ((0, 0), (20, 8), "side_left"),  # outside the ellipse, inside its box
        ((0, 0), (-30, -13), "side_right"),
        ((0, 0), (-30, 5), "mirror_inner"),
        ((0, 0), (35, 0), "mirror_left"),
        ((0, 0), (0, -20), "cluster"),
        ((0, 0), (0, -31), "down"),
        ((0, -19), (0, 0), "down"),
        ((0, 0), (0, 20), "up"),
        ((35, 0), (5, 0), "forward"),  # a turned head, eyes on the road
        ((-35, 5), (-80, 0), "mirror_inner"),
        ((30, 0), None, "mirror_left"),
        ((22, -17), None, "forward"),
    ],
)
def test_zones_are_named_by_the_eyes_and_by_the_head_where_there_are_none(head, gaze, name):
    assert zone(head, gaze, AttentionRules(), right_hand=False) == name


def test_a_glance_with_the_eyes_alone_is_seen():
    story = after(LEARNT, (2, eyes_at(-35, 3)), (3, AHEAD))
    assert {s.attention.zone for s in story.steps[-150:-90]} >= {"mirror_inner"}
    assert story.last.attention.zone == "forward"
    assert story.new == []


def test_eyes_in_the_lap_are_a_distraction_though_the_head_is_up():
    story = after(LEARNT, (5, eyes_at(0, -35)), (3, AHEAD))
    assert story.at("distraction_long") == pytest.approx(93.0, abs=0.2)
    assert story.ended("distraction_long").reason == "looking_ahead"


def test_the_instruments_are_read_for_a_second_longer():
    assert after(LEARNT, (3.7, eyes_at(0, -18)), (3, AHEAD)).new == []
    story = after(LEARNT, (4.5, eyes_at(0, -18)), (3, AHEAD))
    assert story.at("distraction_long") == pytest.approx(94.0, abs=0.2)


def test_where_the_speed_is_unknown_the_eyes_may_wander_aside_for_longer_than_the_head():
    aside = eyes_at(60, 0)
    assert after(LEARNT, (9, aside), (3, AHEAD)).new == []
    turned = aside.but(yaw=40.0)
    assert "distraction_long" in after(LEARNT, (5, turned), (3, AHEAD)).new


def test_at_thirty_kmh_a_glance_aside_has_four_seconds():
    seen = list(filmed(LEARNT, (5, eyes_at(60, 0)), (3, AHEAD), speed=50.0))
    assert told(seen).at("distraction_long") == pytest.approx(94.0, abs=0.2)


@pytest.mark.parametrize("fps", [15, 30])
def test_blinks_are_no_glances_down(fps):
    """Lids take the irises with them: every blink reads 25 degrees down."""

    def blinking(t):
        since = t % 1.5
        if since >= 0.2:
            return AHEAD
        return eyes_at(0, -25, openness=0.5 if since < 0.05 or since > 0.14 else 0.3)

    story = after(LEARNT, (60, blinking), fps=fps)
    assert story.new == []
    assert {s.attention.zone for s in story.steps[-30 * fps :]} == {"forward"}
    assert story.last.attention.vats_s == 0


def test_a_blink_does_not_end_a_glance():
    aside, shut = eyes_at(60, 0), SHUT.but(gaze=None)
    story = after(LEARNT, (6, every(1.0, 0.2, shut, aside)), (3, AHEAD), speed=80.0)
    assert story.at("distraction_long") == pytest.approx(94.0, abs=0.3)


def test_glances_with_the_eyes_add_up_too():
    story = after(LEARNT, (25, every(2.8, 2.0, eyes_at(60, 0), AHEAD)))
    assert story.new == ["distraction_vats"]


def test_mirrors_and_instruments_are_looked_at_for_an_hour_and_nothing_is_said():
    def driving(t):
        wander = 5 * math.sin(t / 3), 3 * math.sin(t / 2.1)
        if t % 7 < 0.9:
            return eyes_at(-38, 6)
        if t % 19 < 1.2:
            return eyes_at(0, -20)
        if t % 31 < 1.0:
            return eyes_at(38, -4).but(yaw=15.0)
        return eyes_at(*wander)

    story = after((1800, driving), fps=10)
    assert story.last.attention.state != "learning"
    assert story.new == []


def test_eyes_that_are_read_anywhere_are_not_believed():
    chance = random.Random(5)

    def scattered(_):
        return eyes_at(chance.uniform(-40, 40), chance.uniform(-30, 30))

    story = after((200, scattered), fps=15)
    assert story.new == []
    assert story.last.attention.zone == "forward"  # by the head


def test_a_gaze_that_is_not_sure_is_not_used():
    story = after(LEARNT, (6, eyes_at(0, -35, gaze_sure=0.3)), (3, AHEAD))
    assert story.new == []


def test_without_irises_the_head_is_judged_as_ever():
    story = after((90, OPEN), (5, OPEN.but(yaw=-70.0)), (3, OPEN))
    assert story.at("distraction_long") == pytest.approx(94.0, abs=0.2)


def test_another_driver_looks_ahead_in_another_place():
    second = OPEN.but(gaze=(-20.0, 5.0), track=2)
    story = after(LEARNT, (10, None), (120, second))
    assert story.new == ["face_lost"]
    assert story.last.attention.zone == "forward"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_gaze_that_is_no_number_is_no_gaze(value):
    story = after(LEARNT, (5, OPEN.but(gaze=(value, value))), (2, AHEAD))
    assert story.new == []
    assert story.last.attention.zone == "forward"


def test_three_glances_into_the_lap_look_like_a_telephone():
    rules = Rules(attention=AttentionRules(phone=True))
    story = after(LEARNT, (12, every(3.0, 1.0, eyes_at(0, -20), AHEAD)), (12, AHEAD), rules=rules)
    assert story.new == ["phone_suspect"]
    assert not story.active


def test_in_the_dark_a_head_bent_down_has_a_second_more():
    def dark(seen):
        light = seen.light.__class__(0.08, 0.07)
        return seen.__class__(seen.t_ns, seen.faces, light, seen.width, seen.height)

    down = OPEN.but(pitch=-30.0, openness=0.9)
    seen = [dark(each) for each in filmed((90, OPEN), (5, down), (3, OPEN))]
    assert told(seen).at("distraction_long") == pytest.approx(94.0, abs=0.2)
