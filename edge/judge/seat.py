"""The driver's seat as a place in the picture: where the face is that drives, and how large."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec import Struct

from edge.types import NS

if TYPE_CHECKING:
    from edge.types import FaceReading

NEAR = 1.2
"""A driver leans, but the middle of the face stays within so many face widths of the seat [E]."""

SMALLER, LARGER = 0.6, 1.7
"""Bounds of the size of a face in the driver's seat, against what it usually is [E]."""

SEAT_S, AWAY_S = 5.0, 30.0
"""Time constants of where the driver usually is, and of a face that is not there [E]."""

AWAY = 0.5
"""Face widths from the middle of the seat: so far out another one may be the driver's [E]."""


class Seat(Struct, frozen=True):
    """Where the driver's face usually is: its middle and the root of its area, in pixels."""

    x: float
    y: float
    size: float


def in_seat(face: FaceReading, seat: Seat) -> bool:
    """Whether the face can be one in that seat, by place and size."""
    size = math.sqrt(face.box.area)
    return away(face, seat) <= NEAR and SMALLER <= size / seat.size <= LARGER


def away(face: FaceReading, seat: Seat) -> float:
    """How far the face is from the middle of the seat, in its widths, along the longer way."""
    x, y = face.box.middle
    return max(abs(x - seat.x), abs(y - seat.y)) / seat.size


def moved(seat: Seat | None, face: FaceReading, passed_ns: int) -> Seat:
    """The seat after one more look; ``seat`` None: the face is the first that is seen there."""
    x, y = face.box.middle
    size = math.sqrt(face.box.area)
    if seat is None:
        return Seat(x, y, size)
    part = min(1.0, passed_ns / ((SEAT_S if away(face, seat) <= AWAY else AWAY_S) * NS))
    return Seat(
        seat.x + part * (x - seat.x),
        seat.y + part * (y - seat.y),
        seat.size + part * (size - seat.size),
    )
