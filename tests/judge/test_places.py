"""Who sits where: a number that goes over to another face takes no driver with it."""

from __future__ import annotations

import pytest
from stories import OPEN, SHUT, Face, after

from edge.judge.rules import PresenceRules, Rules

DRIVER = Face(x=450, size=200)
ASLEEP = DRIVER.but(openness=0.0)
PASSENGER = Face(x=130, size=150, track=9)


@pytest.mark.parametrize("side", ["left", "any"])
def test_whoever_sits_behind_does_not_wake_a_driver_who_has_slumped_out_of_the_picture(side):
    behind = Face(x=420, size=90, track=9)
    rules = Rules(presence=PresenceRules(driver_side=side))
    drive = after((70, DRIVER.with_(behind)), (4, ASLEEP.with_(behind)), (12, behind), rules=rules)
    assert "unresponsive" in drive.active


@pytest.mark.parametrize("left", [PASSENGER, None], ids=["passenger stays", "passenger leaves"])
def test_a_driver_who_comes_back_is_judged_again_though_the_passenger_was_there_all_along(left):
    again, asleep = DRIVER.but(track=20), ASLEEP.but(track=20)
    drive = after(
        (60, DRIVER.with_(PASSENGER)),
        (70, PASSENGER),
        (40, again.with_(PASSENGER)),
        (4, asleep if left is None else asleep.with_(left)),
        fps=15,
    )
    assert drive.at("sleep") == pytest.approx(60 + 70 + 40 + 3, abs=0.3)
    assert drive.last.track == 20


def test_in_another_place_for_long_a_driver_is_a_driver_too():
    """The camera was moved while the seat was empty."""
    moved = PASSENGER.but(size=200)
    drive = after((60, DRIVER), (70, None), (700, moved), (4, moved.but(openness=0.0)), fps=5)
    assert "sleep" in drive.new


def lean(t: float) -> Face:
    """The passenger's face takes the driver's number along, back to the passenger's seat."""
    x = 450 - 320 * min(1.0, t / 1.5)
    return PASSENGER.but(x=x, track=1).with_(DRIVER.but(track=4)) if t > 1 else DRIVER.but(x=x)


@pytest.mark.parametrize("awake_s", [1, 4, 30])
def test_a_passenger_who_leaves_with_the_drivers_number_leaves_the_driver_here(awake_s):
    passenger = PASSENGER.but(track=1)
    drive = after(
        (60, DRIVER.with_(PASSENGER)),
        (1.5, lean),
        (awake_s, passenger.with_(DRIVER.but(track=4))),
        (9, passenger.with_(ASLEEP.but(track=4))),
    )
    assert drive.last.track == 4
    asleep_s = 61.5 + awake_s
    assert drive.at("sleep") - asleep_s < 3.2 + max(0.0, 3 - awake_s)


def test_a_driver_who_leans_over_is_not_left_for_a_smaller_face_that_shows_behind():
    child = Face(x=440, size=90, track=9)
    leaning = DRIVER.but(x=300)
    drive = after((60, DRIVER), (6, leaning.with_(child)), (4, leaning.but(openness=0.0)))
    assert drive.last.track == 1
    assert "sleep" in drive.new


def test_who_sits_back_for_good_keeps_the_seat():
    drive = after(
        (60, OPEN), (120, OPEN.but(x=200, size=170)), (4, SHUT.but(x=190, track=3)), fps=10
    )
    assert "sleep" in drive.new
