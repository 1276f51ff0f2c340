"""How people look: what is named, after how long, and what it must never be taken for."""

from __future__ import annotations

import math

import pytest
from moods import (
    ANGRY,
    DROOPING,
    HAPPY,
    NEUTRAL,
    SAD,
    felt,
    labels,
    rules,
    seen,
)
from msgspec.structs import replace
from stories import LOST, Face, after, filmed, told

from edge.types import NS, Light

# Smoothing and dwell ------------------------------------------------------------------------


def test_a_laugh_is_named_within_two_seconds_and_one_odd_look_is_not():
    story = after((5, NEUTRAL), (0.34, HAPPY), (5, NEUTRAL), (3, HAPPY), fps=3, rules=rules())
    assert labels(story) == ["neutral", "happy"]
    first = next(s for s in story.steps if s.mood is not None and s.mood.label == "happy")
    assert first.t_ns - story.steps[0].t_ns <= (5 + 0.34 + 5 + 2) * NS


@pytest.mark.parametrize("fps", [3, 10])
def test_what_is_no_longer_true_is_not_held_until_something_new_has_lasted(fps):
    doubt = Face(emotion=(0.5, 0.01, 0.01, 0.45, 0.01, 0.01, 0.01, 0.0))
    story = after((5, NEUTRAL), (0.67, doubt), (3, SAD), fps=fps, rules=rules(smooth_s=0.0))
    assert labels(story) == ["neutral", "sad"]
    first = next(s for s in story.steps if s.mood is not None and s.mood.label == "sad")
    assert first.t_ns - story.steps[0].t_ns <= (5 + 0.67 + 0.7) * NS


def test_where_nothing_stands_out_it_is_uncertain():
    even = Face(emotion=(0.4, 0.35, 0.05, 0.05, 0.05, 0.05, 0.03, 0.02))
    story = after((5, even), fps=3, rules=rules())
    assert labels(story) == ["uncertain"]
    assert seen(story).mood.between == ("neutral", "happy")  # three quarters between the two
    bold = rules(certain=0.3)
    assert labels(after((5, even), fps=3, rules=bold)) == ["neutral"]


def test_four_faces_each_have_a_mood_of_their_own():
    faces = [
        face.but(track=n, x=80.0 + 150 * n, size=100.0)
        for n, face in enumerate((NEUTRAL, HAPPY, SAD, ANGRY), start=1)
    ]
    story = after((4, faces[0].with_(*faces[1:])), fps=3, rules=rules())
    assert [p.mood.label for p in story.last.people] == ["neutral", "happy", "sad", "anger"]
    assert [p.track for p in story.last.people] == [1, 2, 3, 4]


def test_after_a_gap_nothing_is_assumed_of_the_mood():
    story = after((5, HAPPY), (4, LOST), (0.3, SAD), fps=3, rules=rules())
    assert labels(story) == ["happy", "-", "sad"]  # no dwell: nothing is known to change from


def test_a_camera_that_shows_the_same_picture_again_is_no_look_at_anybody():
    frames = list(filmed((3, HAPPY), fps=3))
    last, light = frames[-1], Light(0.4, 0.2, repeated=True)
    frames += [replace(last, t_ns=last.t_ns + i * NS // 3, light=light) for i in range(1, 12)]
    assert seen(told(frames, rules())).mood is None


# Eyes and rest ------------------------------------------------------------------------------


def test_closed_and_lowered_eyes_alone_are_not_sorrow():
    looks_sad = SAD.but(emotion=felt("sad", 0.8))
    awake = after((6, looks_sad), fps=3, rules=rules())
    assert labels(awake) == ["sad"]
    for openness in (0.0, 0.2):
        story = after((6, looks_sad.but(openness=openness)), fps=3, rules=rules())
        assert labels(story) == ["uncertain"]
        assert seen(story).mood.between[0] in {"sad", "neutral"}
        assert seen(story).mood.valence > seen(awake).mood.valence + 0.2
        assert sum(seen(story).mood.probabilities) == pytest.approx(1)


def test_sorrow_that_all_of_the_face_shows_is_named_with_lowered_eyes_too():
    weeping = SAD.but(emotion=felt("sad", 0.97))
    for openness in (0.0, 0.2, 0.3):
        story = after((6, weeping.but(openness=openness)), fps=3, rules=rules())
        assert labels(story) == ["sad"]


def test_a_sleeper_whose_face_is_at_rest_is_neutral_to_look_at():
    asleep = NEUTRAL.but(openness=0.0, emotion=felt("sad", 0.4))
    assert labels(after((6, asleep), fps=3, rules=rules())) == ["neutral"]
    assert labels(after((6, asleep.but(openness=1.0)), fps=3, rules=rules())) == ["uncertain"]


def test_a_laugh_with_narrowed_eyes_stays_a_laugh():
    assert labels(after((6, HAPPY.but(openness=0.1)), fps=3, rules=rules())) == ["happy"]


def test_a_face_that_rests_sad_is_not_called_sad_once_it_is_known():
    story = after((240, DROOPING), fps=3, rules=rules())
    assert labels(story)[0] == "sad"
    assert seen(story).mood.label == "neutral"
    assert seen(story).rest_known == 1
    worse = after((240, DROOPING), (4, SAD.but(emotion=felt("sad", 0.999))), fps=3, rules=rules())
    assert seen(worse).mood.label == "sad"  # against rest it still shows
    laughs = after((240, DROOPING), (4, HAPPY), fps=3, rules=rules())
    assert seen(laughs).mood.label == "happy"


def test_whoever_is_sad_for_some_seconds_is_sad_and_whoever_laughs_for_minutes_is_happy():
    assert labels(after((60, NEUTRAL), (20, SAD), fps=3, rules=rules())) == ["neutral", "sad"]
    assert labels(after((150, HAPPY), fps=3, rules=rules())) == ["happy"]


def test_a_restless_head_teaches_nothing_of_rest():
    def shaking(t: float) -> Face:
        return DROOPING.but(yaw=20.0 * math.sin(2.5 * t))

    assert seen(after((240, shaking), fps=3, rules=rules())).rest_known == 0


def test_who_comes_back_to_the_same_place_is_known_under_the_new_number():
    story = after((240, DROOPING), (2, LOST), (3, DROOPING.but(track=2)), fps=3, rules=rules())
    assert (seen(story).track, seen(story).mood.label) == (2, "neutral")
    other = DROOPING.but(track=2, x=560.0)
    story = after((240, DROOPING), (2, LOST), (3, other), fps=3, rules=rules())
    assert (seen(story).rest_known, seen(story).mood.label) == (0, "sad")
