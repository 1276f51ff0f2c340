"""Pictures of a USB camera that sends JPEGs, some of them damaged on their way.

OpenCV's capture decodes them by itself; its release 5 calls a damaged one well and gives whatever
lay where it wanted to put the picture. So they are taken raw, and decoded here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge.device import v4l2

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SIZE = re.compile(rb"\xff[\xc0-\xc2]..\x08(..)(..)", re.DOTALL)
"""Start of frame with 8 bits a sample: height and width, big-endian (ITU-T T.81, B.2.2)."""

MOST_PIXELS = 4096 * 4096
"""As many as can be asked for: where a bit of the size has fallen over, a decoder takes the memory
that a picture of 65384 lines wants."""

ENOUGH = 0.9
"""Share of the rate asked for from which a camera is left as it is [E]."""


def where_faster(capture: cv2.VideoCapture, device: Path, fps: float) -> None:
    """Have a V4L2 device send JPEGs where it gives too few raw pictures, and more of those.

    USB 2 carries ten raw pictures of 1280 x 720 a second and thirty JPEGs, and OpenCV asks for raw
    ones first (its issue 9540). Blinks want the thirty.
    """
    given = capture.get(cv2.CAP_PROP_FPS)
    if not 0 < given < ENOUGH * fps or "MJPG" not in v4l2.formats(device):
        return
    before = capture.get(cv2.CAP_PROP_FOURCC)
    capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    capture.set(cv2.CAP_PROP_FPS, round(fps))
    if capture.get(cv2.CAP_PROP_FPS) <= given:
        capture.set(cv2.CAP_PROP_FOURCC, before)
        capture.set(cv2.CAP_PROP_FPS, round(fps))


def raw(capture: cv2.VideoCapture) -> bool:
    """Whether a V4L2 device gives JPEGs; they come undecoded from now on, as uint8[1, bytes]."""
    code = int(capture.get(cv2.CAP_PROP_FOURCC)) & 0xFFFFFFFF
    jpegs = code.to_bytes(4, "little") in {b"MJPG", b"JPEG"}
    return jpegs and capture.set(cv2.CAP_PROP_CONVERT_RGB, 0)


def decoded(data: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """uint8[bytes] to uint8[H, W, 3] RGB; None where it is no JPEG, or not whole."""
    size = SIZE.search(data.data)
    if size is None:
        return None
    height, width = (int.from_bytes(side, "big") for side in size.groups())
    if height * width > MOST_PIXELS:
        return None
    try:
        image = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB)
    except cv2.error:  # a size of nothing
        return None
    return None if image is None else image.astype(np.uint8, copy=False)
