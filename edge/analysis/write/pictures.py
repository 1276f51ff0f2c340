"""What was seen, drawn on the picture: boxes, labels, eyes; and thumbnails of moments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from msgspec import UNSET

from edge.analysis.write.palette import COLOURS, LEVELS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.analysis import results as r

FONT = cv2.FONT_HERSHEY_SIMPLEX
GREY = (176, 190, 197)
THUMB = 240
"""Pixels across of a thumbnail, at the most."""


def annotated(image: NDArray[np.uint8], frame: r.Frame) -> NDArray[np.uint8]:
    """A copy of uint8[H, W, 3] RGB with every face boxed and described, and alerts on top."""
    drawn = image.copy()
    size = max(0.35, min(image.shape[:2]) / 900)
    for face in frame.faces:
        _face(drawn, face, size)
    driver = frame.driver
    if driver is not None and driver.alerts:
        text = ", ".join(name.replace("_", " ") for name in driver.alerts)
        _words(drawn, text, (0, 0), size * 1.2, _rgb(LEVELS[driver.level]), below=True)
    return drawn


def thumbnail(image: NDArray[np.uint8], track: int | None, frame: r.Frame) -> NDArray[np.uint8]:
    """The face that a moment is about with what is around it; the whole picture without one."""
    height, width = image.shape[:2]
    face = next((f for f in frame.faces if track is None or f.track == track), None)
    if face is not None:
        left, top, right, bottom = face.box
        reach = max(right - left, bottom - top)
        x, y = (left + right) / 2, (top + bottom) / 2
        x0, x1 = max(0, round(x - reach)), min(width, round(x + reach))
        y0, y1 = max(0, round(y - reach)), min(height, round(y + reach))
        if x1 - x0 > 8 and y1 - y0 > 8:
            image = image[y0:y1, x0:x1]
    return _small(image)


def annotated_small(image: NDArray[np.uint8], frame: r.Frame) -> NDArray[np.uint8]:
    """The whole picture, small, with its boxes."""
    return _small(annotated(image, frame))


def _small(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    scale = min(1.0, THUMB / max(image.shape[:2]))
    if scale == 1.0:
        return image.copy()
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def _face(drawn: NDArray[np.uint8], face: r.Face, size: float) -> None:
    left, top, right, bottom = (round(value) for value in face.box)
    colour, words = GREY, f"{face.track}"
    if face.emotion is not UNSET and face.emotion is not None:
        label = face.emotion.label
        colour = _rgb(COLOURS.get(label, COLOURS["uncertain"]))
        sure = f"{label} {face.emotion.confidence:.0%}"
        words += f"  {' or '.join(face.emotion.between) or sure}"
    elif face.eyes_open is not None:
        words += "  eyes shut" if face.eyes_open < 0.2 else "  eyes open"
    thick = max(1, round(size * 3))
    cv2.rectangle(drawn, (left, top), (right, bottom), colour, thick, cv2.LINE_AA)
    _words(drawn, words, (left, top), size, colour)


def _words(
    drawn: NDArray[np.uint8],
    words: str,
    corner: tuple[int, int],
    size: float,
    colour: tuple[int, int, int],
    *,
    below: bool = False,
) -> None:
    """Dark on a strip of ``colour`` above (or below) a corner, kept inside the picture."""
    height, width = drawn.shape[:2]
    thick = max(1, round(size * 1.8))
    (wide, high), base = cv2.getTextSize(words, FONT, size, thick)
    pad = max(2, round(size * 6))
    x = min(max(0, corner[0]), max(0, width - wide - 2 * pad))
    y = corner[1] if below else corner[1] - high - base - pad
    y = min(max(0, y), max(0, height - high - base - pad))
    end = (x + wide + 2 * pad, y + high + base + pad)
    cv2.rectangle(drawn, (x, y), end, colour, cv2.FILLED)
    ink = (255, 255, 255) if sum(colour) < 330 else (38, 50, 56)
    cv2.putText(drawn, words, (x + pad, y + high + pad // 2), FONT, size, ink, thick, cv2.LINE_AA)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
