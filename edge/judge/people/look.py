"""One look at one face: everything that is worked out of it, in order."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from edge.judge.driver import sane
from edge.judge.people import actions
from edge.judge.people.body import Body, advance_body
from edge.judge.people.derived import Course, attitude, calm, confused, faded, worried
from edge.judge.people.mood import MoodState, advance_mood, gated, readable
from edge.judge.people.rest import (
    QUIET_CHANGE,
    QUIET_DEG,
    Rest,
    action_at_rest,
    learnt,
    without_rest,
)
from edge.judge.people.window import EMPTY, Window, added
from edge.types import NS, Person

if TYPE_CHECKING:
    from edge.judge.rules import Rules
    from edge.types import FaceReading

Ahead = tuple[int, tuple[float, float], tuple[float, float]]
"""Whose straight ahead is known, and where it is, for head and eyes: yaw and pitch in degrees."""


CAMERA = ((0.0, 0.0), (0.0, 0.0))


class Place(Struct, frozen=True):
    """Middle and width of a face, in pixels."""

    x: float
    y: float
    width: float


class Known(Struct, frozen=True):
    """One person: as of the last look, and what was learnt by then."""

    person: Person
    place: Place
    looked_ns: int
    body: Body = Body()
    rest: Rest = Rest()
    mood: MoodState | None = None
    course: Course = Course()
    window: Window = EMPTY


class Look(Struct, frozen=True):
    """What holds for all faces of one moment; ``at_s``: seconds since the window began."""

    t_ns: int
    at_s: float
    ahead: Ahead | None
    rules: Rules

    @property
    def longest_ns(self) -> int:
        """For how long a look may speak: further apart nothing is known of the time between."""
        return round(self.rules.people.look_s * NS)


def looked(known: Known | None, face: FaceReading, place: Place, look: Look) -> Known:
    """Whom one knows after this look; ``known`` None: somebody new."""
    if known is None:
        known = Known(Person(face.track), place, look.t_ns)
    face = sane(face)
    gap_ns = look.t_ns - known.looked_ns
    since_s = gap_ns / NS if gap_ns <= look.longest_ns else 0.0
    ahead = look.ahead
    forward, looking = CAMERA if ahead is None or ahead[0] != face.track else ahead[1:]
    body = advance_body(known.body, face, since_s, forward, looking)
    mood, rest, course = known.mood, known.rest, known.course
    if mood is not None and not (
        look.rules.emotion and look.t_ns - mood.read_ns <= look.longest_ns
    ):
        mood = None
    told = readable(face.emotion) if look.rules.emotion else None
    if told is not None:
        mood, rest, course, person = _read(known, mood, told, face, body, look)
    elif mood is not None:  # between two readings the last one holds
        person = replace(
            known.person,
            track=face.track,
            attention=body.attention,
            eyes_open=body.eyes_open,
        )
    else:
        person = Person(
            face.track,
            attention=body.attention,
            eyes_open=body.eyes_open,
            rest_known=rest.known if look.rules.emotion else 0.0,
        )
    window = added(known.window, known.person, person, look.at_s, since_s, read=told is not None)
    return Known(person, place, look.t_ns, body, rest, mood, course, window)


def _read(
    known: Known,
    before: MoodState | None,
    told: tuple[float, ...],
    face: FaceReading,
    body: Body,
    look: Look,
) -> tuple[MoodState, Rest, Course, Person]:
    """An expression was read; ``before``: what the one before it said, where it still speaks."""
    rules = look.rules.mood
    since_s = 0.0 if before is None else (look.t_ns - before.read_ns) / NS
    state = advance_mood(before, look.t_ns, told, body.eyes_open, known.rest, rules)
    measured = actions.relative(face, action_at_rest(known.rest))
    values, trusted = (None, None) if measured is None else measured
    rest = known.rest
    if before is not None and _quiet(before, told, rest, body):
        whole = face.actions if trusted is not None and all(trusted) else None
        rest = learnt(rest, told, whole, since_s, rules.rest_s)
    course = faded(known.course, state.mood.valence, since_s, rules.attitude_s)
    believed = None
    if values is not None and trusted is not None:
        believed = tuple([v if ok else None for v, ok in zip(values, trusted, strict=True)])
    roll_deg = None if face.pose is None else face.pose.roll_deg
    keep = math.exp(-since_s / rules.smooth_s) if before is not None and rules.smooth_s else 0.0
    person = Person(
        face.track,
        state.mood,
        values,
        trusted,
        _smooth(known.person.calm, calm(state.mood, believed, body.stir_deg), keep),
        _smooth(known.person.confused, confused(state.mood, believed, roll_deg), keep),
        attitude(course),
        body.attention,
        body.eyes_open,
        rest.known,
        worried(state.mood),
    )
    return state, rest, course, person


def _quiet(before: MoodState, told: tuple[float, ...], rest: Rest, body: Body) -> bool:
    """Nothing moves and the eyes are open: this is the face at rest."""
    if body.stir_deg > QUIET_DEG or gated(told, body.eyes_open) is not told:
        return False
    now = without_rest(told, rest)
    change = sum([abs(a - b) for a, b in zip(now, before.smooth, strict=True)])
    return change <= QUIET_CHANGE


def _smooth(old: float | None, new: float | None, keep: float) -> float | None:
    return new if old is None or new is None else new + keep * (old - new)
