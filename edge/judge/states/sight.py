"""When seeing fails: eyes that cannot be read, a lens that is covered, a picture that stands still.

None of it reads as awake, and none as asleep: it is said, and judging waits.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from edge.judge.spans import Span, extended, recent, within
from edge.types import NS

if TYPE_CHECKING:
    from edge.judge.states.rules import SightRules
    from edge.types import Light

GAP_NS = 2 * NS
"""Two looks further apart than this say nothing of the time between them [E]."""

STUCK, STUCK_S = 0.85, 2.0
"""Share of repeated pictures, with a time constant in s, from which on one that differs is no sign
of life: the clock in the corner, or a keyframe. A film of five pictures a second shown at thirty
stays below [E]."""

WORD_NS = NS
"""The word for the light changes after a second: a lamp post is not a dark night [E]."""


class SightState(Struct, frozen=True):
    """What could not be seen, and since when."""

    t_ns: int | None = None
    unread: tuple[Span, ...] = ()
    readable_ns: int | None = None  # eyes readable without a break since
    unreadable_ns: int | None = None  # start of the open ``eyes_unreadable``
    face_ns: int | None = None
    repeats: float = 0.0  # share of repeated pictures of late
    bad_ns: int | None = None  # the picture has been black, flat or frozen since
    fine_ns: int | None = None
    blocked_ns: int | None = None  # start of the open ``camera_blocked``
    fault: str | None = None  # what is wrong with the picture now: ``picture_fault``
    fault_ns: int = 0
    blocked_by: str | None = None
    light: str | None = None
    light_next: str | None = None
    light_ns: int = 0


def light_word(light: Light | None, rules: SightRules) -> str | None:
    """``ok``, ``low`` or ``blind``; None where nothing measured the light."""
    if light is None or not (math.isfinite(light.mean) and math.isfinite(light.spread)):
        return None
    if light.spread < rules.blind_spread or light.mean < rules.dark_mean:
        return "blind"
    return "low" if light.mean < rules.low_mean else "ok"


def picture_fault(light: Light, rules: SightRules, *, still: bool) -> str | None:
    """``camera_black``, ``camera_covered``, ``camera_frozen``, or None for a picture like others.

    A black or flat picture that stands ``still`` is a lens in the dark: frozen needs something to
    see.
    """
    if light.mean < rules.dark_mean:
        return "camera_black"
    if light.spread < rules.blind_spread:
        return "camera_covered"
    return "camera_frozen" if still else None


def stands_still(light: Light, repeats: float) -> bool:
    """Whether this is no new look: the picture is the same, or has been for seconds."""
    return light.repeated or repeats >= STUCK


def advance_sight(
    state: SightState,
    t_ns: int,
    light: Light | None,
    rules: SightRules,
    *,
    face: bool,
    readable: bool | None,
) -> SightState:
    """One look: ``face`` the driver's face is there, ``readable`` and its eyes can be judged.

    ``readable`` None: the head is turned away, which says nothing of the eyes.
    """
    before_ns = state.t_ns if state.t_ns is not None and t_ns - state.t_ns <= GAP_NS else t_ns
    face_ns = t_ns if face else state.face_ns
    state = _picture(_lit(state, t_ns, light_word(light, rules)), t_ns, face_ns, light, rules)
    return _eyes(state, before_ns, t_ns, rules, readable=readable if face else None)


def _eyes(
    state: SightState, before_ns: int, t_ns: int, rules: SightRules, *, readable: bool | None
) -> SightState:
    window_ns = round(rules.unreadable_window_s * NS)
    if readable is False:
        unread = extended(state.unread, before_ns, t_ns, window_ns)
        state = replace(state, unread=unread, readable_ns=None)
    elif readable and state.readable_ns is None:
        state = replace(state, readable_ns=t_ns)
    unread = recent(state.unread, t_ns - window_ns)
    if unread is not state.unread:
        state = replace(state, unread=unread)
    if state.unreadable_ns is None:
        lasted_ns = within(unread, t_ns - window_ns) if unread else 0
        if lasted_ns >= rules.unreadable_s * NS:
            return replace(state, unreadable_ns=max(unread[0][0], t_ns - window_ns))
        return state
    back = state.readable_ns is not None and t_ns - state.readable_ns >= rules.readable_s * NS
    gone = state.face_ns is None or t_ns - state.face_ns > GAP_NS
    if back or gone:  # without a face it is the face that is missing, and said so
        return replace(state, unreadable_ns=None, unread=())
    return state


def _lit(state: SightState, t_ns: int, word: str | None) -> SightState:
    """The word for the light, once it has been so for a second."""
    if word == state.light:
        return state if state.light_next == word else replace(state, light_next=word)
    if word != state.light_next or state.light is None:
        state = replace(state, light_next=word, light_ns=t_ns)
    if state.light is None or t_ns - state.light_ns >= WORD_NS:
        state = replace(state, light=word)
    return state


def _picture(
    state: SightState, t_ns: int, face_ns: int | None, light: Light | None, rules: SightRules
) -> SightState:
    """Whether the picture is black, flat or frozen, and for how long."""
    if light is None:
        return replace(state, t_ns=t_ns, face_ns=face_ns)
    bad_ns, fine_ns, blocked_ns = None, None, state.blocked_ns
    fault, by = None, state.blocked_by
    dwell_ns = rules.blocked_s * NS
    repeats = state.repeats
    if repeats or light.repeated:
        passed_ns = 0 if state.t_ns is None else min(GAP_NS, t_ns - state.t_ns)
        repeats += min(1.0, passed_ns / (STUCK_S * NS)) * (light.repeated - repeats)
    still = stands_still(light, repeats)
    if still or (face_ns != t_ns and light_word(light, rules) == "blind"):
        fault = picture_fault(light, rules, still=still)
        fault_ns = t_ns if fault != state.fault else state.fault_ns
        bad_ns = state.bad_ns if state.bad_ns is not None else t_ns
        if blocked_ns is None and t_ns - bad_ns >= dwell_ns:
            blocked_ns = bad_ns
        if blocked_ns is not None and (by is None or t_ns - fault_ns >= dwell_ns):
            by = fault
    else:
        fault_ns = t_ns
        fine_ns = state.fine_ns if state.fine_ns is not None else t_ns
        if t_ns - fine_ns >= dwell_ns:
            blocked_ns, by = None, None
    return replace(
        state,
        t_ns=t_ns,
        face_ns=face_ns,
        repeats=repeats,
        bad_ns=bad_ns,
        fine_ns=fine_ns,
        blocked_ns=blocked_ns,
        fault=fault,
        fault_ns=fault_ns,
        blocked_by=by,
    )
