"""Half-closed lids, slow cars, empty seats, remembered eyes: where one thing passes to another."""

from __future__ import annotations

import random

import pytest
from msgspec.structs import replace
from stories import (
    LEARNT,
    LEFT,
    LOST,
    OPEN,
    RIGHT,
    SHUT,
    after,
    blinking,
    every,
    filmed,
    told,
)

from edge.types import NS, Remembered

HALF = OPEN.but(openness=0.33)
NARROW = OPEN.but(ear_open=0.18, track=2)
FAMILY = ["eyes_closed_pre", "microsleep", "sleep", "unresponsive"]


@pytest.mark.parametrize("half_s", [1, 3, 5, 10, 20])
@pytest.mark.parametrize("openness", [0.28, 0.33, 0.42])
def test_who_drops_off_out_of_half_closed_lids_is_told_of_in_time(half_s, openness):
    half = OPEN.but(openness=openness)
    drive = after((70, OPEN), (0.2, SHUT), (half_s, half), (12, SHUT))
    asleep_s = 70 + 0.2 + half_s
    told_s = [drive.at(name) - asleep_s for name in drive.new if name in FAMILY]
    alarmed_s = [drive.at(name) - asleep_s for name in drive.new if name in FAMILY[2:]]
    assert 0 < min(told_s) < 1.2
    assert min(alarmed_s) < 3.2


@pytest.mark.parametrize("fps", [5, 15, 30])
@pytest.mark.parametrize("half_s", [1, 1.5, 2, 3, 4, 6, 20])
@pytest.mark.parametrize("openness", [0.32, 0.42])
def test_half_closed_lids_are_no_part_of_the_sleep_that_follows(openness, half_s, fps):
    half = OPEN.but(openness=openness)
    drive = after((70, OPEN), (0.2, SHUT), (half_s, half), (12, SHUT), fps=fps)
    asleep_s = 70 + 0.2 + half_s
    for name, least_s in (("sleep", 3.0), ("unresponsive", 6.0)):
        assert least_s - 0.45 < drive.at(name) - asleep_s < least_s + 0.3


@pytest.mark.parametrize("shut_s", [1.0, 2.0])
def test_lids_that_sink_again_and_again_from_half_open_are_told_of(shut_s):
    half = OPEN.but(openness=0.4)
    sinking = every(shut_s + 0.7, shut_s, SHUT, half)
    assert after((70, OPEN), (0.7, SHUT), (20, sinking)).at("sleep") < 70 + 8


@pytest.mark.parametrize("squint_s", [20, 60])
def test_how_long_somebody_sleeps_does_not_count_how_long_they_squinted_before(squint_s):
    squinting = blinking(15, 0.3, OPEN.but(openness=0.28))
    drive = after((70, OPEN), (squint_s, squinting), (5, SHUT), (5, OPEN))
    slept = drive.ended("sleep")
    assert slept.start_ns / NS == pytest.approx(100 + 70 + squint_s, abs=0.3)
    assert slept.evidence.max_closed_ms == pytest.approx(5000, abs=300)


def test_half_closed_lids_that_blink_are_no_sleep():
    drive = after((70, OPEN), (60, blinking(15, 0.2, HALF)))
    assert not set(drive.new) & set(FAMILY)


@pytest.mark.parametrize("speed", [0.0, 10.0, 90.0])
def test_an_emergency_ends_once_she_is_awake_whatever_the_car_does_then(speed):
    drive = told(
        [
            *filmed((70, OPEN), (8, SHUT), speed=90),
            *filmed((10, OPEN), speed=speed, start_s=178),
        ]
    )
    assert "unresponsive" in drive.new
    assert not set(drive.active) & set(FAMILY)


def test_who_sits_down_in_an_empty_seat_is_not_judged_by_whoever_left_it():
    elsewhere = OPEN.but(yaw=-28, track=2)
    assert not after((70, OPEN), (70, LOST), (30, elsewhere)).active
    asleep = NARROW.but(openness=0.0)
    drive = after((70, OPEN.but(ear_open=0.32)), (70, LOST), (120, blinking(15, 0.2, NARROW)))
    assert not set(drive.new) & set(FAMILY)
    drive = after(
        (70, OPEN.but(ear_open=0.32)), (70, LOST), (120, blinking(15, 0.2, NARROW)), (12, asleep)
    )
    assert "sleep" in drive.new


def test_on_an_empty_seat_nobody_looks_away():
    assert not after((65, OPEN), (7, LEFT), (120, LOST), fps=10).active


def test_nobody_has_the_microsleeps_of_whoever_left_the_seat():
    naps = [(2.0, SHUT), (20.0, OPEN)] * 3
    drive = after(LEARNT, *naps, (70, LOST), (60, OPEN.but(track=2)))
    assert "drowsy_severe" in drive.new
    assert "drowsy_severe" not in drive.active


def remembered(past, *scenes):
    observations = list(filmed(*scenes))
    observations[0] = replace(observations[0], remembered=past)
    return told(observations)


def test_wider_eyes_that_are_remembered_neither_hide_sleep_nor_invent_it():
    wide = Remembered(0.36, 0.12, 0.0, 0.0)
    asleep = NARROW.but(openness=0.0)
    drive = remembered(wide, (120, blinking(15, 0.2, NARROW)), (12, asleep))
    assert [name for name in drive.new if name in FAMILY] == FAMILY
    assert drive.last.calibration.state == "ready"
    assert not remembered(wide, (60, OPEN.but(ear_open=0.165))).active


