"""Pictures of a camera that does not stand upright, turned until what they show does."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import cv2
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    import numpy as np
    from numpy.typing import NDArray

    from edge.types import Frame

CODES = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}


@contextmanager
def frames(
    opened: AbstractContextManager[Iterator[Frame]], degrees: int
) -> Iterator[Iterator[Frame]]:
    """The same camera, every picture of it turned."""
    with opened as given:
        yield turned(given, degrees)


def turned(given: Iterator[Frame], degrees: int) -> Iterator[Frame]:
    """Every frame turned by ``degrees`` (90, 180 or 270) clockwise."""
    for frame in given:
        luma = None if frame.luma is None else picture(frame.luma, degrees)
        yield replace(frame, image=picture(frame.image, degrees), luma=luma)


def picture(image: NDArray[np.uint8], degrees: int) -> NDArray[np.uint8]:
    """uint8[H, W] or uint8[H, W, 3] turned by ``degrees`` clockwise, C-contiguous."""
    return cv2.rotate(image, CODES[degrees]).astype("uint8", copy=False)
