"""Who drives: which face is judged, whether it is still the same person, whether it is lost.

The driver sits in one place. Once a face has been followed there, only a face in that place and of
that size can be the driver; whoever else is in the picture is a passenger and never alarms. The
place counts for more than a track's number: who leans over may take the driver's along.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from edge.judge.seat import AWAY, Seat, away, in_seat, moved
from edge.types import NS, Level, Pose

if TYPE_CHECKING:
    from edge.judge.rules import PresenceRules
    from edge.types import FaceReading, Observation

MOST_FACES = 16
"""More faces than a vehicle has seats: what comes after them is not looked at."""

HOME_NS = 600 * NS
"""Where somebody drove, before the seat was empty, is remembered for so long while another is
followed elsewhere: the passenger who stayed in the car [E]."""

RIVAL_SIZE, RIVAL_NS, ALONE_NS, SETTLED_NS = 1.5, 2 * NS, NS // 2, 10 * NS
"""In the first 10 s a face that is 1.5 times larger for 2 s, or for 0.5 s where the first one is
not seen, is taken for the driver after all: the first one found need not be the one in front, nor a
face at all [E]."""

MIDDLE = 0.45
"""Of the picture's width: the driver's half reaches a little over the middle [E]."""


class DriverState(Struct, frozen=True):
    """``track`` of the driver; when the face was last seen, and since when without a break."""

    track: int | None = None
    seen_ns: int | None = None
    since_ns: int | None = None
    first_ns: int | None = None  # when this person was first seen
    seat: Seat | None = None
    home: Seat | None = None  # the seat before it was empty, while another one is followed
    rival: int | None = None
    rival_ns: int = 0
    lost: Level | None = None  # level of the open ``face_lost``
    vacated: bool = False  # the last loss ended because nobody came back


def driver(state: DriverState, seen: Observation, rules: PresenceRules) -> FaceReading | None:
    """The face that is judged: the one followed so far, else the best one in the seat."""
    faces = [f for f in seen.faces[:MOST_FACES] if _whole(f) and _on_side(f, seen, rules)]
    followed = next((face for face in faces if face.track == state.track), None)
    wait_ns = ALONE_NS if followed is None else RIVAL_NS
    if state.rival is not None and seen.t_ns - state.rival_ns >= wait_ns:
        for face in faces:
            if face.track == state.rival:
                return face
    if followed is not None:
        return followed
    if state.seat is not None:
        faces = [face for face in faces if in_seat(face, state.seat)]
    elif state.home is not None:
        faces = [face for face in faces if in_seat(face, state.home)] or faces
    return max(faces, key=lambda face: face.box.area, default=None)


RIGHT_ANGLE = 90.0
"""No eye that a camera sees looks further away from it."""


def sane(face: FaceReading) -> FaceReading:
    """Without what a model could not have meant: numbers that are not finite are not seen."""
    pose = face.pose
    if pose is not None and not math.isfinite(pose.yaw_deg + pose.pitch_deg + pose.roll_deg):
        face = replace(face, pose=None)
    elif pose is not None and max(abs(pose.yaw_deg), abs(pose.pitch_deg)) > 180:
        face = replace(face, pose=Pose(*(_turned(a) for a in _angles(pose))))
    if face.mar is not None and not math.isfinite(face.mar):
        face = replace(face, mar=None)
    gaze = face.gaze
    if gaze is not None and not max(abs(gaze.yaw_deg), abs(gaze.pitch_deg)) <= RIGHT_ANGLE:
        face = replace(face, gaze=None)
    return face


def changed(
    state: DriverState, seen: Observation, face: FaceReading | None, rules: PresenceRules
) -> bool:
    """Whether ``face`` may be somebody else than the driver so far."""
    if face is not None and state.vacated:  # the seat was empty for long
        return True
    if face is None or state.seen_ns is None or face.track == state.track:
        return False
    if any(other.track == state.track for other in seen.faces[:MOST_FACES]):
        return True
    if face.track == state.rival:
        return True
    return seen.t_ns - state.seen_ns > rules.same_s * NS


def advance_driver(
    state: DriverState,
    seen: Observation,
    face: FaceReading | None,
    last_closure_ns: int | None,
    rules: PresenceRules,
    *,
    blocked: bool,
) -> DriverState:
    """Follow the driver; raise ``lost`` after ``lost_s`` unseen, drop it once seen or vacant."""
    t_ns = seen.t_ns
    if face is None:
        if state.seat is not None and state.seen_ns is not None and state.first_ns is not None:
            followed_ns = state.seen_ns - state.first_ns
            rival, rival_ns = _rival(state, seen, None, state.seat.size**2, rules, followed_ns)
            if rival is not None or state.rival is not None:
                state = replace(state, rival=rival, rival_ns=rival_ns)
        return _unseen(state, t_ns, last_closure_ns, rules, blocked=blocked)
    new = changed(state, seen, face, rules)
    broken = state.seen_ns is None or t_ns - state.seen_ns > rules.found_s * NS or new
    since_ns = t_ns if broken or state.since_ns is None else state.since_ns
    back = t_ns - since_ns >= rules.found_s * NS
    first_ns = t_ns if new or state.first_ns is None else state.first_ns
    passed_ns = 0 if state.seen_ns is None else t_ns - state.seen_ns
    home = None if new and not state.vacated else state.home
    if home is not None and (t_ns - first_ns > HOME_NS or away(face, home) <= AWAY):
        home = None
    state = replace(state, seat=None if new else state.seat, home=home)
    rival, rival_ns = _rival(state, seen, face, face.box.area, rules, t_ns - first_ns)
    return DriverState(
        track=face.track,
        seen_ns=t_ns,
        since_ns=since_ns,
        first_ns=first_ns,
        seat=moved(state.seat, face, passed_ns),
        home=home,
        rival=rival,
        rival_ns=rival_ns,
        lost=None if back else state.lost,
    )


def _unseen(
    state: DriverState,
    t_ns: int,
    last_closure_ns: int | None,
    rules: PresenceRules,
    *,
    blocked: bool,
) -> DriverState:
    if state.seen_ns is None:
        return state
    gone_ns = t_ns - state.seen_ns
    closing = (
        last_closure_ns is not None
        and state.seen_ns - last_closure_ns <= rules.after_closure_s * NS
    )
    if gone_ns >= rules.vacant_s * NS:
        return DriverState(vacated=True, home=state.home or state.seat)
    if state.lost is None and gone_ns >= rules.lost_s * NS and not blocked:
        return replace(state, lost=Level.WARNING if closing else Level.ADVISORY)
    return state


def _rival(
    state: DriverState,
    seen: Observation,
    followed: FaceReading | None,
    area: float,
    rules: PresenceRules,
    followed_ns: int,
) -> tuple[int | None, int]:
    """Who else may be the driver, and since when: in the seat, or larger than the one followed.

    ``area``: which the one followed shows, or showed.
    """
    if followed is not None and len(seen.faces) == 1:
        return None, 0
    faces = [f for f in seen.faces[:MOST_FACES] if _whole(f) and _on_side(f, seen, rules)]
    found = _in_the_place(state, followed, faces)
    if found is None and followed_ns <= SETTLED_NS:
        larger = max(faces, key=lambda f: f.box.area, default=None)
        if larger is not None and larger.box.area >= RIVAL_SIZE * area:
            found = larger
    if found is None:
        return None, 0
    return found.track, state.rival_ns if state.rival == found.track else seen.t_ns


def _in_the_place(
    state: DriverState, followed: FaceReading | None, faces: list[FaceReading]
) -> FaceReading | None:
    """Who sits where the driver does, while the one that is followed does not."""
    seat = state.home or state.seat
    if seat is None:
        return None
    out = math.inf if followed is None else away(followed, seat)
    others = (f for f in faces if f.track != state.track and in_seat(f, seat))
    nearest = min(others, key=lambda f: away(f, seat), default=None)
    if nearest is None or out <= AWAY or away(nearest, seat) >= out:
        return None
    return nearest


def _whole(face: FaceReading) -> bool:
    box = face.box
    return math.isfinite(box.left + box.top + box.right + box.bottom) and box.area > 0


def _on_side(face: FaceReading, seen: Observation, rules: PresenceRules) -> bool:
    """The camera looks back at the driver: the car's left is the right of the picture."""
    if rules.driver_side == "any" or seen.width <= 0:
        return True
    x = face.box.middle[0] / seen.width
    return x >= MIDDLE if rules.driver_side == "left" else x <= 1 - MIDDLE


def _angles(pose: Pose) -> tuple[float, float, float]:
    return pose.yaw_deg, pose.pitch_deg, pose.roll_deg


def _turned(degrees: float) -> float:
    """The same direction within -180..180."""
    return (degrees + 180.0) % 360.0 - 180.0
