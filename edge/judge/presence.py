"""Who sits there, and whether the face has been lost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edge.types import NS, Level

if TYPE_CHECKING:
    from edge.judge.rules import PresenceRules
    from edge.types import FaceReading, Observation


@dataclass(frozen=True, slots=True)
class PresenceState:
    """``track`` of the subject; when a face was last seen, and since when without a break."""

    track: int | None = None
    seen_ns: int | None = None
    since_ns: int | None = None
    lost: Level | None = None  # level of the open ``face_lost``
    vacated: bool = False  # the last loss ended because nobody came back


def subject(state: PresenceState, seen: Observation) -> FaceReading | None:
    """The face that is judged: the one followed so far, else the largest."""
    for face in seen.faces:
        if face.track == state.track:
            return face
    return max(seen.faces, key=lambda face: face.box.area, default=None)


def advance_presence(
    state: PresenceState,
    t_ns: int,
    face: FaceReading | None,
    last_closure_ns: int | None,
    rules: PresenceRules,
) -> PresenceState:
    """Follow the subject; raise ``lost`` after ``lost_s`` unseen, drop it once seen or vacant."""
    if face is not None:
        broken = state.seen_ns is None or t_ns - state.seen_ns > rules.found_s * NS
        since_ns = t_ns if broken or state.since_ns is None else state.since_ns
        back = t_ns - since_ns >= rules.found_s * NS
        return replace(
            state,
            track=face.track,
            seen_ns=t_ns,
            since_ns=since_ns,
            lost=None if back else state.lost,
            vacated=False,
        )
    if state.seen_ns is None:
        return state
    gone_ns = t_ns - state.seen_ns
    closing = (
        last_closure_ns is not None
        and state.seen_ns - last_closure_ns <= rules.after_closure_s * NS
    )
    if gone_ns >= rules.vacant_s * NS and not closing:
        return PresenceState(vacated=True)
    if state.lost is None and gone_ns >= rules.lost_s * NS:
        return replace(state, lost=Level.WARNING if closing else Level.ADVISORY)
    return state
