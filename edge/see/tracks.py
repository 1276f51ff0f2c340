"""Faces followed from frame to frame; ids live as long as the face stays in the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from edge.see.detector import centred, overlap

if TYPE_CHECKING:
    from edge.see.image import Region
    from edge.types import Box

SAME = 0.2
"""Overlap from which a detection is taken for a face that is already followed [own choice]."""


class Track(Struct, frozen=True):
    """A face: where it was, where to look next, and when its expression was last read."""

    id: int
    box: Box
    region: Region
    looked_ns: int | None = None


def known(box: Box, tracks: list[Track]) -> bool:
    """Whether ``box`` shows a face that is followed already."""
    return any(overlap(box, track.box) > SAME or centred(box, track.box) for track in tracks)


def apart(tracks: list[Track]) -> list[Track]:
    """Without those that slid onto another face: of two that are one, the older stays."""
    kept: list[Track] = []
    for track in tracks:
        if not any(_one(track.box, other.box) for other in kept):
            kept.append(track)
    return kept


def _one(box: Box, other: Box) -> bool:
    shared = overlap(box, other)
    return shared >= 0.5 or (shared > SAME and (centred(box, other) or centred(other, box)))
