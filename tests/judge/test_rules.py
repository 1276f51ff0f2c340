"""Rules that contradict each other are refused where they are made, by name and value."""

from __future__ import annotations

import pytest

from edge.judge.rules import PresenceRules, Rules, SpeedRules
from edge.judge.signals.rules import CalibrationRules, EyeRules
from edge.judge.states.rules import (
    AttentionRules,
    DrowsinessRules,
    FatigueRules,
    SightRules,
    Zone,
)


@pytest.mark.parametrize(
    ("rules", "values", "named"),
    [
        (EyeRules, {"shut_below": 0.5, "open_above": 0.4}, "shut_below = 0.5, open_above = 0.4"),
        (EyeRules, {"deep_below": 0.4}, "deep_below = 0.4"),
        (EyeRules, {"ear_open": 0.2, "ear_shut": 0.15}, "ear_open = 0.2, ear_shut = 0.15"),
        (CalibrationRules, {"provisional_s": 90}, "provisional_s = 90, ready_s = 60"),
        (DrowsinessRules, {"sleep_s": 1.5}, "microsleep_s = 1.5, sleep_s = 1.5"),
        (DrowsinessRules, {"pre_open_s": 2.0}, "pre_open_s = 2"),
        (FatigueRules, {"severe_exit": 0.3}, "severe_exit = 0.3, severe = 0.3"),
        (FatigueRules, {"drowsy60_exit": 0.2}, "drowsy60_exit = 0.2"),
        (FatigueRules, {"advisory_exit": 0.09}, "advisory_exit = 0.09, advisory = 0.08"),
        (AttentionRules, {"long_s": 6.0}, "long_s = 6, warn_s = 5"),
        (AttentionRules, {"vats_window_s": 8.0}, "vats_s = 10, vats_window_s = 8"),
        (AttentionRules, {"flicker_s": 1.0}, "flicker_s = 1, forward_s = 1"),
        (PresenceRules, {"lost_s": 70.0}, "lost_s = 70, vacant_s = 60"),
        (SightRules, {"unreadable_window_s": 10.0}, "unreadable_window_s = 10"),
        (SightRules, {"dark_mean": 0.2}, "dark_mean = 0.2"),
        (SpeedRules, {"measure_kmh": 60.0}, "measure_kmh = 60"),
    ],
)
def test_contradictions_are_refused_by_name(rules, values, named):
    with pytest.raises(ValueError, match=named):
        rules(**values)


def test_a_zone_that_is_inside_out_is_refused():
    with pytest.raises(ValueError, match=r"phone: yaw_from_deg < yaw_to_deg must hold"):
        Zone(name="phone", yaw_from_deg=9, yaw_to_deg=-9, pitch_from_deg=-30, pitch_to_deg=-18)


def test_what_ships_agrees_with_itself():
    assert Rules() == Rules()
    assert Rules().drowsiness.microsleep_s == 1.5
