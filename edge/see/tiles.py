"""Many faces in a large photo: the detector goes over it as a whole and then, closer, in tiles.

A camera's picture is looked at once, since its faces are near. A group photo has faces of a
hundredth of its width; they would be two pixels in the detector's square.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from edge.see import detector, image
from edge.types import Box

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from edge.see.detector import Detection
    from edge.see.runtime import Model

PARTS = ((3, 480), (6, 1600))
"""Tiles a side of the longest, and the longest side in pixels from which it is worth it [own
choice]: at a sixth faces of a fiftieth of the
side are found, and those of under 30 pixels cannot be read."""

SHARED = 1 / 3
"""Part of a tile that its neighbour shows too: no face of that size is cut by both."""

EDGE = 0.02
"""Parts of a tile from its inner edge within which a face may have been cut."""


def find(
    model: Model, picture: NDArray[np.uint8], least: float = 0.5, most: int = 100
) -> list[Detection]:
    """Faces in uint8[H, W, 3] RGB of any size, largest view first; each of them once."""
    found = detector.find(model, picture, least, most)
    height, width = picture.shape[:2]
    for parts, worth in PARTS:
        if max(height, width) < worth:
            break
        side = math.ceil(max(height, width) / parts)
        nearer: list[Detection] = []
        for left, top in _corners(width, height, side):
            tile = picture[top : top + side, left : left + side]
            square, placement = image.letterbox(tile, detector.SIZE)
            faces = detector.decode(model(detector.prepare(square)), placement, least, most)
            whole = [face for face in faces if _whole(face.box, tile.shape, (left, top), picture)]
            nearer += [_moved(face, left, top) for face in whole]
        for face in sorted(nearer, key=lambda face: -face.score):
            if not any(_same(face.box, other.box) for other in found):
                found.append(face)
    return found[:most]


def _corners(width: int, height: int, side: int) -> Iterator[tuple[int, int]]:
    for top in _starts(height, side):
        for left in _starts(width, side):
            yield left, top


def _starts(length: int, side: int) -> list[int]:
    """Where tiles begin so that they cover ``length`` evenly and share enough."""
    if length <= side:
        return [0]
    steps = math.ceil((length - side) / (side * (1 - SHARED)))
    return [round(step * (length - side) / steps) for step in range(steps + 1)]


def _whole(
    box: Box, tile: tuple[int, ...], corner: tuple[int, int], picture: NDArray[np.uint8]
) -> bool:
    """Whether the face ends before the tile does, where the picture itself goes on."""
    (height, width), (left, top) = tile[:2], corner
    margin = EDGE * max(height, width)
    return (
        (left == 0 or box.left >= margin)
        and (top == 0 or box.top >= margin)
        and (left + width >= picture.shape[1] or box.right <= width - margin)
        and (top + height >= picture.shape[0] or box.bottom <= height - margin)
    )


def _moved(face: Detection, left: int, top: int) -> Detection:
    box = face.box
    moved = Box(box.left + left, box.top + top, box.right + left, box.bottom + top)
    shift = np.array([left, top], np.float32)
    return detector.Detection(moved, face.score, face.points + shift)


def _same(box: Box, other: Box) -> bool:
    """One face seen twice, or a part of one taken for a face."""
    x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    inside = other.left <= x <= other.right and other.top <= y <= other.bottom
    return inside or detector.overlap(box, other) > detector.OVERLAP
