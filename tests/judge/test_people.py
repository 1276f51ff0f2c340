"""What is said of people: how they look, for how long, and what it must never be taken for."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stories import LOST, OPEN, SHUT, Face, after, filmed, told

from edge.judge.people.faces import MOST_LEFT
from edge.judge.people.rules import MoodRules, PeopleRules
from edge.judge.rules import Rules
from edge.types import ACTIONS, EMOTIONS, NS, Light

NO_ACTION = (0.0,) * len(ACTIONS)


def felt(name: str, part: float = 0.9) -> tuple[float, ...]:
    """``part`` for one emotion; the rest mostly for neutral, as networks have it."""
    rest = 1.0 - part
    few = 0.01 * rest
    spread = dict.fromkeys(EMOTIONS, few)
    spread["neutral" if name != "neutral" else "happy"] = rest - few * (len(EMOTIONS) - 2)
    spread[name] = part
    return tuple(spread[each] for each in EMOTIONS)


def moving(**strength: float) -> tuple[float, ...]:
    return tuple(strength.get(name, 0.0) for name in ACTIONS)


NEUTRAL = Face(emotion=felt("neutral"), actions=NO_ACTION)
HAPPY = Face(emotion=felt("happy"), actions=moving(au06=0.8, au12=0.9))
SAD = Face(emotion=felt("sad"), actions=moving(au01=0.5, au15=0.6))
DROOPING = Face(emotion=felt("sad", 0.8), actions=moving(au15=0.4))
ANGRY = Face(emotion=felt("anger"), actions=moving(au04=0.9))


def rules(window_s: float = 3600.0, *, emotion: bool = True, **mood: float) -> Rules:
    return Rules(people=PeopleRules(window_s=window_s), mood=MoodRules(**mood), emotion=emotion)


def labels(story) -> list[str]:
    """What was said of the mood, without repeats."""
    found: list[str] = []
    for step in story.steps:
        label = step.people[0].mood.label if step.people and step.people[0].mood else "-"
        if not found or found[-1] != label:
            found.append(label)
    return found


def seen(story, index: int = 0):
    return story.last.people[index]


def summed(*scenes, fps: float = 3, window_s: float = 20.0, emotion: bool = True):
    """Summaries of the window that ends within the scenes: of the scene, then of each face."""
    story = after(*scenes, fps=fps, rules=rules(window_s, emotion=emotion))
    (summaries,) = (step.summaries for step in story.steps if step.summaries)
    return summaries


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
