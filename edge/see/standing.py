"""Whether a picture stands on its head: the networks know faces that way up, too, but less well.

What is read off such a face is wrong, its roll included: brows are taken for a mouth, and shut lids
for open ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edge.see import detector, image, landmarks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.see.runtime import Model

CLEARLY = 0.2
"""By so much more must there be a face in the turned picture: so 62 of 63 frames of pinned clips
and pictures are told to stand on their heads where they do, and none where they do not."""

MOST = 2
"""Faces that are looked at each way: somebody's who aims a camera is among the surest."""


def on_its_head(find: Model, mark: Model, picture: NDArray[np.uint8], least: float) -> bool:
    """Whether uint8[H, W, 3] RGB shows a face more likely when it is turned by 180 degrees."""
    turned = np.ascontiguousarray(picture[::-1, ::-1])
    return _belief(find, mark, turned, least) > _belief(find, mark, picture, least) + CLEARLY


def _belief(find: Model, mark: Model, picture: NDArray[np.uint8], least: float) -> float:
    """How far there is a face with eyes and mouth where they belong, 0..1."""
    best = 0.0
    for face in detector.find(find, picture, least, MOST):
        crop, placement = image.fit_grey(picture, landmarks.first_region(face), landmarks.SIZE)
        marks = landmarks.decode(mark(landmarks.prepare(crop)), placement)
        best = max(best, face.score * marks.flag * sum(marks.seen) / len(marks.seen))
    return best
