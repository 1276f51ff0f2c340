"""Facial actions against this face at rest, and whether each may be believed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from edge.types import ACTIONS

if TYPE_CHECKING:
    from edge.types import FaceReading

EYES = frozenset({"au05", "au07", "au45"})
MOUTH = frozenset({"au10", "au12", "au15", "au17", "au20", "au25", "au26"})
"""Which part of the face must be in sight; the brows, cheeks and nose are wherever the face is."""

PARTS = tuple("eyes" if a in EYES else "mouth" if a in MOUTH else "" for a in ACTIONS)

TURNED_DEG = 25.0
"""Yaw or pitch beyond which lengths on a face are foreshortened too much to tell an action."""

LEAST_PX = 64.0
"""Faces less wide are magnified for the landmark network: its points are guesses then [E]."""

BLINK = ACTIONS.index("au45")
LIDS = (ACTIONS.index("au05"), ACTIONS.index("au07"))
SHUTTING = 0.5
"""Lids that shut neither widen nor tighten: what reads as such is the blink [E]."""

Actions = tuple[float | None, ...]


def relative(
    face: FaceReading, at_rest: tuple[float, ...]
) -> tuple[Actions, tuple[bool, ...]] | None:
    """0..1 of what is left to each action above rest, and whether it may be believed.

    None where none was measured; an action whose part of the face is covered is None.
    """
    if face.actions is None or len(face.actions) != len(ACTIONS):
        return None
    seen = {"": True, "eyes": face.ear is not None, "mouth": face.mar is not None}
    pose = face.pose
    straight = pose is not None and max(abs(pose.yaw_deg), abs(pose.pitch_deg)) <= TURNED_DEG
    clear = straight and face.box.right - face.box.left >= LEAST_PX
    values = tuple(
        min(1.0, max(0.0, (a - r) / (1.0 - r))) if seen[part] and math.isfinite(a) else None
        for a, r, part in zip(face.actions, at_rest, PARTS, strict=True)
    )
    blinks = (values[BLINK] or 0.0) > SHUTTING
    trusted = [clear and value is not None for value in values]
    for lid in LIDS:
        trusted[lid] = trusted[lid] and not blinks
    return values, tuple(trusted)
