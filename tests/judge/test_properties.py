"""What holds for every drive, however hostile."""

from __future__ import annotations

import math
import sys

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace
from stories import LOST, OPEN, SHUT, Face, after, blinking, every, filmed, observed, told

from edge.judge.advance import advance
from edge.judge.rules import Rules
from edge.judge.state import State
from edge.types import NS, Board, Box, FaceReading, Gaze, Level, Light, Observation, Pose, Vehicle

LEVELS = {
    "eyes_closed_pre": {2},
    "microsleep": {3},
    "sleep": {4},
    "unresponsive": {5},
    "drowsy_advisory": {1},
    "drowsy": {1, 2},
    "drowsy_severe": {1, 3},
    "distraction_long": {2, 3},
    "distraction_vats": {2},
    "phone_suspect": {2},
    "eyes_unreadable": {1},
    "face_lost": {1, 3},
    "camera_blocked": {1},
}
"""The table: which levels each type may have."""

number = st.floats(allow_nan=True, allow_infinity=True, width=32)
angle = st.one_of(st.floats(-180, 180), number)
unit = st.one_of(st.floats(0, 1), number)
boxes = st.builds(Box, *[st.one_of(st.floats(0, 640), number)] * 4)
poses = st.builds(Pose, angle, angle, angle)
faces = st.builds(
    FaceReading,
    track=st.integers(1, 4),
    box=boxes,
    confidence=unit,
    ear=st.none() | st.floats(0, 0.5) | number,
    mar=st.none() | unit,
    pose=st.none() | poses,
    emotion=st.none() | st.tuples(*[unit] * 8),
    eyes_visible=st.none() | unit,
    gaze=st.none() | st.builds(Gaze, angle, angle, unit),
)
lights = st.none() | st.builds(Light, unit, unit, st.booleans())
vehicles = st.none() | st.builds(Vehicle, st.none() | number, number)
requests = st.sampled_from([(), (), (), ("ack",), ("recalibrate",), ("ack", "nonsense")])
steps_ns = st.one_of(
    st.integers(1, NS // 5), st.sampled_from([0, -NS, -3600 * NS, 3600 * NS, 70 * NS, 3 * NS])
)
boards = st.none() | st.builds(
    Board, st.none() | number, st.none() | st.integers(0, 0xFFFFF), st.none() | st.booleans()
)
looks = st.tuples(steps_ns, st.lists(faces, max_size=3), lights, vehicles, requests, boards)


def drive(parts):
    t_ns, seen = 10**12, []
    for step_ns, shown, light, vehicle, asked, board in parts:
        t_ns += step_ns
        seen.append(Observation(t_ns, tuple(shown), light, 640, 360, vehicle, asked, board))
    return seen


def calm_scenes():
    scene = st.sampled_from(
        [OPEN, SHUT, LOST, Face(yaw=60), Face(pitch=-30), Face(openness=0.25), Face(mar=0.8)]
    )
    return st.lists(st.tuples(st.floats(0.05, 12), scene), min_size=1, max_size=8)


def check_episodes(story):
    """One ``new``, then updates, exactly one ``end`` unless still open; levels of the table."""
    open_now, revisions = {}, {}
    for alert in story.changes:
        assert alert.level in LEVELS[alert.type]
        if alert.change == "new":
            assert alert.episode not in revisions
            assert alert.type not in open_now.values()
            open_now[alert.episode] = alert.type
        else:
            assert open_now[alert.episode] == alert.type
        assert alert.rev == revisions.get(alert.episode, 0) + 1
        revisions[alert.episode] = alert.rev
        if alert.change == "end":
            assert alert.reason
            del open_now[alert.episode]
    assert sorted(open_now.values()) == sorted(story.active)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(looks, min_size=1, max_size=40))
def test_no_sequence_of_observations_raises_or_breaks_an_episode(parts):
    story = told(drive(parts))
    check_episodes(story)
    for step in story.steps:
        for share in (step.eyes.perclos60, step.eyes.perclos180):
            assert share is None or 0 <= share <= 1
        assert step.level == max((a.level for a in step.active), default=Level.NONE)


@settings(max_examples=6, deadline=None)
@given(calm_scenes(), st.sampled_from([5, 10]))
def test_levels_follow_the_table_and_every_episode_ends_once(scenes, fps):
    rest = after((40, OPEN), *scenes, (40, blinking(12)), fps=fps)
    check_episodes(rest)
    # nothing sticks once the driver is awake and looks ahead; tired one is for minutes
    assert [kind for kind in rest.active if not kind.startswith("drowsy")] == []


@settings(max_examples=3, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate])
@given(st.floats(0.5, 2.5), st.floats(3.5, 9.0))
def test_perclos_is_the_same_at_any_frame_rate(shut_s, period_s):
    scene = (65, every(period_s, min(shut_s, period_s - 1), SHUT))
    shares = [after(scene, fps=fps, jitter=0.5).last.eyes.perclos60 for fps in (5, 10, 15, 30)]
    assert max(shares) - min(shares) <= 0.02


@pytest.mark.parametrize("unseen_s", [1, 5, 12])
def test_an_unseen_second_is_neither_open_nor_shut(unseen_s):
    before = after((30, every(5, 1, SHUT)), (2, OPEN), fps=10)
    unseen = after((30, every(5, 1, SHUT)), (2, OPEN), (unseen_s, LOST), fps=10)
    assert unseen.last.eyes.perclos60 == pytest.approx(before.last.eyes.perclos60, abs=0.002)


