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
    from collections.abc import Callable

    from numpy.typing import NDArray

    from edge.see.detector import Detection
    from edge.see.runtime import Model

    View = Callable[[float], list[Detection]]
    """Faces of a score or better, out of what the network has said already."""

PARTS = ((3, 480), (6, 1600))
"""Tiles along the longest side, and how long it must be in pixels to be worth it [own choice]: at a
sixth faces of a fiftieth of the side are found, and those of under 30 pixels cannot be read."""

SHARED = 1 / 3
"""Part of a tile that its neighbour shows too: no face of that size is cut by both."""

COMPANY, SOONER = 3, 0.75
"""So many sure faces are company, and in it that part of the score is enough [own choice]: of 1,247
faces in 150 scenes, most of them masked or tiny, 229 are found so and else 194; something else is
taken for one once either way, and nothing changes where there are no people."""

MIDDLE = (detector.SIZE - 1) / 2

EDGE = 0.02
"""Parts of a tile from its inner edge within which a face may have been cut."""


def find(
    model: Model, picture: NDArray[np.uint8], least: float = 0.5, most: int = 100
) -> list[Detection]:
    """Faces in uint8[H, W, 3] RGB of any size, largest view first; each of them once.

    Where there is company the detector is believed sooner: a group photo has another face more
    often than a hedge has one.
    """
    views = [_far(model, picture, most)]
    for parts, worth in PARTS:
        if max(picture.shape[:2]) >= worth:
            views.append(_near(model, picture, parts, most))
    found = _each_once([], views, least)
    if len(found) >= COMPANY:
        found = _each_once(found, views, least * SOONER)
    return found[:most]


def _each_once(found: list[Detection], views: list[View], least: float) -> list[Detection]:
    """Those found already, and of each view those that are not among them."""
    for view in views:
        for face in view(least):
            if not any(_same(face.box, other.box) for other in found):
                found = [*found, face]
    return found


def _far(model: Model, picture: NDArray[np.uint8], most: int) -> View:
    """The picture as a whole."""
    square, placement = image.letterbox(picture, detector.SIZE)
    answers = model(detector.prepare(square))
    return lambda least: detector.decode(answers, placement, least, most)


def _near(model: Model, picture: NDArray[np.uint8], parts: int, most: int) -> View:
    """All tiles; those faces at an inner edge left out, and some there several times.

    The picture is scaled once, so that a tile is a piece of it as it is.
    """
    small, scale = image.shrunk(picture, detector.SIZE * parts)
    height, width = small.shape[:2]
    tile = np.zeros((detector.SIZE, detector.SIZE, 3), np.uint8)
    answers = []
    for top in _starts(height):
        for left in _starts(width):
            part = small[top : top + detector.SIZE, left : left + detector.SIZE]
            tile[: part.shape[0], : part.shape[1]] = part
            answers.append(((left, top), model(detector.prepare(tile))))
    placement = image.Placement(image.Region(MIDDLE, MIDDLE, detector.SIZE), detector.SIZE)

    def faces(least: float) -> list[Detection]:
        found = [
            _moved(face, corner, scale)
            for corner, answer in answers
            for face in detector.decode(answer, placement, least, most)
            if _whole(face.box, corner, (width, height))
        ]
        return sorted(found, key=lambda face: -face.score)

    return faces


def _starts(length: int) -> list[int]:
    """Where tiles begin so that they cover ``length`` evenly and share enough."""
    side = detector.SIZE
    if length <= side:
        return [0]
    steps = math.ceil((length - side) / (side * (1 - SHARED)))
    return [round(step * (length - side) / steps) for step in range(steps + 1)]


def _whole(box: Box, corner: tuple[int, int], picture: tuple[int, int]) -> bool:
    """Whether the face ends before the tile does, where the picture itself goes on."""
    (left, top), (width, height) = corner, picture
    near, far = EDGE * detector.SIZE, (1 - EDGE) * detector.SIZE
    return (
        (left == 0 or box.left >= near)
        and (top == 0 or box.top >= near)
        and (left + detector.SIZE >= width or box.right <= far)
        and (top + detector.SIZE >= height or box.bottom <= far)
    )


def _moved(face: Detection, corner: tuple[int, int], scale: tuple[float, float]) -> Detection:
    """From pixels of the tile to those of the picture; both count from a pixel's middle."""
    across, down = scale
    shift = np.array(corner, np.float32) + 0.5
    stretch = np.array([across, down], np.float32)
    box = face.box
    low = (np.array([box.left, box.top]) + shift) * stretch - 0.5
    high = (np.array([box.right, box.bottom]) + shift) * stretch - 0.5
    points = ((face.points + shift) * stretch - 0.5).astype(np.float32, copy=False)
    return detector.Detection(Box(*low.tolist(), *high.tolist()), face.score, points)


def _same(box: Box, other: Box) -> bool:
    """One face seen twice, or a part of one taken for a face."""
    return detector.centred(box, other) or detector.overlap(box, other) > detector.OVERLAP
