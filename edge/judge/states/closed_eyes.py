"""The family of closed eyes: about to, microsleep, sleep, unresponsive.

At most one of them is open at a time; a longer closure escalates to the next. Only eyes seen
open for long enough end it, never a face that is gone: not seen is not fine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from edge.judge.signals.closure import (
    deep_run_ns,
    deep_share,
    is_shut,
    open_ns,
    slept_ns,
    slept_since_ns,
)
from edge.types import NS, Level

if TYPE_CHECKING:
    from edge.judge.signals.closure import EyeState
    from edge.judge.states.rules import DrowsinessRules

LEVELS = {
    "eyes_closed_pre": Level.CAUTION,
    "microsleep": Level.WARNING,
    "sleep": Level.CRITICAL,
    "unresponsive": Level.EMERGENCY,
}
"""The family in the order of its urgency, with the level of each."""

ORDER = tuple(LEVELS)
RANK = {name: rank for rank, name in enumerate(ORDER)}

KEEP_NS = 600 * NS
"""Microsleeps are counted over 10 minutes at the most."""


class Around(Struct, frozen=True):
    """What else bears on it: how long the face is gone and the head has pointed ahead, in ns.

    ``forward_ns`` None: it is not known, or not asked for, where the head points; ``unseen``: not
    in this picture. ``astray``: no return after a distraction warning. ``ack``: somebody has just
    acknowledged. ``unread``: the eyes cannot be read for long already. ``aside``: the head points
    to a side, or into a mirror.
    """

    gone_ns: int = 0
    forward_ns: int | None = None
    unseen: bool = False
    astray: bool = False
    ack: bool = False
    unread: bool = False
    aside: bool = False


class ClosedState(Struct, frozen=True):
    """``type`` of the open episode; the longest closure in it, or in the one before."""

    type: str | None = None
    start_ns: int = 0
    max_closed_ns: int = 0
    last_shut_ns: int | None = None  # end of the last closure that was a microsleep or more
    astray: bool = False  # unresponsive because the head did not come back
    glanced: bool = False  # in a microsleep whose eyes cannot be read: the head has turned aside
    acked_ns: int | None = None  # the closure that somebody has acknowledged
    reason: str = "eyes_open"  # why the last episode ended
    microsleeps: tuple[int, ...] = ()  # when each began


def advance_closed(
    state: ClosedState, t_ns: int, eyes: EyeState, around: Around, rules: DrowsinessRules
) -> ClosedState:
    """Escalate with the closure under way, or end once the eyes are open for long enough."""
    reached = _reached(eyes, rules)
    since_ns = slept_since_ns(eyes)
    if reached == "unresponsive" and state.acked_ns == since_ns:
        reached = "sleep"  # acknowledged once; it stays asleep until the eyes are open
    if around.astray and state.type != "unresponsive":
        slept = state.microsleeps  # with open eyes nobody does
        risen = replace(_risen(state, "unresponsive", t_ns), microsleeps=slept)
        # a sleeper's head that comes up again does not wake anybody: that takes open eyes
        return replace(risen, astray=state.type != "sleep")
    lost = around.gone_ns >= round(rules.lost_s * NS)
    if state.type == "sleep" and lost and state.acked_ns != state.start_ns:
        return _risen(state, "unresponsive", t_ns - around.gone_ns)
    if reached is not None and (state.type is None or RANK[reached] > RANK[state.type]):
        state = _risen(
            state, reached, t_ns if since_ns is None else _since_ns(eyes, rules, since_ns)
        )
    if state.type is None:
        return state
    if reached is not None:
        asleep = RANK[reached] >= RANK["microsleep"]
        state = replace(
            state,
            max_closed_ns=max(state.max_closed_ns, _lasted_ns(eyes, rules)),
            last_shut_ns=eyes.seen_ns if asleep else state.last_shut_ns,
        )
    return _left(state, eyes, around, rules)


def dismissed(state: ClosedState, reason: str) -> ClosedState:
    """Nobody whom it concerns is there any more."""
    return replace(state, type=None, astray=False, reason=reason)


def word(state: ClosedState, eyes: EyeState) -> str:
    """The state in one word for subscribers; ``unknown`` while the eyes are not seen."""
    if state.type == "eyes_closed_pre":
        return "eyes_closed"
    if state.type is not None:
        return state.type
    return "unknown" if eyes.openness is None else "alert"


def microsleeps(state: ClosedState, t_ns: int, window_s: float) -> int:
    """How many microsleeps (or longer) began in the last ``window_s``."""
    from_ns = t_ns - round(window_s * NS)
    return sum(at >= from_ns for at in state.microsleeps)


def _risen(state: ClosedState, name: str, start_ns: int) -> ClosedState:
    longest_ns = state.max_closed_ns if state.type is not None else 0
    slept = state.microsleeps
    fell_asleep = name != "eyes_closed_pre" and (not slept or slept[-1] < start_ns)
    if fell_asleep and state.type in {None, "eyes_closed_pre"}:
        slept = (*(at for at in slept if at >= start_ns - KEEP_NS), start_ns)
    return replace(
        state,
        type=name,
        start_ns=start_ns,
        max_closed_ns=longest_ns,
        astray=False,
        glanced=False,
        microsleeps=slept,
    )


def _left(
    state: ClosedState, eyes: EyeState, around: Around, rules: DrowsinessRules
) -> ClosedState:
    if around.ack and state.type == "unresponsive":
        since_ns = slept_since_ns(eyes)
        state = replace(state, acked_ns=since_ns)
        if is_shut(eyes) and _reached(eyes, rules) is not None:
            return replace(state, type="sleep", start_ns=since_ns or 0, astray=False)
        return dismissed(state, "acknowledged")
    if around.ack and eyes.openness is None:
        return dismissed(state, "acknowledged")  # somebody is there, and the eyes cannot be read
    if is_shut(eyes):
        return replace(state, glanced=False) if state.glanced else state
    wanted_ns = round(_open_s(state.type or ORDER[0], rules) * NS)
    if around.unread:
        state = _unread(state, around, wanted_ns)
    opened = open_ns(eyes) >= wanted_ns
    if state.type != "unresponsive":
        return dismissed(state, "eyes_open") if opened and state.type is not None else state
    ahead = around.forward_ns is None or around.forward_ns >= wanted_ns
    if state.astray and around.forward_ns is not None and (eyes.openness is None or opened):
        return dismissed(state, "looking_ahead") if ahead else state
    return dismissed(state, "eyes_open") if opened and (ahead or around.unseen) else state


def _unread(state: ClosedState, around: Around, ahead_ns: int) -> ClosedState:
    """What becomes of the lesser ones where the eyes cannot be read for long: dark glasses, say."""
    if state.type == "eyes_closed_pre":
        return dismissed(state, "eyes_unreadable")  # that is what is said from here on
    if state.type != "microsleep":
        return state
    if around.aside:
        return replace(state, glanced=True)
    # whoever looks into a mirror, and at the road again, does not sleep
    back = around.forward_ns is not None and around.forward_ns >= ahead_ns
    return dismissed(state, "looking_ahead") if state.glanced and back else state


def _reached(eyes: EyeState, rules: DrowsinessRules) -> str | None:
    """By the closure under way, or just over: the last frame that showed it may have come early.

    Then the length is an estimate between two frames, and a tie goes to the shorter.
    """
    lasted_ns = _lasted_ns(eyes, rules)
    if not lasted_ns:
        return None
    if not is_shut(eyes):
        lasted_ns -= 1
    reached = None
    after_s = (rules.pre_s, rules.microsleep_s, rules.sleep_s, rules.unresponsive_s)
    for name, threshold_s in zip(ORDER, after_s, strict=True):
        if lasted_ns < round(threshold_s * NS):
            break
        reached = name
    return reached


def _lasted_ns(eyes: EyeState, rules: DrowsinessRules) -> int:
    """How long the closure under way has lasted; of squinting, what is shut without a break."""
    return deep_run_ns(eyes) if _squints(eyes, rules) else slept_ns(eyes)


def _since_ns(eyes: EyeState, rules: DrowsinessRules, closure_ns: int) -> int:
    """When that began; ``closure_ns``: when the lids began to be lower than half open."""
    deep_ns = eyes.deep_since_ns
    return closure_ns if deep_ns is None or not _squints(eyes, rules) else deep_ns


def _squints(eyes: EyeState, rules: DrowsinessRules) -> bool:
    return deep_share(eyes) < rules.deep_share


def _open_s(name: str, rules: DrowsinessRules) -> float:
    if name == "eyes_closed_pre":
        return rules.pre_open_s
    return rules.microsleep_open_s if name == "microsleep" else rules.sleep_open_s
