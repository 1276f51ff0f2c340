"""Places in the picture: whether two boxes show one face, and whether a face is where one was."""

from __future__ import annotations

from edge.see.detector import centred, overlap
from edge.types import Box

SAME = 0.2
"""Overlap from which a detection is taken for a face that is already followed [own choice]."""

NEAR, SMALLER, LARGER = 0.6, 0.5, 2.0
"""Bounds of a face in a place: widths from its middle, and size against what was there: a face that
comes out from behind another one is read too small [E]."""

HEAD = 0.25
"""Of a face's width: so far the head reaches beyond it, and hides what is there [E]."""


def shows(box: Box, other: Box) -> bool:
    """Whether a detection at ``box`` shows the face that is followed at ``other``."""
    return overlap(box, other) > SAME or centred(box, other)


def merged(box: Box, other: Box) -> bool:
    """Whether two tracks have come to show one face."""
    shared = overlap(box, other)
    return shared >= 0.5 or (shared > SAME and (centred(box, other) or centred(other, box)))


def meet(box: Box, other: Box) -> bool:
    """Whether one of two faces may hide the other: a head is wider than its face."""
    beyond = HEAD * min(box.right - box.left, other.right - other.left)
    across = max(box.left, other.left) - min(box.right, other.right)
    down = max(box.top, other.top) - min(box.bottom, other.bottom)
    return max(across, down) < beyond


def near(box: Box, place: Box) -> bool:
    """Whether a face at ``box`` may be the one whose place that is."""
    if not (place.area > 0 and box.area > 0):
        return False
    size = (box.area / place.area) ** 0.5
    return away(box, place) <= NEAR and SMALLER <= size <= LARGER


def away(box: Box, place: Box) -> float:
    """How far the middle of ``box`` is from that of ``place``, in widths of the latter."""
    across = abs(box.left + box.right - place.left - place.right) / 2
    down = abs(box.top + box.bottom - place.top - place.bottom) / 2
    return max(across, down) / max(1.0, place.right - place.left)


def between(home: Box, box: Box, part: float) -> Box:
    """The box ``part`` of the way from ``home`` to ``box``."""
    return Box(
        home.left + part * (box.left - home.left),
        home.top + part * (box.top - home.top),
        home.right + part * (box.right - home.right),
        home.bottom + part * (box.bottom - home.bottom),
    )
