"""Whether the face is well placed, and in plain words what to change: a pure function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from edge.types import FaceReading, Observation, Step

TOO_FAR, LEAST_PX = 0.12, 72.0
"""Least width of the face: share of the picture, and pixels; below it lids are told worse
(models/README.md: faces by size) [E]."""

TOO_CLOSE = 0.50
"""A face wider than this leaves the picture with the next nod [E]."""

MIDDLE_X, MIDDLE_Y = (0.30, 0.70), (0.25, 0.70)
"""Where the middle of the face is to be, as shares: room to move for whoever drives [E]."""

YAW_DEG, PITCH_DEG, ROLL_DEG = 20.0, 20.0, 15.0
"""A head that looks ahead is to be seen from about ahead: eyes are not judged beyond 45 degrees of
yaw, and somebody who drives turns the head by 25 and more [E]."""

GLARE = 0.85
"""Mean brightness from which little but light is seen [E]."""

EYES_SEEN = 0.5
SLOW_FPS = 14.0
"""Blinks are told from here on (driver state table: 15, less jitter)."""

BLIND = {
    "camera_black": "The picture is black: is the cap still on the lens, or is it dark?",
    "camera_covered": "Something covers the lens.",
    "camera_frozen": "The picture stands still: check the camera's cable.",
} | {
    f"camera_rotate_{degrees}": f"The camera stands on its head: set camera.rotate: {degrees}."
    for degrees in (0, 90, 180, 270)
}
"""What is wrong with the whole picture, by its name among a step's faults."""


class Placed(Struct, frozen=True):
    """``good``: it can stay like this. ``words``: what to change, the most urgent first."""

    good: bool
    words: tuple[str, ...] = ()


def placed(seen: Observation, step: Step, fps: float | None = None) -> Placed:
    """How the face stands in the picture: its place, size, light, pose and eyes."""
    blind = [BLIND[fault] for fault in step.faults if fault in BLIND]
    if blind:
        return Placed(good=False, words=tuple(blind))
    face = _whose(seen, step)
    if face is None:
        return Placed(good=False, words=("No face: sit as you will, and turn the camera to you.",))
    words = (*_size(face, seen), *_place(face, seen), *_light(seen, step), *_head(face))
    if not words and fps is not None and fps < SLOW_FPS:
        words = (f"Only {fps:.0f} pictures a second: more light may help.",)
    return Placed(good=not words, words=words)


def _whose(seen: Observation, step: Step) -> FaceReading | None:
    """The face that is judged; the largest where nobody is yet."""
    for face in seen.faces:
        if face.track == step.track:
            return face
    return max(seen.faces, key=lambda face: face.box.area, default=None)


def _size(face: FaceReading, seen: Observation) -> tuple[str, ...]:
    width = face.box.right - face.box.left
    if width < max(TOO_FAR * seen.width, LEAST_PX):
        return ("Too far away: bring the camera closer.",)
    if width > TOO_CLOSE * seen.width:
        return ("Too close: move the camera back.",)
    return ()


def _place(face: FaceReading, seen: Observation) -> tuple[str, ...]:
    x, y = face.box.middle
    x, y = x / max(1, seen.width), y / max(1, seen.height)
    words: tuple[str, ...] = ()
    if not MIDDLE_X[0] <= x <= MIDDLE_X[1]:
        side = "left" if x < MIDDLE_X[0] else "right"
        words += (f"Turn the camera towards the {side} of this picture.",)
    if not MIDDLE_Y[0] <= y <= MIDDLE_Y[1]:
        words += ("Tilt the camera up." if y < MIDDLE_Y[0] else "Tilt the camera down.",)
    return words


def _light(seen: Observation, step: Step) -> tuple[str, ...]:
    if seen.light is not None and seen.light.mean > GLARE:
        return ("Too bright: turn the camera away from the light.",)
    if step.light in {"low", "blind"}:
        return ("Too dark: the eyes are told worse like this.",)
    return ()


def _head(face: FaceReading) -> tuple[str, ...]:
    words: tuple[str, ...] = ()
    if face.pose is not None:
        if abs(face.pose.yaw_deg) > YAW_DEG:
            words += ("Look ahead. If you do: bring the camera more in front of your face.",)
        if abs(face.pose.pitch_deg) > PITCH_DEG:
            words += ("Look ahead. If you do: bring the camera nearer to the height of your eyes.",)
        if abs(face.pose.roll_deg) > ROLL_DEG:
            words += ("The camera stands askew: turn it upright.",)
    if face.eyes_visible is not None and face.eyes_visible < EYES_SEEN:
        words += ("The eyes cannot be seen: sunglasses, glare, or something before them?",)
    return words
