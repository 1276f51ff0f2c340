"""Every face in the picture, followed: who is looked at when, and whose window it goes into.

A face is looked at when its expression was read, and else a few times a second: between looks
nothing is done but to see that the same faces are there. What is remembered is bounded: the faces
in the picture, and those that have left it within the last seconds.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from edge.judge.people.look import Known, Look, Place, looked
from edge.judge.people.window import EMPTY, Window, summarised, together
from edge.types import NS, Person

if TYPE_CHECKING:
    from edge.judge.people.look import Ahead
    from edge.judge.rules import Rules
    from edge.types import FaceReading, MoodSummary, Observation

LOOK_NS = NS * 4 // 10
"""Without an expression eyes and head are looked at so often: attention is a matter of seconds."""

SAME_NS = 5 * NS
"""A face that comes back so soon, in the same place, is the same person under a new number."""

NEAR, SMALLER, LARGER = 0.6, 0.6, 1.7
"""The same place: within so many face widths, and of about that size [E]."""

MOST_PEOPLE = 64
"""Faces beyond are not judged: a full picture of a group."""

MOST_LEFT = 8
"""People who have left are told of one by one up to here, and all of them within the scene."""


class PeopleState(Struct, frozen=True):
    """``known`` by track; ``shown``: those in the picture; the window under way of the scene."""

    known: tuple[Known, ...] = ()
    shown: tuple[Person, ...] = ()
    tracks: tuple[int, ...] = ()
    start_ns: int | None = None
    looked_ns: int | None = None
    seen_s: float = 0.0
    left: Window = EMPTY
    gone: tuple[tuple[int, Window], ...] = ()


def advance_people(
    state: PeopleState,
    seen: Observation,
    ahead: Ahead | None,
    rules: Rules,
) -> tuple[PeopleState, tuple[MoodSummary, ...]]:
    """One observation; summaries come out when a window has passed or is asked for."""
    t_ns = seen.t_ns
    start_ns = t_ns if state.start_ns is None else state.start_ns
    summaries: tuple[MoodSummary, ...] = ()
    if t_ns - start_ns >= rules.people.window_s * NS or (
        "summary" in seen.requests and t_ns > start_ns
    ):
        summaries = _summaries(state, start_ns, t_ns, emotion=rules.emotion)
        state, start_ns = _begun(state, t_ns), t_ns
    elif state.start_ns is None:
        state = replace(state, start_ns=t_ns)
    if seen.light is not None and seen.light.repeated:
        return _unlooked(state, t_ns, round(rules.people.look_s * NS)), summaries
    faces = seen.faces[:MOST_PEOPLE]
    tracks = tuple([face.track for face in faces])
    due = _due(state, faces, t_ns)
    if not due and tracks == state.tracks:
        return state, summaries
    look = Look(t_ns, (t_ns - start_ns) / NS, ahead, rules)
    return _looked(state, t_ns, faces, tracks, due, look), summaries


def _due(state: PeopleState, faces: tuple[FaceReading, ...], t_ns: int) -> set[int]:
    """Tracks to be looked at now."""
    fresh = {known.person.track for known in state.known if t_ns - known.looked_ns < LOOK_NS}
    return {face.track for face in faces if face.emotion is not None or face.track not in fresh}


def _looked(
    state: PeopleState,
    t_ns: int,
    faces: tuple[FaceReading, ...],
    tracks: tuple[int, ...],
    due: set[int],
    look: Look,
) -> PeopleState:
    before = {known.person.track: known for known in state.known}
    away = [known for known in state.known if known.person.track not in tracks]
    now: dict[int, Known] = {}
    for face in faces:
        known = before.get(face.track)
        if face.track in now:
            continue
        if known is not None and face.track not in due:
            now[face.track] = known
            continue
        place = _place(face)
        if place is None:
            continue
        if known is None:
            known = _returned(away, place, t_ns)
            if known is not None:
                away.remove(known)
        now[face.track] = looked(known, face, place, look)
    seen_s = state.seen_s
    if due and state.looked_ns is not None and t_ns - state.looked_ns <= look.longest_ns:
        seen_s += (t_ns - state.looked_ns) / NS
    state = replace(
        _parted(state, [known for known in away if t_ns - known.looked_ns > SAME_NS]),
        shown=tuple([known.person for known in now.values()]),
        tracks=tracks,
        looked_ns=t_ns if due else state.looked_ns,
        seen_s=seen_s,
    )
    kept = [known for known in away if t_ns - known.looked_ns <= SAME_NS]
    return replace(state, known=(*now.values(), *kept[-MOST_PEOPLE:]))


def _unlooked(state: PeopleState, t_ns: int, longest_ns: int) -> PeopleState:
    """The camera shows the same picture again: after a while nothing is known of anybody."""
    if state.looked_ns is None or t_ns - state.looked_ns <= longest_ns:
        return state
    blank = tuple([Person(person.track) for person in state.shown])
    return state if blank == state.shown else replace(state, shown=blank)


def _place(face: FaceReading) -> Place | None:
    box = face.box
    place = Place(*box.middle, box.right - box.left)
    return place if math.isfinite(place.x + place.y) and place.width > 0 else None


def _returned(away: list[Known], place: Place, t_ns: int) -> Known | None:
    """Who was in this place a moment ago; the one seen last."""
    for known in sorted(away, key=lambda known: -known.looked_ns):
        old = known.place
        reach = NEAR * old.width
        near = abs(old.x - place.x) <= reach and abs(old.y - place.y) <= reach
        alike = SMALLER <= place.width / old.width <= LARGER
        if near and alike and t_ns - known.looked_ns <= SAME_NS:
            return known
    return None


def _parted(state: PeopleState, left: list[Known]) -> PeopleState:
    """Whoever has left for good is only remembered by what goes into the summary."""
    if not left:
        return state
    scene, gone = state.left, state.gone
    for known in left:
        scene = together(scene, known.window)
        if known.window.seen:
            gone = (*gone, (known.person.track, known.window))
    longest = sorted(gone, key=lambda one: -one[1].seen)[:MOST_LEFT]
    return replace(state, left=scene, gone=tuple(longest))


def _begun(state: PeopleState, t_ns: int) -> PeopleState:
    """A new window; whoever left in the old one is forgotten."""
    known = tuple(
        [
            replace(known, window=EMPTY)
            for known in state.known
            if known.person.track in state.tracks or t_ns - known.looked_ns <= SAME_NS
        ]
    )
    return replace(state, known=known, start_ns=t_ns, seen_s=0.0, left=EMPTY, gone=())


def _summaries(
    state: PeopleState, start_ns: int, t_ns: int, *, emotion: bool
) -> tuple[MoodSummary, ...]:
    """The scene's first, then each face's, the one that was seen longest before the others."""
    faces = [(known.person.track, known.window) for known in state.known if known.window.seen]
    scene = state.left
    for _, window in faces:
        scene = together(scene, window)
    scene = replace(scene, seen=state.seen_s)
    each = sorted((*faces, *state.gone), key=lambda one: -one[1].seen)
    return tuple(
        summarised(window, track, start_ns, t_ns, emotion=emotion)
        for track, window in ((None, scene), *each)
    )
