"""Who is followed, on boxes written by hand: ids stay with places, and few are locked out."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from edge.see.image import Region
from edge.see.tracks import Tracks
from edge.types import NS, Box

DRIVER, PASSENGER = (200, 160), (450, 130)


class Cabin:
    """Faces as (middle, width) at 10 frames a second; every track goes where it is told to."""

    def __init__(self, most=4):
        self.tracks = Tracks(most)
        self.t_ns = NS

    def found(self, *faces):
        """The detector finds faces; they are believed in."""
        self.tracks.add((box(face), Region(*face, face[1])) for face in faces)
        return self.seen({})

    def seen(self, places, frames=1):
        """Tracks by id show faces at these places, None for none; all others stay."""
        for _ in range(frames):
            self.t_ns += NS // 10
            self.tracks.update([self._moved(t, places) for t in self.tracks.now], self.t_ns)
        return self.middles

    def _moved(self, track, places):
        if track.id in places:
            return places[track.id] and replace(track, box=box(places[track.id]))
        return track

    @property
    def middles(self):
        return {t.id: round((t.box.left + t.box.right) / 2) for t in self.tracks.now}

    @property
    def sought(self):
        return self.tracks.sought(self.t_ns)


def box(face):
    middle, width = face
    return Box(middle - width / 2, 200 - width / 2, middle + width / 2, 200 + width / 2)


@pytest.fixture
def cabin():
    there = Cabin()
    there.found(DRIVER, PASSENGER)
    there.seen({}, 80)
    return there


def lean(cabin):
    """The passenger leans across, and the driver's track slides onto that face."""
    for middle in (400, 350, 300):
        cabin.seen({2: (middle, 130)})
    cabin.seen({1: (280, 150), 2: (280, 140)})
    return cabin.seen({1: (230, 130)}, 20)


def test_a_passenger_who_has_leaned_across_the_driver_does_not_take_the_drivers_id_along(cabin):
    assert lean(cabin) == {1: 230}
    cabin.seen({1: (330, 130)})
    assert cabin.found((185, 140)) == {1: 185, 2: 330}
    assert cabin.seen({2: PASSENGER}) == {1: 185, 2: 450}


def test_whoever_leans_for_long_and_whoever_was_found_first_makes_no_difference():
    cabin = Cabin()
    cabin.found(PASSENGER)
    cabin.found(PASSENGER, DRIVER)
    cabin.seen({}, 80)
    cabin.seen({1: (300, 130)}, 3)
    cabin.seen({1: (280, 140), 2: (280, 150)})
    cabin.seen({1: (200, 130)}, 100)
    cabin.seen({1: (330, 130)})
    assert cabin.found(DRIVER) == {1: 330, 2: 200}


def test_whoever_comes_out_from_behind_the_driver_is_given_the_old_id(cabin):
    cabin.seen({2: (300, 130)})
    cabin.seen({2: (230, 150)})
    assert cabin.seen({}, 10) == {1: 200}
    assert cabin.found(PASSENGER) == {1: 200, 2: 450}


def test_a_driver_who_was_hidden_outright_is_given_the_old_id(cabin):
    """Where the track does not slide, but no face is believed in any more."""
    cabin.seen({2: (290, 130)})
    assert cabin.seen({1: None, 2: (250, 130)}) == {2: 250}
    cabin.seen({2: PASSENGER})
    assert cabin.found(DRIVER) == {1: 200, 2: 450}


def test_a_passenger_who_is_lost_behind_the_drivers_hair_is_given_the_old_id(cabin):
    """The last that is believed in is a narrow half of a face, and does not touch the other one."""
    cabin.seen({2: (330, 110)}, 3)
    assert cabin.seen({2: (325, 80)}) == {1: 200, 2: 325}
    assert cabin.seen({2: None}, 10) == {1: 200}
    assert cabin.found(PASSENGER) == {1: 200, 2: 450}


def test_a_face_that_goes_takes_its_id_along(cabin):
    cabin.seen({1: None}, 10)
    assert cabin.found(DRIVER) == {2: 450, 3: 200}


def test_after_long_nobody_is_waited_for(cabin):
    lean(cabin)
    cabin.seen({1: PASSENGER}, 160)
    assert cabin.found(DRIVER) == {1: 450, 3: 200}


def test_who_has_met_or_was_lost_is_sought_for_some_seconds_and_a_bush_is_not(cabin):
    assert not cabin.sought
    lean(cabin)
    assert cabin.sought
    cabin.seen({}, 20)
    assert not cabin.sought
    cabin.seen({1: None})
    assert cabin.sought
    there = Cabin()
    there.found(DRIVER, (600, 50))
    there.seen({}, 3)
    there.seen({2: None})
    assert not there.sought


def test_who_is_found_again_is_not_sought(cabin):
    cabin.seen({1: None})
    cabin.found(DRIVER)
    assert not cabin.sought


@pytest.fixture
def full():
    there = Cabin()
    there.found(DRIVER, (450, 150), (600, 130), (750, 140))
    there.seen({}, 20)
    return there


def test_a_driver_who_was_hidden_gets_the_place_back_from_whoever_came_meanwhile(full):
    full.seen({1: None})
    assert full.found((900, 155)) == {2: 450, 3: 600, 4: 750, 5: 900}
    full.seen({}, 20)
    assert full.found((210, 140)) == {2: 450, 3: 600, 4: 750, 6: 210}
    full.seen({}, 20)
    assert set(full.found((900, 155))) == {2, 3, 4, 6}, "who is not larger has to wait"


def test_a_face_that_is_clearly_larger_is_followed_instead_of_the_smallest(full):
    assert set(full.found((900, 155))) == {1, 2, 3, 4}
    assert full.found((900, 165)) == {1: 200, 2: 450, 4: 750, 5: 900}
    assert not full.sought, "who was given up for it is not missed"


def test_one_who_is_followed_alone_is_not_lost_to_whoever_leans_across():
    cabin = Cabin(most=1)
    cabin.found(DRIVER)
    cabin.seen({}, 80)
    for middle in (220, 260, 300, 350):
        cabin.seen({1: (middle, 140)}, 2)
    assert cabin.found((195, 150)) == {2: 195}
    assert cabin.found((350, 140)) == {2: 195}


def test_of_more_faces_than_can_be_followed_the_largest_are():
    there = Cabin(most=2)
    assert set(there.found((100, 60), (300, 80), (500, 200), (700, 70)).values()) == {300, 500}


def test_where_there_is_room_ids_are_in_the_order_of_the_detector():
    assert Cabin().found((100, 60), (300, 200)) == {1: 100, 2: 300}


def test_a_clock_that_is_set_back_leaves_nobody_sought(cabin):
    cabin.seen({1: None})
    cabin.t_ns = 0
    cabin.seen({})
    assert not cabin.sought
    assert cabin.found(DRIVER) == {2: 450, 3: 200}
