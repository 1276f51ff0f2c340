"""How fast the vehicle goes, and what is judged at that speed. Unknown is never late."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec import Struct

from edge.types import NS, Level

if TYPE_CHECKING:
    from edge.judge.rules import SpeedRules
    from edge.types import Observation

FASTEST_KMH = 500.0
"""No road vehicle; a number above it is a mistake of whoever sent it."""

LOOKS_S, TIRED_S = 3.0, 30.0
"""A car is slow once it has been for so long: for where somebody looks, and for how tired they are.
One wrong number ends no warning, and a red light no drowsiness [E]."""


class Fastest(Struct, frozen=True):
    """The highest speed of late, and when it was; ``kmh`` None, unknown, is above all others."""

    kmh: float | None = 0.0
    at_ns: int | None = None


def fastest(state: Fastest, t_ns: int, kmh: float | None, hold_s: float) -> Fastest:
    """With the speed of now: at once where it is higher, after ``hold_s`` where it is not."""
    higher = kmh is None or (state.kmh is not None and kmh >= state.kmh)
    if higher or state.at_ns is None or t_ns - state.at_ns > hold_s * NS:
        return Fastest(kmh, t_ns)
    return state


def speed_kmh(seen: Observation, rules: SpeedRules) -> float | None:
    """The speed in km/h; None where it is stale, not said, impossible, or not to be used."""
    vehicle = seen.vehicle
    if not rules.enabled or vehicle is None or vehicle.speed_kmh is None:
        return None
    if not -1.0 <= vehicle.age_s <= rules.stale_s:  # NaN fails this too
        return None
    speed = vehicle.speed_kmh
    return speed if math.isfinite(speed) and 0 <= speed <= FASTEST_KMH else None


def band(speed: float | None, rules: SpeedRules) -> str:
    """The band in a word for subscribers; from ``ddaw`` on EU 2021/1341 asks for warnings."""
    if not rules.enabled:
        return "ignored"
    if speed is None:
        return "unknown"
    for name, limit in (
        ("standing", rules.measure_kmh),
        ("slow", rules.distraction_kmh),
        ("town", rules.drowsy_kmh),
    ):
        if speed < limit:
            return name
    return "road" if speed <= rules.ddaw_kmh else "ddaw"


def distraction_counts(speed: float | None, rules: SpeedRules) -> bool:
    """Whether being distracted is said at this speed."""
    return speed is None or speed >= rules.distraction_kmh


def drowsy_at_most(speed: float | None, rules: SpeedRules) -> Level:
    """The highest level that being drowsy may have: below 50 km/h it is noted, not voiced."""
    if speed is None or speed >= rules.drowsy_kmh:
        return Level.EMERGENCY
    return Level.ADVISORY if speed >= rules.measure_kmh else Level.NONE