def test_an_acknowledged_sleeper_who_is_awake_is_left_alone():
    nodding = [(70, OPEN), (1, SHUT), (6.5, SHUT.but(pitch=-30)), (2.5, RIGHT), (10, OPEN)]
    observations = list(filmed(*nodding))
    observations[79 * 30] = replace(observations[79 * 30], requests=("ack",))
    said = [
        (a.change, round((a.t_ns - observations[0].t_ns) / NS))
        for a in told(observations).changes
        if a.type == "unresponsive" and a.change != "update"
    ]
    assert said == [("new", 76), ("end", 79)]


@pytest.mark.parametrize(("fps", "slow"), [(0.6, True), (0.9, True), (1.8, True), (30, False)])
def test_too_few_pictures_to_judge_by_are_said(fps, slow):
    drive = told([*filmed(LEARNT), *filmed((30, OPEN), fps=fps, start_s=160)])
    assert ("frame_rate" in drive.last.degraded) is slow


def noisy(openness, noise, seed):
    chance = random.Random(seed)
    return lambda _t: OPEN.but(openness=max(0.0, openness + chance.gauss(0, noise)))


@pytest.mark.parametrize("noise", [0.025, 0.04])
@pytest.mark.parametrize("half", [0.28, 0.33])
def test_who_drops_off_out_of_half_closed_lids_is_told_of_though_they_are_read_with_noise(
    half, noise
):
    late = 0
    for seed in range(8):
        scenes = [(20, 1.0), (0.2, 0.18), (5, half), (5, 0.18), (4, 1.0)]
        drive = after(*((s, noisy(o, noise, seed)) for s, o in scenes), fps=20)
        late += "sleep" not in drive.new or not 2.0 < drive.at("sleep") - 25.2 < 3.5
    assert late <= 1


@pytest.mark.parametrize(("openness", "noise"), [(0.26, 0.025), (0.26, 0.04), (0.28, 0.04)])
def test_who_narrows_their_eyes_is_not_asleep(openness, noise):
    told_of = 0
    for seed in range(8):
        drive = after((20, noisy(1.0, noise, seed)), (20, noisy(openness, noise, seed)), fps=20)
        told_of += bool(set(drive.new) & set(FAMILY[1:]))
    assert told_of <= 1


def test_nobody_has_the_microsleeps_of_whoever_drove_before_a_minute_without_pictures():
    naps = [(2.0, SHUT), (20.0, OPEN)] * 3
    observations = [*filmed(LEARNT, *naps), *filmed((60, OPEN.but(track=2)), start_s=300)]
    drive = told(observations)
    assert "drowsy_severe" in drive.new
    assert "drowsy_severe" not in drive.active


@pytest.mark.parametrize("hidden_s", [4, 6, 20])
def test_who_was_hidden_for_a_moment_is_as_tired_as_before(hidden_s):
    tired = every(5, 1.2, SHUT)
    again = every(5, 1.2, SHUT.but(track=2), OPEN.but(track=2))
    drive = after((240, tired), (hidden_s, LOST), (100, again), fps=15)
    ends = [a for a in drive.changes if (a.type, a.change) == ("drowsy", "end")]
    assert "drowsy" in drive.active
    assert not ends


def test_a_jam_ends_no_drowsiness_and_a_car_that_stands_does():
    tired = every(5, 1.2, SHUT)

    def then(*speeds):
        start = list(filmed((240, tired), fps=15, speed=90))
        for number, speed in enumerate(speeds):
            start += filmed((10, tired), fps=15, speed=speed, start_s=340 + 10 * number)
        return [
            a.change for a in told(start).changes if a.type == "drowsy" and a.change != "update"
        ]

    assert then(9, 11, 9, 11, 55) == ["new"]
    assert then(0, 0, 0, 0, 0) == ["new", "end"]


def test_what_is_asked_with_a_picture_that_is_left_out_is_asked_with_the_next():
    observations = list(filmed((70, OPEN), (8, SHUT)))
    late = replace(observations[-1], requests=("ack",))
    drive = told([*observations, late, *filmed((1, SHUT), start_s=178.1)])
    assert "unresponsive" in drive.new
    assert "unresponsive" not in drive.active


@pytest.mark.parametrize(("fps", "gap_s"), [(30, 0.6), (20, 0.4), (15, 0.2)])
def test_a_moment_without_pictures_costs_no_statistics_of_blinks(fps, gap_s):
    film = filmed((300, blinking(20, 0.16)), fps=fps)
    seen = [o for o in film if (o.t_ns / NS) % 60 >= gap_s]
    drive = told(seen)
    assert all(step.eyes.blink_ms_mean is not None for step in drive.steps[len(seen) // 2 :])
    assert drive.state.blinks.usual is not None


def test_at_five_pictures_a_second_faces_that_are_lost_hide_no_sleeper():
    for seed in range(12):
        chance = random.Random(seed)
        asleep = [lambda _t, c=chance: None if c.random() < 0.1 else SHUT]
        assert "sleep" in after((30, OPEN), (3.9, asleep[0]), (3, OPEN), fps=5).new


@pytest.mark.parametrize("speed", [0.0, 30.0])
def test_in_town_the_first_look_aside_is_not_straight_ahead_for_ever(speed):
    aside = [*filmed((4, OPEN.but(yaw=-28)), fps=15, speed=0)]
    town = filmed((120, blinking(15, 0.2)), fps=15, speed=speed, start_s=104)
    drive = told([*aside, *town])
    assert drive.last.calibration.state == "ready"
    assert abs(drive.state.direction.ahead.yaw_deg) < 3
