"""No return to the road after a warning: level 5, and only where it is true."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace as changed
from stories import DOWN, LEARNT, LOST, OPEN, SHUT, Face, after, blinking, every, filmed, told

from edge.types import NS, Light

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from edge.types import Observation

ASIDE = Face(yaw=60)
WARNED_S = 5.0
"""From the first picture of a head turned aside to the warning."""


def twice(observations: Iterable[Observation], every_nth: int) -> Iterator[Observation]:
    """As from a camera that fills its rate: each ``every_nth`` picture is the one before again."""
    faces = ()
    for number, seen in enumerate(observations):
        if number % every_nth:
            yield changed(seen, faces=faces, light=Light(0.4, 0.2, repeated=True))
        else:
            faces = seen.faces
            yield seen


@pytest.mark.parametrize("back_s", [0.3, 1.2, 2.1, 2.9])
@pytest.mark.parametrize("lost", [0.0, 0.05, 0.1])
def test_who_looks_at_the_road_again_has_responded_though_pictures_are_lost(back_s, lost):
    chance = random.Random(7)
    drive = after(
        LEARNT,
        (WARNED_S + back_s, ASIDE),
        (12, lambda _: None if chance.random() < lost else OPEN),
        fps=25,
    )
    assert drive.new == ["distraction_long"]
    assert drive.ended("distraction_long").reason == "looking_ahead"


@pytest.mark.parametrize("every_nth", [2, 5])
def test_a_picture_that_comes_twice_is_no_look_away(every_nth):
    glances = every(15, 1.2, ASIDE)
    assert told(twice(filmed(LEARNT, (240, glances), fps=25), every_nth)).new == []
    drive = told(twice(filmed(LEARNT, (6, ASIDE), (10, OPEN), fps=25), every_nth))
    assert drive.new == ["distraction_long"]


def test_a_face_that_is_lost_ahead_after_a_warning_is_not_waited_for():
    drive = after(LEARNT, (WARNED_S + 0.5, ASIDE), (0.5, OPEN), (2.5, LOST), (5, OPEN))
    assert "distraction_long" in drive.new
    assert "unresponsive" not in drive.new


def test_pictures_that_are_lost_now_and_then_hide_nobody_who_does_not_respond():
    drive = after(LEARNT, (10, every(1, 0.05, LOST, ASIDE)))
    assert drive.new[:2] == ["distraction_long", "unresponsive"]
    assert drive.at("unresponsive") == pytest.approx(60 + WARNED_S + 3, abs=0.4)


def test_one_lost_picture_ends_no_emergency():
    drive = after(LEARNT, (9, ASIDE), (0.05, LOST), (3, ASIDE))
    assert drive.new.count("unresponsive") == 1
    assert "unresponsive" in drive.active


def test_an_acknowledged_emergency_stays_so_until_the_next_warning():
    observations = list(filmed(LEARNT, (20, ASIDE), (5, OPEN), (10, ASIDE)))
    at = 70 * 30
    observations[at] = changed(observations[at], requests=("ack",))
    drive = told(observations)
    ends = [a for a in drive.changes if a.type == "unresponsive" and a.change == "end"]
    assert [a.reason for a in ends][:1] == ["acknowledged"]
    times = [
        (a.t_ns - drive.steps[0].t_ns) / NS
        for a in drive.changes
        if a.type == "unresponsive" and a.change == "new"
    ]
    assert times == pytest.approx([60 + 7, 85 + 7], abs=1.2)


def test_who_looks_aside_with_open_eyes_has_not_slept():
    look, road = (8.5, ASIDE), (40, OPEN)
    drive = after(LEARNT, look, road, look, road, look, (20, OPEN))
    assert drive.new.count("unresponsive") == 3
    assert not {name for name in drive.new if name.startswith("drowsy")}
    assert drive.last.kss_est in {None, 5, 6, 7}
    asleep = after(LEARNT, (2, SHUT), road, (2, SHUT), road, (2, SHUT), (20, OPEN))
    assert "drowsy_severe" in asleep.new


def test_who_sleeps_with_the_head_down_after_a_warning_is_not_let_off():
    drive = after(LEARNT, (WARNED_S, DOWN), (8, replace(DOWN, openness=0.0)))
    assert "unresponsive" in drive.active


TURNED = Face(yaw=40)
"""Not so far that the eyes are hidden."""


def moving(*parts: tuple[float, Face | None, float], fps: float = 30) -> list[Observation]:
    """Seconds, a face and the speed in km/h, one after the other."""
    seen, at_s = [], 100.0
    for seconds, face, speed in parts:
        seen += filmed((seconds, face), fps=fps, speed=speed, start_s=at_s)
        at_s += seconds
    return seen


def test_one_look_of_open_eyes_ends_no_emergency():
    drive = after((70, OPEN), (9.5, TURNED), (10, SHUT), (0.04, OPEN), (8, SHUT))
    said = [a.change for a in drive.changes if a.type == "unresponsive" and a.change != "update"]
    assert said == ["new"]
    drive = after((70, OPEN), (9.5, TURNED), (10, SHUT), (5, OPEN))
    assert drive.ended("unresponsive").reason in {"looking_ahead", "eyes_open"}


def test_one_lost_picture_ends_no_emergency_of_a_head_that_is_turned_away():
    drive = after((70, OPEN), (8, SHUT), (5, TURNED), (0.04, LOST), (3, TURNED))
    assert "unresponsive" in drive.active


@pytest.mark.parametrize(("seconds", "level"), [(6, 3), (9.5, 5)])
def test_one_wrong_speed_ends_no_warning(seconds, level):
    drive = told(
        moving((70, OPEN, 90), (seconds, TURNED, 90), (0.04, TURNED, 0), (0.2, TURNED, 90), fps=25)
    )
    assert drive.level == level
    ends = [a for a in drive.changes if a.change == "end" and a.reason == "not_judged"]
    assert not ends


def test_a_car_that_rolls_out_ends_no_emergency_but_a_driver_who_looks_ahead_does():
    slumped = [(70, OPEN, 90), (9.5, TURNED, 90), (20, TURNED, 10)]
    assert told(moving(*slumped, fps=15)).level == 5
    assert told(moving(*slumped, (5, OPEN, 10), fps=15)).level == 0


DARK = Face(eyes_visible=0.1, openness=0.9)


@pytest.mark.parametrize(
    ("usual", "then"),
    [
        (DARK, replace(DARK, pitch=-25)),
        (OPEN, Face(pitch=-30, openness=0.9)),
        (OPEN, Face(yaw=35)),
        (OPEN, Face(pitch=-25, openness=0.0)),
    ],
    ids=["sunglasses", "lap", "staring aside", "bent down"],
)
def test_a_head_that_has_slumped_is_no_camera_that_was_moved(usual, then):
    drive = after((70, usual), (180, then), fps=15)
    assert "unresponsive" in drive.active


def test_a_camera_that_was_moved_is_known_by_a_driver_who_blinks():
    drive = after((70, OPEN), (180, blinking(15, face=Face(yaw=35))), fps=15)
    assert "unresponsive" in drive.new
    assert not drive.active
