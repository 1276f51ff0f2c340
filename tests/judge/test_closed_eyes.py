"""Eyes shut for longer than a blink: from the caution to the emergency, and back."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from stories import (
    LEARNT,
    LOST,
    OPEN,
    RIGHT,
    SHUT,
    SUNGLASSES,
    Face,
    after,
    blinking,
    every,
    filmed,
    observed,
    told,
)

from edge.judge.rules import AlertRules, Rules
from edge.types import NS, Level


def test_a_sleeper_whose_head_drops_is_still_asleep():
    story = after((3, OPEN), (2, SHUT), (2.9, LOST))
    assert "microsleep" in story.active
    assert story.level >= Level.WARNING


def test_a_microsleep_and_then_no_face_is_a_warning():
    story = after((3, OPEN), (2, SHUT), (3, LOST))
    lost = next(a for a in story.changes if a.type == "face_lost")
    assert lost.level == Level.WARNING


def test_a_face_that_goes_right_after_sleep_is_an_emergency():
    story = after((3, OPEN), (4, SHUT), (3.2, LOST))
    assert story.level == Level.EMERGENCY
    assert story.at("unresponsive") == pytest.approx(3 + 4 + 3, abs=0.2)


def test_an_emergency_ends_with_open_eyes_ahead_and_not_before():
    asleep = ((3, OPEN), (7, SHUT))
    assert after(*asleep, (2.8, OPEN)).level == Level.EMERGENCY
    assert after(*asleep, (3.3, OPEN)).level == Level.NONE


def test_an_emergency_is_acknowledged_by_a_person():
    def acked(seen):
        return [
            observed(o.t_ns, LOST, requests=("ack",)) if at == len(seen) - 1 else o
            for at, o in enumerate(seen)
        ]

    story = told(acked(list(filmed((3, OPEN), (4, SHUT), (5, LOST)))))
    assert story.ended("unresponsive").reason == "acknowledged"
    assert story.active == ["face_lost"]


def test_an_ack_quiets_cautions_but_never_sleep():
    frames = list(filmed(LEARNT, (4.8, RIGHT), (5, OPEN), (4, SHUT)))
    at = next(i for i, o in enumerate(frames) if o.t_ns >= (100 + 64.5) * NS)
    frames[at] = observed(frames[at].t_ns, RIGHT, requests=("ack",))
    story = told(frames)
    assert story.ended("distraction_long").reason == "acknowledged"
    assert "eyes_closed_pre" not in story.new
    assert story.active == ["sleep"]


def test_a_narrow_laugh_is_no_closed_eye():
    laughing = Face(openness=0.25, mar=0.4)
    story = after((20, OPEN), (8, laughing), (3, OPEN))
    assert story.new == []


def test_shut_eyes_that_never_read_quite_shut_are_a_sleeper():
    story = after((20, OPEN), (4, Face(openness=0.22)), (5, OPEN))
    assert story.new == ["eyes_closed_pre", "microsleep", "sleep"]


def test_narrow_eyes_that_blink_do_not_fall_asleep():
    story = after((120, blinking(15, face=Face(openness=0.45))))
    assert story.new == []


def test_a_microsleep_is_announced_every_two_seconds():
    rules = Rules(alerts=AlertRules(update_s=60))
    story = after((3, OPEN), (2, SHUT), (6, LOST), rules=rules)
    updates = [a for a in story.changes if (a.type, a.change) == ("microsleep", "update")]
    assert len(updates) >= 3


DARK = SUNGLASSES.but(openness=0.9)
GLANCE, NOD = DARK.but(yaw=-35, pitch=5), DARK.but(pitch=-30)


def test_who_puts_on_sunglasses_after_a_microsleep_and_looks_into_the_mirrors_is_awake():
    drive = after(LEARNT, (2, SHUT), (40, every(20, 1.0, GLANCE, DARK)))
    assert drive.ended("microsleep").reason == "looking_ahead"
    assert drive.at("microsleep", "end") > drive.at("eyes_unreadable")
    assert drive.active == ["eyes_unreadable"]


@pytest.mark.parametrize("head", [DARK, NOD, every(4, 1.0, NOD, DARK)])
def test_eyes_that_cannot_be_read_after_a_microsleep_are_not_awake_for_it(head):
    assert after(LEARNT, (2, SHUT), (40, head)).level >= Level.WARNING


def test_a_glance_aside_wakes_nobody_who_slept_for_longer():
    assert "sleep" in after(LEARNT, (4, SHUT), (40, every(20, 1.0, GLANCE, DARK))).active


def test_a_sleepers_head_that_slumps_and_comes_up_again_wakes_nobody():
    drive = after(LEARNT, (4, SHUT), (12, NOD), (10, DARK))
    assert "unresponsive" in drive.active
    drive = after(LEARNT, (4, SHUT), (12, NOD), (4, DARK), (4, OPEN))
    assert drive.ended("unresponsive").reason == "eyes_open"


def test_a_caution_about_eyes_that_cannot_be_read_any_more_ends_as_that_is_said():
    drive = after(LEARNT, (1.2, SHUT), (30, DARK))
    assert drive.new == ["eyes_closed_pre", "eyes_unreadable"]
    assert drive.ended("eyes_closed_pre").reason == "eyes_unreadable"


def test_an_acknowledged_caution_about_eyes_that_are_not_seen_does_not_come_back():
    film = list(filmed(LEARNT, (1.2, SHUT), (5, DARK), (50, DARK.but(yaw=60)), speed=0))
    film[64 * 30] = replace(film[64 * 30], requests=("ack",))
    drive = told(film)
    assert drive.new.count("eyes_closed_pre") == 1
    assert "eyes_closed_pre" not in drive.active
