"""What one look shows of eyes and head, and the attention that is made of them.

Physical states, judged in every profile: nothing here knows of emotions.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec import Struct

from edge.types import EAR_OPEN, EAR_SHUT, AttentionIndex

if TYPE_CHECKING:
    from edge.types import FaceReading, Pose

VISIBLE = 0.5
"""Belief in visible eyes under which nothing is read off them."""

WIDE_S = 30.0
"""Time constant of how wide this person's eyes usually are [E]."""

WIDEST, NARROWEST = 0.36, 0.18
"""Bounds of a usual open eye on the common scale: outside it is a grimace or an error [E]."""

OPEN_FROM = 0.5
"""An eye half as open as usual is open; only open eyes tell how wide they usually are."""

EYES_SEE = 0.6
"""From this openness on the eyes count fully: reading lowers the lids, sleep shuts them [E]."""

EYES_S, HEAD_S = 2.0, 1.0
"""Time constants of the parts of attention: a blink and a glance are no lack of it [E]."""

AHEAD_DEG, AWAY_DEG = 15.0, 45.0
"""Heads within 15 degrees of straight ahead are with it, beyond 45 they are elsewhere [E]."""

GAZE_SURE, GAZE_S = 0.5, 1.0
"""Confidence from which a gaze is used, and for how long it holds where none can be read [E]."""

STIR_S = 2.0
"""Time constant of where the head usually is, and of how far it strays from there [E]."""


class Body(Struct, frozen=True):
    """Eyes, head and attention, smoothed in time; None: not seen (of late).

    ``eyes_open``: as of the last look, 0 shut .. 1 as wide as usual. ``stir_deg``: how far the head
    has strayed from its own mean of the last seconds.
    """

    wide: float | None = None
    eyes_open: float | None = None
    yaw_deg: float | None = None
    pitch_deg: float = 0.0
    stir_deg: float = 0.0
    head: float | None = None
    eyes: float | None = None
    gaze: float | None = None
    gaze_s: float = 0.0  # since the eyes were last read

    @property
    def attention(self) -> AttentionIndex | None:
        """The product of what was seen; None where the head was not."""
        if self.head is None:
            return None
        value = self.head if self.eyes is None else self.head * self.eyes
        if self.gaze is not None:
            value *= self.gaze
        return AttentionIndex(value, self.head, self.gaze, self.eyes)


def advance_body(
    body: Body,
    face: FaceReading,
    since_s: float,
    ahead: tuple[float, float],
    looking: tuple[float, float] = (0.0, 0.0),
) -> Body:
    """One look, ``since_s`` after the last one (0: nothing is known of the time between).

    ``ahead``: yaw and pitch of straight ahead, in degrees of the camera; ``looking``: where the
    eyes look then.
    """
    visible = face.eyes_visible is None or face.eyes_visible >= VISIBLE
    ear = face.ear if visible else None
    opened = _openness(ear, body.wide)
    wide = body.wide
    if opened is not None and opened >= OPEN_FROM and ear is not None:
        wide = _towards(wide, min(WIDEST, max(NARROWEST, ear)), since_s, WIDE_S)
    eyes = None
    if opened is not None:
        eyes = _towards(
            body.eyes if since_s else None, min(1.0, opened / EYES_SEE), since_s, EYES_S
        )
    pose = face.pose
    if pose is None:
        return Body(wide, opened, eyes=eyes)
    with_it = _with_it(pose.yaw_deg - ahead[0], pose.pitch_deg - ahead[1])
    head = _towards(body.head if since_s else None, with_it, since_s, HEAD_S)
    gaze, gaze_s = _gazed(body, face, since_s, looking)
    yaw, pitch, stir = _stirred(body, pose, since_s)
    return Body(wide, opened, yaw, pitch, stir, head, eyes, gaze, gaze_s)


def _with_it(yaw_deg: float, pitch_deg: float) -> float:
    away_deg = math.hypot(yaw_deg, pitch_deg)
    return 1.0 - min(1.0, max(0.0, (away_deg - AHEAD_DEG) / (AWAY_DEG - AHEAD_DEG)))


def _gazed(
    body: Body, face: FaceReading, since_s: float, looking: tuple[float, float]
) -> tuple[float | None, float]:
    """The part of the eyes' direction; a blink in which they cannot be read changes nothing."""
    gaze = face.gaze
    if gaze is None or not gaze.confidence >= GAZE_SURE:
        gaze_s = body.gaze_s + since_s
        return (body.gaze if since_s and gaze_s <= GAZE_S else None), gaze_s
    with_it = _with_it(gaze.yaw_deg - looking[0], gaze.pitch_deg - looking[1])
    return _towards(body.gaze if since_s else None, with_it, since_s, HEAD_S), 0.0


def _openness(ear: float | None, wide: float | None) -> float | None:
    """0 shut .. 1 as open as usual, at most 1.2."""
    if ear is None or not math.isfinite(ear):
        return None
    room = (wide or EAR_OPEN) - EAR_SHUT
    return min(1.2, max(0.0, (ear - EAR_SHUT) / room))


def _stirred(body: Body, pose: Pose, since_s: float) -> tuple[float, float, float]:
    if body.yaw_deg is None or not since_s:
        return pose.yaw_deg, pose.pitch_deg, body.stir_deg if since_s else 0.0
    part = 1.0 - math.exp(-since_s / STIR_S)
    off_deg = math.hypot(pose.yaw_deg - body.yaw_deg, pose.pitch_deg - body.pitch_deg)
    return (
        body.yaw_deg + part * (pose.yaw_deg - body.yaw_deg),
        body.pitch_deg + part * (pose.pitch_deg - body.pitch_deg),
        body.stir_deg + part * (off_deg - body.stir_deg),
    )


def _towards(old: float | None, new: float, since_s: float, constant_s: float) -> float:
    """``old`` moved towards ``new`` by what ``since_s`` allows; ``new`` where there is no old."""
    if old is None:
        return new
    return new + math.exp(-since_s / constant_s) * (old - new)
