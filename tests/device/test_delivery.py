"""How pictures come against how they were asked for, told in seconds."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from edge.commands.rates import Rates, rates, thinned
from edge.device.delivery import Delivery, delivered
from edge.types import NS, Frame


def after(*parts, asked=30.0):
    """``after((20, 30), (20, 10, 2))``: seconds, frames a second, frames dropped before each."""
    state, t, history = Delivery(), 5.0, {}
    for seconds, fps, *dropped in parts:
        end = t + seconds
        while t < end - 1e-9:
            state = delivered(state, round(t * NS), sum(dropped), asked, size=False)
            history[t - 5.0] = state.faults
            t += 1 / fps
    return history


def said(history):
    """``[(second, faults)]`` at each change."""
    return [
        (round(b), history[b]) for a, b in pairwise(sorted(history)) if history[a] != history[b]
    ]


def test_a_camera_that_keeps_its_word_is_not_complained_of():
    assert said(after((60, 30))) == []
    assert said(after((60, 24))) == []


def test_a_camera_that_slows_down_in_the_dark_is_said_to_be_slow_and_then_not():
    assert said(after((20, 30), (30, 15), (20, 30))) == [
        (30, ("camera_slow",)),
        (60, ()),
    ]


def test_between_the_two_marks_it_stays_as_it_was():
    assert said(after((40, 21))) == []
    assert said(after((20, 15), (40, 21)))[-1] == (10, ("camera_slow",))


def test_a_camera_that_is_faster_than_we_can_work():
    assert said(after((20, 30), (20, 8, 3), (30, 30))) == [(30, ("overloaded",)), (50, ())]


def test_a_file_has_no_rate_that_was_asked_for():
    assert said(after((40, 10), asked=None)) == []


def test_a_picture_of_another_size_is_named_at_once():
    state = delivered(Delivery(), NS, 0, 30, size=True)
    assert state.faults == ("camera_size",)
    assert delivered(state, 2 * NS, 0, 30, size=False).faults == ()


def test_each_rung_of_the_ladder_takes_one_thing_away():
    assert rates(0, 3.0, 30.0) == Rates(3.0, None, 30.0)
    assert rates(1, 3.0, 30.0) == Rates(1.25, None, 30.0)
    assert rates(2, 3.0, 30.0) == Rates(1.25, 15.0, 30.0)
    assert rates(3, 3.0, 30.0) == Rates(1.25, 10.0, 10.0)


@pytest.mark.parametrize("fps", [1.0, 5.0, 8.0, 12.0, 15.0, 30.0, 120.0])
def test_no_rung_goes_below_what_perclos_needs_unless_the_owner_did(fps):
    for rung in range(4):
        left = rates(rung, 3.0, fps)
        assert left.fps >= min(fps, 6.0)
        assert left.looks_hz is None or left.looks_hz >= min(fps, 6.0)
        assert left.fps <= fps


@pytest.mark.parametrize(("hz", "left"), [(None, 300), (15.0, 150), (10.0, 100), (30.0, 300)])
def test_thinned_frames_keep_their_pace(hz, left):
    picture = np.zeros((2, 2, 3), np.uint8)
    shake = np.random.default_rng(1).integers(-3_000_000, 3_000_000, 300)
    film = [Frame(round(n * NS / 30) + int(shake[n]), picture) for n in range(300)]
    seen = [frame.t_ns for frame in thinned(film, lambda: hz)]
    assert len(seen) == pytest.approx(left, rel=0.03)
    if hz:
        assert np.std(np.diff(seen)) < 0.2 * NS / hz
