"""Yawns and nods: signs beside the eyes. Neither is ever an alarm by itself."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from edge.types import NS, Mark

if TYPE_CHECKING:
    from edge.judge.signals.lids import Look

GAPE, CLOSED = 0.6, 0.4
"""Inner-lip gap / mouth width: a yawn stays above the first throughout, and ends under the second
(driver state table; talking and laughing open and close several times a second)."""

YAWN_NS, LONGEST_NS = NS * 3 // 2, 12 * NS
"""1.5 to 12 s; a yawn lasts 6 s on average."""

PERSONAL, LEARN_NS = 1.4, 180 * NS
"""A mouth that usually reads wide open needs 1.4 times that; learnt over 3 minutes."""

UNSEEN_NS = NS // 2
"""A mouth not seen for so long: what it did then is not known."""

NOD_DEG, FALL_NS, RECOVER_NS, SHUT_NS = 15.0, NS, 3 * NS, NS * 3 // 10
"""A drowsy nod: 15 degrees down within 1 s (drowsy 12-20, other nods 2-8), eyes shut for 0.3 s of
it, up again within 3 s."""

HEAD_NS = NS // 12
"""The head is remembered a dozen times a second: enough for a fall that takes most of one."""

HEIGHT = itemgetter(1)

BACK_SHARE = 0.5
"""Up again: more than half of what it fell [E]."""


class GestureState(Struct, frozen=True):
    """The mouth, and the head over the last second."""

    mouth_ns: int | None = None
    gape_since_ns: int | None = None
    gape_until_ns: int | None = None  # narrower since then, but not closed yet
    usual_mar: float = 0.0
    usual_ns: int = 0
    head: tuple[tuple[int, float], ...] = ()  # t_ns and pitch over the last second
    top_deg: float = 0.0
    bottom_deg: float = 0.0
    fall_ns: int | None = None  # when the head began to fall; None while it does not
    shut_ns: int = 0
    seen_ns: int | None = None


def advance_gestures(
    state: GestureState, t_ns: int, mar: float | None, look: Look, *, shut: bool
) -> tuple[GestureState, tuple[Mark, ...]]:
    """One look at mouth and head; marks come out when a yawn or a nod is over."""
    state, yawn = _mouth(state, t_ns, mar)
    state, nod = _head(state, t_ns, look.pitch_deg, shut=shut)
    return state, yawn + nod


def _mouth(
    state: GestureState, t_ns: int, mar: float | None
) -> tuple[GestureState, tuple[Mark, ...]]:
    if mar is None:
        return state, ()
    before_ns = state.mouth_ns
    if before_ns is None or t_ns - before_ns > UNSEEN_NS:
        return replace(state, mouth_ns=t_ns, gape_since_ns=None, gape_until_ns=None), ()
    usual, usual_ns = state.usual_mar, state.usual_ns
    wide = mar > max(GAPE, PERSONAL * usual if usual_ns >= LEARN_NS else 0.0)
    since_ns, until_ns = state.gape_since_ns, state.gape_until_ns
    marks: tuple[Mark, ...] = ()
    if wide:
        if since_ns is None or until_ns is not None:  # opened again without having closed: talk
            since_ns, until_ns = t_ns, None
    else:
        usual_ns = min(LEARN_NS, usual_ns + t_ns - before_ns)
        usual += (t_ns - before_ns) / usual_ns * (mar - usual)
        if since_ns is not None and until_ns is None:
            until_ns = before_ns
        if mar < CLOSED and since_ns is not None and until_ns is not None:
            if YAWN_NS <= until_ns - since_ns <= LONGEST_NS:
                marks = (Mark("yawn", since_ns, until_ns),)
            since_ns = until_ns = None
    moved = replace(
        state,
        mouth_ns=t_ns,
        gape_since_ns=since_ns,
        gape_until_ns=until_ns,
        usual_mar=usual,
        usual_ns=usual_ns,
    )
    return moved, marks


def _head(
    state: GestureState, t_ns: int, pitch: float | None, *, shut: bool
) -> tuple[GestureState, tuple[Mark, ...]]:
    if pitch is None:
        return state, ()
    if state.seen_ns is None or t_ns - state.seen_ns > UNSEEN_NS:
        return replace(state, head=((t_ns, pitch),), fall_ns=None, seen_ns=t_ns), ()
    passed_ns = t_ns - state.seen_ns
    head = state.head
    if t_ns - head[-1][0] >= HEAD_NS:
        head = (*(past for past in head if past[0] >= t_ns - FALL_NS), (t_ns, pitch))
    if state.fall_ns is None:
        top_ns, top = max(head, key=HEIGHT)
        if top - pitch < NOD_DEG:
            shut_ns = state.shut_ns + passed_ns if shut else 0
            return replace(state, head=head, seen_ns=t_ns, shut_ns=shut_ns), ()
        since = state.shut_ns + passed_ns if shut else 0
        return (
            replace(
                state,
                head=head,
                seen_ns=t_ns,
                fall_ns=top_ns,
                top_deg=top,
                bottom_deg=pitch,
                shut_ns=since,
            ),
            (),
        )
    fall_ns = t_ns if state.fall_ns is None else state.fall_ns
    bottom, shut_ns = min(state.bottom_deg, pitch), state.shut_ns + (passed_ns if shut else 0)
    state = replace(state, seen_ns=t_ns, bottom_deg=bottom, shut_ns=shut_ns)
    if pitch >= bottom + BACK_SHARE * (state.top_deg - bottom):
        marks = (Mark("head_nod", fall_ns, t_ns),) if shut_ns >= SHUT_NS else ()
        return replace(state, fall_ns=None, head=((t_ns, pitch),), shut_ns=0), marks
    if t_ns - fall_ns > RECOVER_NS:
        return replace(state, fall_ns=None, head=((t_ns, pitch),), shut_ns=0), ()
    return state, ()
