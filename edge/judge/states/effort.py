"""How much looking the board can bear: a ladder of three rungs, down with heat and a weak supply.

Expression is given up first, since nobody's safety hangs on it; then half of the looks, at which
blinks can still be told; then frames, at which they cannot, and judging says so. What each rung
means in looks a second is for whoever drives the camera (``edge.commands.rates``).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from edge.types import NS

if TYPE_CHECKING:
    from edge.judge.states.rules import EffortRules
    from edge.types import Board

RUNGS = 3

UNDERVOLT, CLOCKED_DOWN = 0x1, 0x2 | 0x4 | 0x8
"""Bits of ``get_throttled`` that hold now: supply too weak; frequency capped, throttled, soft limit
of temperature. Those from 0x10000 on say that it happened once since power-on."""

HOLD_NS = 30 * NS
"""A fault is said until it has been away for so long: a supply drops for moments at a time [E]."""

GAP_NS = 30 * NS
"""Readings further apart say nothing of the time between them [E]."""

PLAUSIBLE_C = (-40.0, 125.0)
"""What the sensor can measure; anything else is a broken reading, and counts as none."""


class EffortState(Struct, frozen=True):
    """Rungs given up and why, since when it is too much and since when it is well, and faults."""

    given_up: int = 0
    why: str = ""
    t_ns: int | None = None
    worse_ns: int | None = None
    better_ns: int | None = None
    hot_ns: int | None = None
    clocked_down_ns: int | None = None
    undervolt_ns: int | None = None
    faults: tuple[str, ...] = ()


def advance_effort(
    state: EffortState, t_ns: int, board: Board | None, rules: EffortRules
) -> EffortState:
    """One reading further; frames that come without a reading change nothing."""
    if board is None:
        return state
    if state.t_ns is not None and t_ns - state.t_ns > GAP_NS:
        state = replace(state, worse_ns=None, better_ns=None)
    temp_c = _plausible(board.temp_c)
    bits = board.throttled or 0
    weak = bool(board.undervolt) or bool(bits & UNDERVOLT)
    clocked_down = bool(bits & CLOCKED_DOWN)
    state = _complained(state, t_ns, temp_c, rules, weak=weak, clocked_down=clocked_down)
    state = replace(state, t_ns=t_ns)
    marks_c = (rules.first_c, rules.second_c, rules.third_c, math.inf)
    too_hot = temp_c is not None and temp_c >= marks_c[state.given_up]
    if state.given_up < RUNGS and (weak or clocked_down or too_hot):
        worse_ns = t_ns if state.worse_ns is None else state.worse_ns
        if t_ns - worse_ns < rules.climb_s * NS:
            return replace(state, worse_ns=worse_ns, better_ns=None)
        why = "power" if weak else "heat"
        return replace(state, given_up=state.given_up + 1, why=why, worse_ns=t_ns, better_ns=None)
    state = replace(state, worse_ns=None)
    if not state.given_up or weak or clocked_down:
        return replace(state, better_ns=None)
    if not _cooled(state, temp_c, marks_c[state.given_up - 1] - rules.cooler_c):
        return replace(state, better_ns=None)
    better_ns = t_ns if state.better_ns is None else state.better_ns
    if t_ns - better_ns < rules.back_s * NS:
        return replace(state, better_ns=better_ns)
    return replace(state, given_up=state.given_up - 1, better_ns=t_ns)


def _cooled(state: EffortState, temp_c: float | None, below_c: float) -> bool:
    """A sensor that fell silent after heat has not said that it is cool."""
    return state.why != "heat" if temp_c is None else temp_c < below_c


def _complained(
    state: EffortState,
    t_ns: int,
    temp_c: float | None,
    rules: EffortRules,
    *,
    weak: bool,
    clocked_down: bool,
) -> EffortState:
    """With the faults: each holds from its first sign until it has been away for a while."""
    hot = temp_c is not None and temp_c >= rules.first_c
    hot_ns = t_ns if hot else state.hot_ns
    down_ns = t_ns if clocked_down else state.clocked_down_ns
    weak_ns = t_ns if weak else state.undervolt_ns
    last = (("board_hot", hot_ns), ("board_throttled", down_ns), ("board_undervolt", weak_ns))
    faults = tuple(name for name, at in last if at is not None and 0 <= t_ns - at <= HOLD_NS)
    return replace(
        state, hot_ns=hot_ns, clocked_down_ns=down_ns, undervolt_ns=weak_ns, faults=faults
    )


def _plausible(temp_c: float | None) -> float | None:
    low, high = PLAUSIBLE_C
    return temp_c if temp_c is not None and low <= temp_c <= high else None
