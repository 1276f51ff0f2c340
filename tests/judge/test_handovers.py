"""Half-closed lids, slow cars, empty seats, remembered eyes: where one thing passes to another."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from stories import LEARNT, LEFT, LOST, OPEN, RIGHT, SHUT, after, blinking, filmed, told

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
