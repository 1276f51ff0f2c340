from __future__ import annotations

from stories import LOST, OPEN, SHUT, Face, after

from edge.judge.rules import PresenceRules, Rules

LEFT_SEAT = Rules(presence=PresenceRules(driver_side="left"))
DRIVER = Face(x=450)
PASSENGER = Face(x=130, track=9, size=150)
ASLEEP = PASSENGER.but(openness=0.0)


def test_a_passenger_who_sleeps_alarms_nobody():
    story = after((20, DRIVER.with_(ASLEEP)))
    assert story.new == []
    assert story.last.track == 1


def test_a_passenger_alone_in_the_picture_is_not_the_driver():
    story = after((15, DRIVER), (10, ASLEEP))
    assert story.new == ["face_lost"]
    assert story.last.track is None


def test_a_passenger_on_the_other_side_is_never_the_driver():
    story = after((10, ASLEEP.but(size=260)), rules=LEFT_SEAT)
    assert story.new == []
    assert story.last.track is None


def test_the_driver_is_found_on_the_given_side_behind_a_larger_passenger():
    story = after((3, ASLEEP.but(size=260).with_(DRIVER)), rules=LEFT_SEAT)
    assert story.last.track == 1


def test_the_larger_face_is_taken_when_it_appears_a_moment_later():
    small = Face(x=130, track=9, size=90)
    story = after((1, small), (4, small.with_(DRIVER.but(size=180))))
    assert story.last.track == 1


def test_a_driver_keeps_being_followed_under_a_new_track():
    story = after((15, DRIVER), (0.5, LOST), (5, DRIVER.but(track=4, openness=0.0)))
    assert story.last.track == 4
    assert "sleep" in story.active


def test_whoever_slept_stays_asleep_until_open_eyes_are_seen():
    shut = DRIVER.but(track=4, openness=0.0)
    story = after((15, DRIVER), (4, DRIVER.but(openness=0.0)), (2.5, LOST), (2, shut))
    assert story.active[0] == "sleep"


def test_seats_that_are_swapped_in_view_recalibrate():
    swapped = Face(x=450, track=9).with_(Face(x=130, track=1, size=150))
    story = after((70, DRIVER.with_(PASSENGER)), (5, swapped), rules=LEFT_SEAT, fps=15)
    assert story.last.track == 9
    assert story.last.calibration.reason == "driver_changed"
    assert story.last.calibration.state == "collecting"


def test_shut_eyes_of_the_driver_count_with_a_passenger_awake():
    story = after((10, DRIVER.with_(PASSENGER)), (4, DRIVER.but(openness=0.0).with_(PASSENGER)))
    assert "sleep" in story.active
    assert SHUT.openness == 0
    assert OPEN.track == 1


def test_what_was_no_face_does_not_keep_the_seat_from_who_comes():
    """A pattern is taken for a small face for two seconds; then somebody sits down elsewhere."""
    pattern = Face(x=150.0, size=80.0, track=1)
    person = Face(x=450.0, size=230.0, track=2)
    story = after((2.5, pattern), (0.5, LOST), (3, person), (4, person.but(openness=0.0)))
    assert story.last.track == 2
    assert "sleep" in story.new


def test_a_driver_of_ten_seconds_keeps_the_seat_from_a_larger_passenger():
    driver = Face(x=450.0, size=150.0, track=1)
    passenger = Face(x=150.0, size=230.0, track=2)
    story = after((15, driver), (5, passenger), (4, passenger.but(openness=0.0)))
    assert story.last.track is None
    assert story.new == ["face_lost"]
