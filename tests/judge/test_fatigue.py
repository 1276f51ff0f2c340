"""Drowsiness from PERCLOS, microsleeps, yawns, nods and blinks."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from msgspec.structs import replace
from stories import (
    DOWN,
    LEARNT,
    OPEN,
    RIGHT,
    SHUT,
    YAWN,
    Face,
    after,
    blinking,
    every,
    filmed,
    told,
)

from edge.judge.rules import Rules, SpeedRules
from edge.judge.states.rules import AttentionRules
from edge.types import NS


@pytest.mark.parametrize(("speed", "level"), [(None, 2), (80.0, 2), (30.0, 1), (15.0, 1), (5.0, 0)])
def test_drowsiness_is_voiced_from_50_kmh_and_where_the_speed_is_unknown(speed, level):
    story = after((150, every(5, 0.8, SHUT)), fps=10, speed=speed)
    levels = [a.level for a in story.changes if a.type.startswith("drowsy")]
    assert max(levels, default=0) == level


def test_where_nobody_drives_speed_and_attention_do_not_matter():
    rules = Rules(attention=AttentionRules(enabled=False), speed=SpeedRules(enabled=False))
    story = after(LEARNT, (10, RIGHT), (4, SHUT), rules=rules, speed=3.0)
    assert story.last.attention.state == "off"
    assert story.last.speed_band == "ignored"
    assert story.new == ["eyes_closed_pre", "microsleep", "sleep"]


def test_perclos_of_fifteen_percent_is_drowsy_and_rest_is_advised():
    story = after((330, every(5, 0.9, SHUT)), fps=10)
    assert story.new[:2] == ["drowsy_advisory", "drowsy"]
    told_again = [a.said for a in story.changes if a.type == "drowsy"]
    assert max(told_again) >= 3
    assert any(a.advice == "rest" for a in story.changes)
    assert story.last.kss_est == 8


def test_drowsy_ends_a_minute_after_the_eyes_are_awake():
    story = after((200, every(5, 0.9, SHUT)), (260, blinking(15)), fps=10)
    assert "drowsy" in story.new
    assert not story.active


def test_two_microsleeps_in_five_minutes_are_drowsy():
    nod = (1.7, SHUT)
    story = after((60, OPEN), nod, (60, OPEN), nod, (5, OPEN), fps=10)
    assert "drowsy" in story.active


def test_three_microsleeps_in_ten_minutes_are_severe():
    nod = (1.7, SHUT)
    story = after((60, OPEN), nod, (60, OPEN), nod, (60, OPEN), nod, (3, OPEN), fps=10)
    assert "drowsy_severe" in story.active


def test_yawns_alone_alarm_nobody():
    story = after((302, every(20, 4, YAWN, blinking(15))), fps=15)
    assert story.marks.count("yawn") == 15
    assert story.new == []


def test_a_yawn_that_never_ends_is_no_yawn():
    assert "yawn" not in after((5, OPEN), (20, YAWN), (3, OPEN)).marks


def test_a_nod_with_shut_eyes_is_marked():
    def nodding(t):
        return Face(openness=0.0 if t > 0.1 else 1.0, pitch=-22 * min(1.0, t / 0.5))

    story = after((30, OPEN), (1.0, nodding), (3, OPEN))
    assert story.marks.count("head_nod") == 1
    assert "head_nod" not in after((30, OPEN), (1.0, DOWN), (3, OPEN)).marks


def test_blinks_are_counted_at_30_frames_and_unknown_at_10():
    fast = after((240, blinking(20, 0.2)), fps=30).last.eyes
    assert fast.blink_ms_mean == pytest.approx(200, abs=30)
    assert fast.long_blink_share == 0
    slow = after((240, blinking(20, 0.2)), fps=10).last.eyes
    assert slow.blink_ms_mean is None
    assert slow.long_blink_share is None


def test_perclos_is_unknown_below_the_least_frame_rate():
    story = after((120, OPEN), fps=3)
    assert story.last.eyes.perclos60 is None
    assert "frame_rate" in story.last.degraded


def announced(story, kind):
    """When ``kind`` was said to be new, or again, in seconds; and with what advice."""
    start_ns, times, said = story.steps[0].t_ns, [], 0
    for alert in (alert for alert in story.changes if alert.type == kind):
        said = 0 if alert.change == "new" else said
        if alert.change != "end" and alert.said > said:
            said = alert.said
            times.append((round((alert.t_ns - start_ns) / NS), alert.advice))
    return times


@pytest.mark.parametrize("why", ["ack", "speed"])
def test_rest_is_advised_with_the_third_announcement_though_none_was_made_for_long(why):
    tired = every(5, 1.2, SHUT)
    if why == "ack":
        drive = list(filmed((420, tired), fps=15))
        drive[230 * 15] = replace(drive[230 * 15], requests=("ack",))
        begins_s = 260
    else:
        drive = [*filmed((240, tired), fps=15, speed=5)]
        drive += filmed((180, tired), fps=15, speed=90, start_s=340)
        begins_s = 240
    heard = [said for said in announced(told(drive), "drowsy") if said[0] >= begins_s]
    assert heard == [(begins_s, None), (begins_s + 60, None), (begins_s + 120, "rest")]


def test_a_microsleep_is_announced_again_every_two_seconds():
    drowsing = (30, every(1.4, 0.6, SHUT))  # lids that drop again before a second is over
    story = after(LEARNT, (2.0, SHUT), drowsing, (5, OPEN))
    times = [at for at, _ in announced(story, "microsleep")]
    assert len(times) > 10
    assert {b - a for a, b in pairwise(times)} == {2}


def test_pictures_that_come_unevenly_are_as_many_as_those_that_do_not():
    story = after((120, blinking(20)), fps=5, jitter=0.7)
    late = story.steps[300:]
    assert all(step.eyes.perclos60 is not None for step in late)
    assert not any(step.degraded for step in late)
    story = after((120, blinking(20)), fps=15, jitter=0.9)
    assert all(step.eyes.blink_ms_mean is not None for step in story.steps[1000:])


def test_one_picture_in_ten_that_is_lost_costs_no_statistics_of_blinks():
    chance = random.Random(1)
    story = told([seen for seen in filmed((120, blinking(25)), fps=16) if chance.random() > 0.1])
    assert all(step.eyes.blink_ms_mean is not None for step in story.steps[1000:])
