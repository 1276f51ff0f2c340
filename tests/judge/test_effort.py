"""Heat and power, told in seconds: what is given up, in which order, and when it comes back."""

from __future__ import annotations

import math

import pytest
from stories import LOST, OPEN, filmed, told

from edge.judge.rules import EffortRules
from edge.judge.states.effort import EffortState, advance_effort
from edge.types import NS, Board, Step

RULES = EffortRules()


def after(*parts, every_s=2.0):
    """Rungs given up over time: ``after((60, Board(temp_c=50)), (30, Board(temp_c=84)))``."""
    state, t, history = EffortState(), 0.0, []
    for seconds, reading in parts:
        end = t + seconds
        while t < end - 1e-9:
            board = reading(t) if callable(reading) else reading
            state = advance_effort(state, round((100 + t) * NS), board, RULES)
            history.append((t, state))
            t += every_s
    return history


def climbs(history):
    """``[(second, rungs)]`` at each change."""
    found, last = [], 0
    for t, state in history:
        if state.given_up != last:
            last = state.given_up
            found.append((round(t), last))
    return found


COOL, WARM, HOT = Board(temp_c=55.0), Board(temp_c=77.0), Board(temp_c=84.0)
WEAK = Board(temp_c=50.0, throttled=0x1)
ONCE = Board(temp_c=50.0, throttled=0x50000)


def test_a_board_that_heats_up_gives_up_one_thing_after_the_other_and_takes_each_back():
    history = after((60, COOL), (60, HOT), (300, COOL))
    assert climbs(history) == [(70, 1), (80, 2), (90, 3), (180, 2), (240, 1), (300, 0)]
    assert {state.why for _, state in history if state.given_up} == {"heat"}


def test_a_warm_board_gives_up_expression_alone_and_stays_there():
    assert climbs(after((20, COOL), (600, WARM))) == [(30, 1)]


def test_around_a_mark_nothing_flutters():
    around = after((900, lambda t: Board(temp_c=75 + 4 * math.sin(t / 20))))
    assert climbs(around) == [(10, 1)]


def test_a_moment_of_heat_is_not_enough():
    assert climbs(after((20, COOL), (8, HOT), (60, COOL))) == []


@pytest.mark.parametrize("reading", [WEAK, Board(undervolt=True)])
def test_a_weak_supply_is_spared_and_named(reading):
    history = after((10, COOL), (14, reading), (200, COOL))
    assert climbs(history) == [(20, 1), (84, 0)]
    assert {state.why for _, state in history if state.given_up} == {"power"}
    named = [t for t, state in history if "board_undervolt" in state.faults]
    assert (named[0], named[-1]) == (10, 22 + 30)


def test_a_supply_that_drops_for_moments_is_said_without_a_break():
    flickering = after((120, lambda t: WEAK if t % 10 < 2 else COOL))
    assert all("board_undervolt" in state.faults for _, state in flickering)
    assert climbs(flickering) == []


def test_a_processor_that_is_clocked_down_is_given_less_to_do():
    history = after((40, Board(temp_c=70.0, throttled=0x4)), (20, COOL))
    assert climbs(history)[0] == (10, 1)
    assert "board_throttled" in history[10][1].faults


def test_what_happened_once_since_power_on_is_over():
    history = after((120, ONCE))
    assert climbs(history) == []
    assert not any(state.faults for _, state in history)


def test_a_board_without_sensors_neither_gives_up_nor_complains():
    history = after((120, Board()))
    assert climbs(history) == []
    assert history[-1][1].faults == ()


@pytest.mark.parametrize("broken", [-273.0, 1e6, math.nan, math.inf])
def test_a_sensor_that_talks_nonsense_counts_as_none(broken):
    assert climbs(after((60, Board(temp_c=broken)))) == []


def test_a_sensor_that_falls_silent_after_heat_has_not_said_that_it_is_cool():
    assert climbs(after((60, HOT), (600, Board())))[-1] == (30, 3)


def test_between_readings_that_are_far_apart_nothing_is_assumed():
    assert climbs(after((600, HOT), every_s=40)) == []


def test_the_step_says_what_is_given_up_and_why_and_replays():
    """Readings are part of the observations, so the same recording gives the same rungs."""
    story = [
        _with_board(seen, HOT if 10 < seen.t_ns / NS - 100 < 50 else COOL)
        for seen in filmed((60, OPEN), fps=5)
    ]
    steps: list[Step] = told(story).steps
    assert steps == told(story).steps
    deepest = max(steps, key=lambda step: step.given_up)
    assert deepest.given_up == 3
    assert deepest.degraded == ("heat",)
    assert deepest.faults == ("board_hot",)
    assert told(filmed((3, OPEN), (1, LOST))).last.faults == ()


def _with_board(seen, board):
    from msgspec.structs import replace  # noqa: PLC0415

    return replace(seen, board=board)
