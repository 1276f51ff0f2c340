"""What a window comes to, for the scene and for each face, whatever comes."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moods import (
    ANGRY,
    DROOPING,
    HAPPY,
    NEUTRAL,
    SAD,
    rules,
    summed,
)
from msgspec.structs import replace
from stories import LOST, OPEN, SHUT, Face, after, filmed, told

from edge.judge.people.faces import MOST_LEFT
from edge.types import EMOTIONS, NS

# Summaries ----------------------------------------------------------------------------------


def test_a_window_is_summed_up_by_time_for_the_scene_and_for_each_face():
    two = NEUTRAL.but(track=1, x=200.0, size=120.0).with_(HAPPY.but(track=2, x=450.0, size=120.0))
    scene, first, second = summed((10, two), (11, LOST))
    assert (scene.track, {first.track, second.track}) == (None, {1, 2})
    shares = {s.track: s.share for s in (first, second)}
    assert shares[1]["neutral"] == shares[2]["happy"] == 1
    assert scene.share["neutral"] == pytest.approx(0.5, abs=0.01)
    assert scene.valid_s == pytest.approx(first.valid_s + second.valid_s)
    assert scene.unseen == pytest.approx(0.5, abs=0.03)
    assert first.unseen == pytest.approx(0.5, abs=0.03)


def test_unseen_time_is_never_neutral():
    scene, face = summed((5, HAPPY), (16, LOST))
    assert face.share["neutral"] == scene.share["neutral"] == 0
    assert face.dominant == "happy"
    (nobody,) = summed((21, LOST))
    assert (nobody.dominant, nobody.confidence, nobody.valence) == (None, None, None)
    assert (sum(nobody.share.values()), nobody.unseen) == (0, 1)


def test_trend_and_transitions_say_how_it_changed():
    scene, _ = summed((10, NEUTRAL), (11, HAPPY))
    assert scene.transitions == 1
    assert scene.valence_trend > 1  # from 0 to 0.8 in 20 s is more than 1 a minute
    assert scene.attitude == "like"
    scene, _ = summed((10, HAPPY), (11, ANGRY))
    assert scene.attitude == "ambivalent"


def test_a_summary_comes_when_it_is_asked_for():
    frames = list(filmed((8, HAPPY), fps=3))
    asked = replace(frames[-1], t_ns=frames[-1].t_ns + NS // 3, requests=("summary",))
    story = told([*frames, asked, *filmed((3, NEUTRAL), fps=3, start_s=109)], rules())
    (summaries,) = (step.summaries for step in story.steps if step.summaries)
    assert (summaries[0].end_ns - summaries[0].start_ns) / NS == pytest.approx(8, abs=0.4)
    assert summaries[0].share["happy"] == 1


def test_without_emotion_a_summary_has_times_and_attention_and_nothing_else():
    scene, face = summed((10, HAPPY), (11, LOST), emotion=False)
    for each in (scene, face):
        assert each.attention.value == pytest.approx(1, abs=0.01)
        assert each.unseen == pytest.approx(0.5, abs=0.03)
        assert (each.share, each.dominant, each.valence, each.attitude) == ({}, None, None, None)
        assert (each.valid_s, each.looks, each.calm, each.confused) == (0, 0, None, None)


def test_a_shop_with_a_hundred_visitors_is_remembered_in_as_little_as_one_with_ten():
    def visitors(t: float) -> Face:
        return NEUTRAL.but(track=int(t) + 1, x=50.0 + 97 * (int(t) % 6), size=80.0)

    story = after((150, visitors), fps=3, rules=rules(60))
    assert len(story.state.people.known) <= 8
    assert len(story.state.people.gone) <= MOST_LEFT
    scene, *faces = next(s.summaries for s in reversed(story.steps) if s.summaries)
    assert len(faces) <= MOST_LEFT + 8
    assert scene.share["neutral"] == pytest.approx(1)


# Whatever comes -----------------------------------------------------------------------------

moods = st.sampled_from([NEUTRAL, HAPPY, SAD, ANGRY, SHUT, LOST, OPEN, DROOPING.but(yaw=40)])
days = st.lists(st.tuples(st.floats(0.3, 8), moods), min_size=1, max_size=6)


@settings(max_examples=12, deadline=None)
@given(days, st.sampled_from([3, 5, 10]))
def test_shares_add_up_to_one_and_every_number_is_one(scenes, fps):
    story = after(*scenes, (1.5, LOST), fps=fps, rules=rules(2.0))
    for step in story.steps:
        for person in step.people:
            if person.mood is not None:
                assert sum(person.mood.probabilities) == pytest.approx(1)
            for value in (person.calm, person.confused, person.eyes_open):
                assert value is None or 0 <= value <= 1.2
        for summary in step.summaries:
            total = sum(summary.share.values())
            assert total == pytest.approx(1 if summary.valid_s else 0)
            assert 0 <= summary.unseen <= 1
            for spread in (summary.valence, summary.arousal):
                assert spread is None or (abs(spread.mean) <= 1 and 0 <= spread.sd <= 1)
            assert summary.valence_trend is None or math.isfinite(summary.valence_trend)


@settings(max_examples=2, deadline=None)
@given(st.lists(st.tuples(st.integers(4, 9), st.sampled_from([NEUTRAL, HAPPY, ANGRY])), max_size=3))
def test_it_is_the_same_at_any_rate_of_looks(scenes):
    found = [
        summed((5, NEUTRAL), *scenes, (40, NEUTRAL), fps=fps, window_s=40)[1] for fps in (3, 5, 10)
    ]
    for name in EMOTIONS:
        parts = [summary.share[name] for summary in found]
        assert max(parts) - min(parts) <= 0.02 + 0.02 * len(scenes)
    means = [summary.valence.mean for summary in found]
    assert max(means) - min(means) <= 0.03


@settings(max_examples=4, deadline=None)
@given(st.integers(2, 20))
def test_time_that_nobody_saw_changes_no_share(unseen_s):
    rest = [(6, NEUTRAL), (30, LOST)]
    whole = summed((8, HAPPY), *rest, window_s=40)[1]
    gap = summed((4, HAPPY), (unseen_s, LOST), (4, HAPPY), *rest, window_s=40)[1]
    assert gap.valid_s == pytest.approx(whole.valid_s, abs=0.4)
    for name, part in whole.share.items():
        assert gap.share[name] == pytest.approx(part, abs=0.02)
    assert gap.transitions == whole.transitions