def test_a_recorded_drive_gives_the_same_steps_again():
    frames = list(filmed((40, blinking(20)), (4, SHUT), (3, LOST), (9, OPEN), fps=15))
    assert told(frames).steps == told(frames).steps


def test_time_that_stands_still_changes_nothing():
    frames = list(filmed((3, OPEN), (2, SHUT)))
    once, twice = told(frames), told([f for frame in frames for f in (frame, frame)])
    assert once.changes == twice.changes


def test_frames_out_of_order_are_left_out():
    frames = list(filmed((3, OPEN), (2, SHUT)))
    swapped = frames[:]
    swapped[40:40] = [frames[10]]
    assert told(swapped).changes == told(frames).changes


def test_a_clock_that_is_set_back_closes_what_was_open_and_begins_again():
    frames = list(filmed((3, OPEN), (4, SHUT)))
    back = [replace(f, t_ns=f.t_ns - 3600 * NS) for f in filmed((3, OPEN), (4, SHUT))]
    story = told(frames + back)
    assert story.ended("sleep").reason == "clock_set_back"
    assert story.new == ["eyes_closed_pre", "microsleep", "sleep"] * 2
    check_episodes(story)


@pytest.mark.parametrize("astray_s", [3600, 4, -3600, -4])
@pytest.mark.parametrize("often", [1, 20])
def test_a_stamp_that_is_wrong_once_in_a_while_ends_nothing(astray_s, often):
    frames = list(filmed((70, OPEN), (6.5, SHUT), (6, OPEN)))
    wrong = frames[:]
    for at in range(71 * 30, 71 * 30 + 2 * often, 2):
        wrong[at] = replace(frames[at], t_ns=frames[at].t_ns + astray_s * NS, requests=("summary",))
    story, right = told(wrong), told(frames)
    assert [step.odd for step in story.steps if step.odd] == [("time_astray",)] * often
    ends = [(a.type, a.reason) for a in story.changes if a.change == "end"]
    assert ends == [(a.type, a.reason) for a in right.changes if a.change == "end"]
    for kind in right.new:
        assert story.at(kind) == pytest.approx(right.at(kind), abs=0.1)
    assert sum(bool(step.summaries) for step in story.steps) >= often


def test_a_pause_costs_one_picture_and_no_request():
    before, after_it = list(filmed((70, OPEN), (8, SHUT))), list(filmed((6, SHUT), start_s=190))
    asked = replace(after_it[0], requests=("ack",))
    story = told([*before, asked, *after_it[1:]])
    assert story.steps[len(before)].t_ns == before[-1].t_ns
    assert story.steps[len(before) + 1].t_ns == after_it[1].t_ns
    assert story.ended("unresponsive").reason == "acknowledged"


def test_what_is_asked_as_the_clock_is_set_back_is_heard():
    back = list(filmed((3, OPEN), start_s=20))
    back[0] = replace(back[0], requests=("ack",))
    assert told([*filmed((5, OPEN)), *back]).state.quiet_ns is not None


def test_slow_pictures_are_all_judged():
    frames = list(filmed((60, OPEN), fps=0.4))
    assert [step.t_ns for step in told(frames).steps] == [seen.t_ns for seen in frames]


def test_an_hour_that_nobody_saw_is_no_closure_and_no_lost_face():
    frames = list(filmed((3, OPEN), (0.5, SHUT)))
    later = [replace(f, t_ns=f.t_ns + 3600 * NS) for f in filmed((0.5, SHUT), (3, OPEN))]
    assert told(frames + later).new == []


def test_thousands_of_faces_are_a_full_bus_and_no_trouble():
    crowd = tuple(
        FaceReading(track=n, box=Box(n % 600, 10, n % 600 + 30, 40), confidence=0.9, ear=0.26)
        for n in range(5000)
    )
    frames = [replace(f, faces=f.faces + crowd) for f in filmed((3, OPEN), fps=10)]
    story = told(frames)
    assert story.last.track == 1
    assert story.new == []


def test_nan_from_a_model_is_not_seen():
    broken = FaceReading(
        track=1,
        box=Box(220, 80, 420, 280),
        confidence=0.9,
        ear=math.nan,
        mar=math.nan,
        pose=Pose(math.nan, 0.0, 0.0),
    )
    frames = [replace(f, faces=(broken,)) for f in filmed((8, OPEN))]
    story = told(frames)
    assert story.last.eyes.openness is None
    assert story.last.pose is None
    assert story.new == []


def test_two_hours_are_remembered_in_as_little_as_one():
    usual = every(47, 2.0, SHUT, every(31, 5.0, Face(mar=0.8), every(11, 1.5, Face(yaw=40))))
    state, sizes = State(), []
    for number in range(2 * 3600 * 2):
        t = number / 2.2  # as slow as looks may come and still be joined
        face = None if number % 4000 < 30 else usual(t)
        state, _ = advance(state, observed(round(t * NS), face), Rules())
        if number % 1200 == 1199:
            sizes.append(weight(state))
    assert max(sizes) < 200_000
    assert max(sizes[4:]) < 1.5 * max(sizes[:4])


def weight(value):
    """Bytes of a value and everything in it."""
    size = sys.getsizeof(value)
    if isinstance(value, Struct):
        return size + sum(weight(getattr(value, name)) for name in value.__struct_fields__)
    if isinstance(value, tuple):
        return size + sum(weight(each) for each in value)
    return size
