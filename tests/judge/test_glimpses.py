"""Eyes that are read for moments at a time: reflections, a face that comes and goes, a stall."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from stories import LEARNT, LOST, OPEN, SHUT, after, blinking, filmed, told

from edge.types import NS

UNREAD = OPEN.but(eyes_visible=0.1)
FAMILY = {"eyes_closed_pre", "microsleep", "sleep", "unresponsive"}


def glimpsed(face, seen_s, unseen_s, otherwise=UNREAD):
    """``face`` for ``seen_s``, then something else for ``unseen_s``, and so on."""

    def look(t):
        now = face(t) if callable(face) else face
        return now if t % (seen_s + unseen_s) < seen_s else otherwise

    return look


@pytest.mark.parametrize("fps", [5, 10, 30])
@pytest.mark.parametrize("otherwise", [UNREAD, LOST], ids=["reflections", "no face"])
@pytest.mark.parametrize(("seen_s", "unseen_s"), [(0.8, 0.9), (2.0, 1.0), (1.4, 1.4)])
def test_a_sleeper_is_told_of_once_shut_eyes_have_been_seen_for_long_enough(
    seen_s, unseen_s, otherwise, fps
):
    drive = after(LEARNT, (20, glimpsed(SHUT, seen_s, unseen_s, otherwise)), fps=fps)
    most_s = 3.0 / seen_s * (seen_s + unseen_s) + 2 * (seen_s + unseen_s)
    assert 60 + 3.0 < drive.at("sleep") < 60 + most_s


@pytest.mark.parametrize(("seen_s", "unseen_s"), [(0.8, 0.7), (2.0, 0.7), (1.4, 1.5)])
def test_who_is_awake_again_is_left_alone_though_open_eyes_are_seen_for_moments(seen_s, unseen_s):
    awake = glimpsed(blinking(15), seen_s, unseen_s)
    drive = after(LEARNT, (4, SHUT), (20, awake))
    assert drive.ended("sleep").reason == "eyes_open"
    assert drive.new.count("sleep") == 1
    assert not set(drive.active) & FAMILY


def test_one_short_look_at_open_eyes_wakes_no_sleeper():
    drive = after(LEARNT, (4, SHUT), (0.8, OPEN), (1, UNREAD), (0.8, OPEN), (1, UNREAD), (5, SHUT))
    assert "unresponsive" not in drive.new or drive.at("unresponsive") > 60 + 4 + 3.6 + 5
    assert drive.active == ["sleep"]


@pytest.mark.parametrize("shut_s", [0.1, 0.3, 0.45])
def test_moments_of_lids_that_look_shut_behind_a_reflection_add_up_to_nothing(shut_s):
    drive = after(LEARNT, (120, glimpsed(SHUT, shut_s, 0.9)))
    assert not set(drive.new) & FAMILY


def test_who_blinks_whenever_the_eyes_are_seen_is_awake():
    look = glimpsed(lambda t: SHUT if t % 1.5 < 0.6 else OPEN, 0.8, 0.7)
    drive = after(LEARNT, (60, look))
    assert not set(drive.new) & FAMILY


@pytest.mark.parametrize("stall_s", [0.7, 1.5])
def test_a_stall_puts_off_no_alarm_by_more_than_it_lasts(stall_s):
    film = filmed(LEARNT, (12, SHUT))
    drive = told([o for o in film if not 162.9 < o.t_ns / NS < 162.9 + stall_s])
    assert drive.at("sleep") < 60 + 3.2 + stall_s
    assert drive.at("unresponsive") < 60 + 6.2 + stall_s


def test_an_ack_of_a_sleeper_who_is_seen_for_moments_holds():
    film = list(filmed(LEARNT, (40, glimpsed(SHUT, 2.0, 1.0))))
    film[75 * 30] = replace(film[75 * 30], requests=("ack",))
    drive = told(film)
    assert drive.new.count("unresponsive") == 1
    assert drive.active == ["sleep", "drowsy_severe"]
