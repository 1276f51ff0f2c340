"""The family of closed eyes: about to, microsleep, sleep, unresponsive.

At most one of them is open at a time; a longer closure escalates to the next. Only eyes seen
open for long enough end it, never a face that is gone: not seen is not fine.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edge.judge.eyes import closed_ns, deep_share, is_shut, open_ns
from edge.types import NS, Level

if TYPE_CHECKING:
    from edge.judge.eyes import EyeState
    from edge.judge.rules import DrowsinessRules

LEVELS = {
    "eyes_closed_pre": Level.CAUTION,
    "microsleep": Level.WARNING,
    "sleep": Level.CRITICAL,
    "unresponsive": Level.EMERGENCY,
}
"""The family in the order of its urgency, with the level of each."""

ORDER = tuple(LEVELS)


@dataclass(frozen=True, slots=True)
class DrowsinessState:
    """``type`` of the open episode; the longest closure in it, or in the one before."""

    type: str | None = None
    start_ns: int = 0
    max_closed_ns: int = 0
    last_shut_ns: int | None = None  # end of the last closure that was a microsleep or more


def advance_drowsiness(
    state: DrowsinessState, eyes: EyeState, rules: DrowsinessRules
) -> DrowsinessState:
    """Escalate with the closure under way, or end once the eyes are open for long enough."""
    lasted_ns = closed_ns(eyes)
    reached = _reached(lasted_ns, rules) if deep_share(eyes) >= rules.deep_share else None
    if reached is not None and _rank(reached) > _rank(state.type):
        longest_ns = state.max_closed_ns if state.type is not None else 0
        start_ns = eyes.shut_since_ns or 0
        state = replace(state, type=reached, start_ns=start_ns, max_closed_ns=longest_ns)
    if state.type is None:
        return state
    if reached is not None:
        last_ns = eyes.seen_ns if _rank(reached) >= _rank("microsleep") else state.last_shut_ns
        longest_ns = max(state.max_closed_ns, lasted_ns)
        state = replace(state, max_closed_ns=longest_ns, last_shut_ns=last_ns)
    leaves_ns = round(_open_s(state.type or ORDER[0], rules) * NS)
    if not is_shut(eyes) and open_ns(eyes) >= leaves_ns:
        return replace(state, type=None)
    return state


def word(state: DrowsinessState, eyes: EyeState) -> str:
    """The state in one word for subscribers; ``unknown`` while the eyes are not seen."""
    if state.type == "eyes_closed_pre":
        return "eyes_closed"
    if state.type is not None:
        return state.type
    return "unknown" if eyes.openness is None else "alert"


def _reached(lasted_ns: int, rules: DrowsinessRules) -> str | None:
    after_s = (rules.pre_s, rules.microsleep_s, rules.sleep_s, rules.unresponsive_s)
    reached = None
    for name, threshold_s in zip(ORDER, after_s, strict=True):
        if lasted_ns >= round(threshold_s * NS):
            reached = name
    return reached


def _rank(name: str | None) -> int:
    return -1 if name is None else ORDER.index(name)


def _open_s(name: str, rules: DrowsinessRules) -> float:
    if name == "eyes_closed_pre":
        return rules.pre_open_s
    return rules.microsleep_open_s if name == "microsleep" else rules.sleep_open_s
