"""What cannot be seen: eyes, faces, pictures; and that it is said."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from stories import (
    LEFT,
    LOST,
    OPEN,
    SHUT,
    SUNGLASSES,
    after,
    filmed,
    observed,
    told,
)

from edge.types import NS, Light


def test_eyes_become_readable_again():
    story = after((5, OPEN), (12, SUNGLASSES), (6, OPEN))
    assert story.ended("eyes_unreadable").reason == "eyes_readable"
    assert story.last.degraded == ()


def test_a_turned_head_is_no_unreadable_eye():
    assert "eyes_unreadable" not in after((5, OPEN), (20, LEFT)).new


def test_a_lost_face_is_said_and_found_again():
    story = after((5, OPEN), (3, LOST), (2, OPEN))
    assert story.at("face_lost") == pytest.approx(7, abs=0.1)
    assert story.ended("face_lost").reason == "face_found"


def test_an_empty_seat_is_vacated_in_the_end():
    story = after((5, OPEN), (70, LOST), fps=10)
    assert story.ended("face_lost").reason == "vacated"
    assert not story.active


def _lit(scenes, light):
    return [
        observed(o.t_ns, None if not o.faces else OPEN)
        if o.t_ns < 105 * NS
        else _with_light(o, light)
        for o in filmed(*scenes)
    ]


def _with_light(seen, light):
    return replace(seen, light=light)


def test_a_covered_lens_is_said_to_be_covered_and_not_a_lost_face():
    story = told(_lit(((5, OPEN), (6, LOST)), Light(0.01, 0.005)))
    assert story.new == ["camera_blocked"]
    assert story.at("camera_blocked") == pytest.approx(7, abs=0.1)
    assert story.last.light == "blind"
    assert story.last.degraded == ("camera",)


def test_a_frozen_picture_of_open_eyes_is_not_awake():
    story = told(_lit(((5, OPEN), (6, OPEN)), Light(0.4, 0.2, repeated=True)))
    assert story.new == ["camera_blocked"]
    assert story.last.eyes.openness is None
    assert story.last.drowsiness == "unknown"


@pytest.mark.parametrize("fps", [10, 15, 30])
def test_a_clock_in_the_corner_of_a_picture_that_stands_still_is_no_sign_of_life(fps):
    live = list(filmed((5, OPEN), fps=fps))
    stuck = [
        replace(seen, light=Light(0.4, 0.2, repeated=bool(number % fps)))
        for number, seen in enumerate(filmed((20, OPEN), fps=fps, start_s=105))
    ]
    story = told([*live, *stuck])
    frozen = [step.faults for step in story.steps[len(live) + 12 * fps :]]
    assert set(frozen) == {("camera_frozen",)}
    assert all(step.eyes.openness is None for step in story.steps[len(live) + 12 * fps :])
    again = told([*live, *stuck, *filmed((4, OPEN), fps=fps, start_s=125)])
    assert again.last.faults == ()
    assert again.last.eyes.openness == 1.0


@pytest.mark.parametrize("every_nth", [2, 3, 6])
def test_a_slow_camera_whose_pictures_come_twice_does_not_stand_still(every_nth):
    film = [
        replace(seen, light=Light(0.4, 0.2, repeated=bool(number % every_nth)))
        for number, seen in enumerate(filmed((20, OPEN)))
    ]
    assert not any(step.faults for step in told(film).steps)


def test_a_frozen_picture_of_shut_eyes_is_not_asleep():
    story = told(_lit(((5, OPEN), (0.1, SHUT), (9, SHUT)), Light(0.4, 0.2, repeated=True)))
    assert "sleep" not in story.new


def test_dusk_is_low_light():
    assert told(_lit(((5, OPEN), (6, OPEN)), Light(0.08, 0.06))).last.light == "low"


@pytest.mark.parametrize("shut_s", [0.2, 30, 3600])
def test_a_camera_that_was_shut_on_purpose_leaves_nobody_asleep_in_an_empty_seat(shut_s):
    slept = list(filmed((5, OPEN), (6, SHUT)))
    back_ns = slept[-1].t_ns + round(shut_s * NS)
    empty = [replace(seen, t_ns=back_ns + n * NS // 30) for n, seen in enumerate(slept[:90])]
    empty = [replace(seen, faces=()) for seen in empty]
    story = told([*slept, replace(empty[0], requests=("reopened",)), *empty[1:]])
    assert story.ended("sleep").reason == "stopped"
    assert "unresponsive" not in story.new
    assert story.active == ["face_lost"]


def test_who_still_sleeps_when_the_camera_is_opened_again_is_told_of_again():
    slept = list(filmed((5, OPEN), (6, SHUT)))
    asleep = [replace(seen, t_ns=seen.t_ns + 60 * NS) for seen in slept[-150:]]
    story = told([*slept, replace(asleep[0], requests=("ack", "reopened")), *asleep[1:]])
    assert story.new.count("sleep") == 2
    assert story.active == ["sleep"]
