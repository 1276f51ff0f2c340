"""Drowsy in three degrees: from PERCLOS, and from what else points the same way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from edge.types import NS, Level

if TYPE_CHECKING:
    from edge.judge.states.rules import FatigueRules
    from edge.types import Mark

LEVELS = {
    "drowsy_advisory": Level.ADVISORY,
    "drowsy": Level.CAUTION,
    "drowsy_severe": Level.WARNING,
}
"""The family in the order of its urgency, with the level of each."""

KEEP_NS = 600 * NS
"""Yawns and nods are counted over 10 minutes."""

YAWNS, NODS, MICROSLEEPS_5, MICROSLEEPS_10 = 3, 1, 2, 3
"""Driver state table: beside PERCLOS 3 yawns or 1 nod; alone 2 microsleeps in 5, 3 in 10 min."""

BLINKS_SAY = 0.5
"""From here on the blinks are those of somebody drowsy (see ``signals.blinks``)."""

STALE_NS = 180 * NS
"""Nothing of PERCLOS is left after so long without eyes: a state that rests on it ends."""


class Signs(Struct, frozen=True):
    """What fatigue is read from; None where it could not be seen.

    ``believed``: openness rests on a calibration that was not refused.
    """

    perclos60: float | None = None
    perclos180: float | None = None
    blink_ratio: float | None = None
    long_share: float | None = None
    blinks: float | None = None
    microsleeps5: int = 0
    microsleeps10: int = 0
    believed: bool = True


class Degree(Struct, frozen=True):
    """Whether it holds, and since when there has been no ground for it."""

    on: bool = False
    calm_ns: int | None = None


class FatigueState(Struct, frozen=True):
    """The three degrees, since when the highest holds, and yawns and nods."""

    advisory: Degree = Degree()
    drowsy: Degree = Degree()
    severe: Degree = Degree()
    start_ns: int = 0
    above_ns: int | None = None
    yawns: tuple[int, ...] = ()
    nods: tuple[int, ...] = ()
    seen_ns: int | None = None


def held(state: FatigueState) -> str | None:
    """The most urgent degree that holds."""
    if state.severe.on:
        return "drowsy_severe"
    if state.drowsy.on:
        return "drowsy"
    return "drowsy_advisory" if state.advisory.on else None


def kss_estimate(state: FatigueState, perclos60: float | None, *, asleep: bool) -> int | None:
    """Karolinska Sleepiness Scale 5 (or less) .. 9; an estimate that nobody has validated [E]."""
    if asleep or state.severe.on:
        return 9
    if state.drowsy.on:
        return 8
    if perclos60 is None:
        return None
    if perclos60 < 0.05:
        return 5
    return 6 if perclos60 < 0.08 else 7


def advance_fatigue(
    state: FatigueState, t_ns: int, signs: Signs, marks: tuple[Mark, ...], rules: FatigueRules
) -> FatigueState:
    """One look. Without PERCLOS everything stays as it is, but not for ever."""
    state = _noted(state, t_ns, marks)
    before = held(state)
    p60, p180 = signs.perclos60, signs.perclos180
    if p60 is None:
        state = _unseen(state, t_ns, signs)
    else:
        above_ns = None if p60 < rules.advisory else state.above_ns
        if p60 >= rules.advisory and above_ns is None:
            above_ns = t_ns
        noticed = above_ns is not None and t_ns - above_ns >= rules.advisory_s * NS
        rested = p60 < rules.drowsy60_exit and (p180 is None or p180 < rules.drowsy180_exit)
        rested = rested and signs.microsleeps5 < MICROSLEEPS_5
        drowsy = _is_drowsy(state, p60, p180, signs, rules)
        severe = signs.microsleeps10 >= MICROSLEEPS_10 or (signs.believed and p60 >= rules.severe)
        awake = p60 < rules.severe_exit and signs.microsleeps10 < MICROSLEEPS_10
        calm = p60 < rules.advisory_exit
        state = replace(
            state,
            seen_ns=t_ns,
            above_ns=above_ns,
            advisory=_degree(state.advisory, t_ns, rules, enter=noticed, calm=calm),
            drowsy=_degree(state.drowsy, t_ns, rules, enter=drowsy, calm=rested),
            severe=_degree(state.severe, t_ns, rules, enter=severe, calm=awake),
        )
    return replace(state, start_ns=t_ns) if held(state) != before else state


def _is_drowsy(
    state: FatigueState, p60: float, p180: float | None, signs: Signs, rules: FatigueRules
) -> bool:
    if signs.microsleeps5 >= MICROSLEEPS_5:
        return True
    if not signs.believed:
        return False
    if p60 >= rules.drowsy60 and p180 is not None and p180 >= rules.drowsy180:
        return True
    beside = (
        (signs.blink_ratio is not None and signs.blink_ratio >= rules.slow_blinks)
        or (signs.long_share is not None and signs.long_share >= rules.long_share)
        or (signs.blinks is not None and signs.blinks >= BLINKS_SAY)
        or len(state.yawns) >= YAWNS
        or len(state.nods) >= NODS
    )
    return p60 >= rules.with_evidence and beside


def _degree(degree: Degree, t_ns: int, rules: FatigueRules, *, enter: bool, calm: bool) -> Degree:
    """Entered at once; left after ``clear_s`` of calm."""
    if enter:
        return Degree(on=True)
    if not degree.on or not calm:
        return degree if degree.calm_ns is None else Degree(on=degree.on)
    calm_ns = t_ns if degree.calm_ns is None else degree.calm_ns
    return Degree(t_ns - calm_ns < rules.clear_s * NS, calm_ns)


def _unseen(state: FatigueState, t_ns: int, signs: Signs) -> FatigueState:
    """Microsleeps count without PERCLOS; what rests on PERCLOS ends when none of it is left."""
    if signs.microsleeps10 >= MICROSLEEPS_10 and not state.severe.on:
        state = replace(state, severe=Degree(on=True))
    if signs.microsleeps5 >= MICROSLEEPS_5 and not state.drowsy.on:
        state = replace(state, drowsy=Degree(on=True))
    asleep = signs.microsleeps5 >= MICROSLEEPS_5 or signs.microsleeps10 >= MICROSLEEPS_10
    stale = state.seen_ns is None or t_ns - state.seen_ns > STALE_NS
    if stale and held(state) is not None and not asleep:
        return FatigueState(yawns=state.yawns, nods=state.nods)
    return state


def _noted(state: FatigueState, t_ns: int, marks: tuple[Mark, ...]) -> FatigueState:
    for mark in marks:
        if mark.type == "yawn":
            state = replace(state, yawns=(*state.yawns, mark.end_ns))
        elif mark.type == "head_nod":
            state = replace(state, nods=(*state.nods, mark.end_ns))
    from_ns = t_ns - KEEP_NS
    if (state.yawns and state.yawns[0] < from_ns) or (state.nods and state.nods[0] < from_ns):
        yawns = tuple(at for at in state.yawns if at >= from_ns)
        return replace(state, yawns=yawns, nods=tuple(at for at in state.nods if at >= from_ns))
    return state
