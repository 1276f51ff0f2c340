"""What is read off a face besides its mood: actions, derived states, attitude, attention."""

from __future__ import annotations

import math

import pytest
from moods import (
    ANGRY,
    HAPPY,
    NEUTRAL,
    SAD,
    felt,
    moving,
    rules,
    seen,
    summed,
)
from stories import OPEN, SHUT, Face, after

from edge.types import ACTIONS, EMOTIONS

# Actions ------------------------------------------------------------------------------------


def action(story, name: str):
    person, at = seen(story), ACTIONS.index(name)
    return person.actions[at], person.actions_trusted[at]


def test_actions_are_measured_against_this_face_at_rest():
    high = NEUTRAL.but(actions=moving(au01=0.4))
    raised = NEUTRAL.but(actions=moving(au01=0.7))
    assert action(after((1, raised), fps=3, rules=rules()), "au01")[0] == pytest.approx(0.7)
    story = after((60, high), (1, raised), fps=3, rules=rules())
    assert action(story, "au01")[0] == pytest.approx(0.5, abs=0.02)
    low = NEUTRAL.but(actions=moving(au12=-0.5))
    story = after((60, low), (1, NEUTRAL.but(actions=moving(au12=0.25))), fps=3, rules=rules())
    assert action(story, "au12")[0] == pytest.approx(0.5, abs=0.02)


def test_an_action_of_a_part_that_is_covered_is_not_seen():
    story = after((2, HAPPY.but(mar=None)), fps=3, rules=rules())
    assert action(story, "au12") == (None, False)
    assert action(story, "au06")[0] == pytest.approx(0.8)
    story = after((2, HAPPY.but(openness=None)), fps=3, rules=rules())
    assert action(story, "au45") == (None, False)


@pytest.mark.parametrize("hidden", [{"yaw": 30.0}, {"pitch": -30.0}, {"size": 50.0}])
def test_turned_and_small_faces_are_read_and_not_trusted(hidden):
    story = after((2, HAPPY.but(**hidden)), fps=3, rules=rules())
    assert action(story, "au12") == (pytest.approx(0.9), False)
    assert action(after((2, HAPPY), fps=3, rules=rules()), "au12")[1]


def test_lids_that_shut_are_not_tightened():
    shutting = NEUTRAL.but(actions=moving(au07=1.0, au45=1.0), openness=0.0)
    assert action(after((2, shutting), fps=3, rules=rules()), "au07") == (1.0, False)


# Derived ------------------------------------------------------------------------------------


def test_calm_is_a_still_head_and_a_quiet_face():
    calm = seen(after((10, NEUTRAL), fps=3, rules=rules())).calm
    assert calm > 0.8
    assert seen(after((10, ANGRY), fps=3, rules=rules())).calm < 0.1
    assert seen(after((10, SAD), fps=3, rules=rules())).calm < 0.2

    def nodding(t: float) -> Face:
        return NEUTRAL.but(pitch=15.0 * math.sin(3 * t))

    assert seen(after((10, nodding), fps=3, rules=rules())).calm < calm - 0.3


def test_worried_is_sorrow_and_fear_and_the_surprise_that_goes_with_them():
    def shown(**parts: float) -> float:
        emotion = tuple(parts.get(name, 0.0) for name in EMOTIONS)
        return seen(after((5, Face(emotion=emotion)), fps=3, rules=rules())).worried

    assert shown(neutral=1.0) == 0
    assert shown(neutral=0.4, sad=0.3, fear=0.3) == pytest.approx(0.6)
    assert shown(neutral=0.4, surprise=0.3, fear=0.3) == pytest.approx(0.6)
    assert shown(neutral=0.1, surprise=0.8, fear=0.1) == pytest.approx(0.2)  # startled, no more
    assert shown(happy=0.6, surprise=0.3, fear=0.1) == pytest.approx(0.1 + 0.1 / 7)


