"""What no camera and no network should give: named, so that it can be said once and looked into.

None of it raises an alarm or ends one; each has its answer where it is met.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from edge.judge.driver import MOST_FACES
from edge.types import NS

if TYPE_CHECKING:
    from edge.types import FaceReading, Observation

JUMP_NS = 60 * NS
"""A minute without a frame: no camera pauses so long, a clock that is set does [E]."""


def oddities(
    seen: Observation, last_ns: int | None, face: FaceReading | None, *, astray: bool = False
) -> tuple[str, ...]:
    """Names of what is odd about this observation, in the words of ``commands/journal.py``.

    ``astray``: about the one before, which was left out, since its time was far from all others.
    """
    found: list[str] = ["time_astray"] if astray else []
    if last_ns is not None:
        if seen.t_ns == last_ns:
            found.append("time_stands_still")
        elif seen.t_ns < last_ns:
            found.append("time_runs_backwards")
        elif seen.t_ns - last_ns > JUMP_NS:
            found.append("time_jumps")
    if face is not None and not _finite(face):
        found.append("not_a_number")
    if len(seen.faces) > MOST_FACES:
        found.append("too_many_faces")
    return tuple(found)


def _finite(face: FaceReading) -> bool:
    """One sum tells: whatever is added to a NaN or an infinity is no finite number either."""
    pose = face.pose
    total = face.confidence + (face.ear or 0.0) + (face.mar or 0.0)
    if pose is not None:
        total += pose.yaw_deg + pose.pitch_deg + pose.roll_deg
    if face.gaze is not None:
        total += face.gaze.yaw_deg + face.gaze.pitch_deg + face.gaze.confidence
    return math.isfinite(total)
