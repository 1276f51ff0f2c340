"""Who drives: which face is judged, whether it is still the same person, whether it is lost.

The driver sits in one place. Once a face has been followed there, only a face in that place and of
that size can be the driver; whoever else is in the picture is a passenger and never alarms.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from edge.types import NS, Level, Pose

if TYPE_CHECKING:
    from edge.judge.rules import PresenceRules
    from edge.types import FaceReading, Observation

MOST_FACES = 16
"""More faces than a vehicle has seats: what comes after them is not looked at."""

NEAR = 1.2
"""A driver leans, but the middle of the face stays within so many face widths of the seat [E]."""

SMALLER, LARGER = 0.6, 1.7
"""Bounds of the size of a face in the driver's seat, against what it usually is [E]."""

SEAT_S = 5.0
"""Time constant of where the driver usually is [E]."""

RIVAL_SIZE, RIVAL_NS, ALONE_NS, SETTLED_NS = 1.5, 2 * NS, NS // 2, 10 * NS
"""In the first 10 s a face that is 1.5 times larger for 2 s, or for 0.5 s where the first one is
not seen, is taken for the driver after all: the first one found need not be the one in front, nor a
face at all [E]."""

MIDDLE = 0.45
"""Of the picture's width: the driver's half reaches a little over the middle [E]."""


class Seat(Struct, frozen=True):
    """Where the driver's face usually is: its middle and the root of its area, in pixels."""

    x: float
    y: float
    size: float


class DriverState(Struct, frozen=True):
    """``track`` of the driver; when the face was last seen, and since when without a break."""

    track: int | None = None
    seen_ns: int | None = None
    since_ns: int | None = None
    first_ns: int | None = None  # when this person was first seen
    seat: Seat | None = None
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
    if state.seat is not None and rules.driver_side == "any":
        faces = [face for face in faces if _in_seat(face, state.seat)]
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
            rival, rival_ns = _rival(state, seen, state.seat.size**2, rules, followed_ns)
            if rival is not None or state.rival is not None:
                state = replace(state, rival=rival, rival_ns=rival_ns)
        return _unseen(state, t_ns, last_closure_ns, rules, blocked=blocked)
    new = changed(state, seen, face, rules)
    broken = state.seen_ns is None or t_ns - state.seen_ns > rules.found_s * NS or new
    since_ns = t_ns if broken or state.since_ns is None else state.since_ns
    back = t_ns - since_ns >= rules.found_s * NS
    first_ns = t_ns if new or state.first_ns is None else state.first_ns
    passed_ns = 0 if state.seen_ns is None else t_ns - state.seen_ns
    rival, rival_ns = _rival(state, seen, face.box.area, rules, t_ns - first_ns)
    return DriverState(
        track=face.track,
        seen_ns=t_ns,
        since_ns=since_ns,
        first_ns=first_ns,
        seat=_seat(None if new else state.seat, face, passed_ns),
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
        return DriverState(vacated=True)
    if state.lost is None and gone_ns >= rules.lost_s * NS and not blocked:
        return replace(state, lost=Level.WARNING if closing else Level.ADVISORY)
    return state


def _rival(
    state: DriverState,
    seen: Observation,
    area: float,
    rules: PresenceRules,
    followed_ns: int,
) -> tuple[int | None, int]:
    """Who is larger than the driver, who shows (or showed) so large, and since when."""
    if followed_ns > SETTLED_NS or not seen.faces:
        return None, 0
    others = (f for f in seen.faces[:MOST_FACES] if _whole(f))
    larger = max(others, key=lambda f: f.box.area, default=None)
    if larger is None or larger.box.area < RIVAL_SIZE * area:
        return None, 0
    if not _on_side(larger, seen, rules):
        return None, 0
    return larger.track, state.rival_ns if state.rival == larger.track else seen.t_ns


def _whole(face: FaceReading) -> bool:
    box = face.box
    return math.isfinite(box.left + box.top + box.right + box.bottom) and box.area > 0


def _on_side(face: FaceReading, seen: Observation, rules: PresenceRules) -> bool:
    """The camera looks back at the driver: the car's left is the right of the picture."""
    if rules.driver_side == "any" or seen.width <= 0:
        return True
    x = (face.box.left + face.box.right) / 2 / seen.width
    return x >= MIDDLE if rules.driver_side == "left" else x <= 1 - MIDDLE


def _in_seat(face: FaceReading, seat: Seat) -> bool:
    here = _seat(None, face, 0)
    reach = NEAR * seat.size
    near = abs(here.x - seat.x) <= reach and abs(here.y - seat.y) <= reach
    return near and SMALLER <= here.size / seat.size <= LARGER


def _seat(seat: Seat | None, face: FaceReading, passed_ns: int) -> Seat:
    box = face.box
    x, y, size = (box.left + box.right) / 2, (box.top + box.bottom) / 2, math.sqrt(box.area)
    if seat is None:
        return Seat(x, y, size)
    part = min(1.0, passed_ns / (SEAT_S * NS))
    return Seat(
        seat.x + part * (x - seat.x),
        seat.y + part * (y - seat.y),
        seat.size + part * (size - seat.size),
    )


def _angles(pose: Pose) -> tuple[float, float, float]:
    return pose.yaw_deg, pose.pitch_deg, pose.roll_deg


def _turned(degrees: float) -> float:
    """The same direction within -180..180."""
    return (degrees + 180.0) % 360.0 - 180.0