def test_a_face_that_is_not_read_is_not_worried_either():
    assert seen(after((5, OPEN), fps=3, rules=rules())).worried is None
    scene, *_ = summed((8, NEUTRAL), (13, SAD))
    assert scene.worried == pytest.approx(0.6 * 0.9, abs=0.05)
    scene, *_ = summed((21, NEUTRAL), emotion=False)
    assert scene.worried is None


def test_confused_is_a_frown_with_tightened_lids_or_a_tilted_head():
    frown = NEUTRAL.but(actions=moving(au04=0.8, au07=0.7))
    assert seen(after((5, frown), fps=3, rules=rules())).confused > 0.6
    tilted = NEUTRAL.but(actions=moving(au04=0.8), roll=15.0)
    assert seen(after((5, tilted), fps=3, rules=rules())).confused > 0.6
    frowns = NEUTRAL.but(actions=moving(au04=0.8))
    assert seen(after((5, frowns), fps=3, rules=rules())).confused == pytest.approx(0, abs=0.01)
    furious = ANGRY.but(actions=moving(au04=0.9, au07=0.9))
    assert seen(after((5, furious), fps=3, rules=rules())).confused < 0.15
    turned = frown.but(yaw=40.0)  # the brows cannot be measured: not known, not 0
    assert seen(after((5, turned), fps=3, rules=rules())).confused is None


@pytest.mark.parametrize(
    ("scenes", "attitude"),
    [
        ([(10, HAPPY)], "like"),
        ([(10, ANGRY)], "dislike"),
        ([(10, NEUTRAL)], "indifferent"),
        ([(4, HAPPY), (4, ANGRY)], "ambivalent"),
        ([(2, HAPPY)], None),
    ],
)
def test_attitudes_are_read_off_the_last_seconds_of_valence(scenes, attitude):
    assert seen(after(*scenes, fps=3, rules=rules())).attitude == attitude


def test_a_face_that_brightens_likes_what_it_sees_before_the_mean_says_so():
    def brightening(t: float) -> Face:
        return NEUTRAL.but(emotion=felt("happy", min(0.8, 0.05 * t)))

    story = after((10, brightening), fps=3, rules=rules())
    assert seen(story).attitude == "like"


# Attention ----------------------------------------------------------------------------------


def test_attention_is_made_of_head_and_eyes_and_needs_no_emotion():
    story = after((5, OPEN), fps=10, rules=rules(emotion=False))
    person = seen(story)
    assert (person.mood, person.actions, person.calm, person.attitude) == (None,) * 4
    assert person.attention.value == pytest.approx(1.0, abs=0.01)
    away = seen(after((5, OPEN), (5, Face(yaw=60)), fps=10, rules=rules(emotion=False)))
    assert (away.attention.value, away.attention.head) == (pytest.approx(0, abs=0.05),) * 2
    asleep = seen(after((5, OPEN), (8, SHUT), fps=10, rules=rules(emotion=False)))
    assert asleep.attention.head == pytest.approx(1)
    assert asleep.attention.eyes == asleep.attention.value == pytest.approx(0, abs=0.05)


def test_a_blink_and_a_glance_are_no_lack_of_attention():
    blinked = seen(after((5, OPEN), (0.2, SHUT), fps=10, rules=rules(emotion=False)))
    glanced = seen(after((5, OPEN), (0.4, Face(yaw=60)), fps=10, rules=rules(emotion=False)))
    assert min(blinked.attention.value, glanced.attention.value) > 0.5


def test_eyes_that_are_not_seen_leave_attention_to_the_head():
    hidden = Face(openness=None, eyes_visible=0.0)
    attention = seen(after((5, hidden), fps=10, rules=rules(emotion=False))).attention
    assert (attention.value, attention.eyes) == (1.0, None)


def test_the_drivers_attention_is_measured_from_where_this_driver_looks_when_driving():
    aside = Face(yaw=30)  # the camera stands beside the road
    passenger = Face(track=2, x=100.0, yaw=30)
    driver, other = after((40, aside.with_(passenger)), fps=6, rules=rules()).last.people
    assert driver.attention.value > 0.95
    assert other.attention.value == pytest.approx(0.5, abs=0.05)
