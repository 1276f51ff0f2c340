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
LEAST = 0.35
"""Of the font: smaller cannot be read."""

Strip = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels."""

THUMB = 240
"""Pixels across of a thumbnail, at the most."""


def annotated(image: NDArray[np.uint8], frame: r.Frame) -> NDArray[np.uint8]:
    """A copy of uint8[H, W, 3] RGB with every face boxed and described, and alerts on top."""
    drawn = image.copy()
    size = max(LEAST, min(image.shape[:2]) / 900)
    looks = [_look(face) for face in frame.faces]
    for face, (colour, _) in zip(frame.faces, looks, strict=True):
        corners = [round(value) for value in face.box]
        thick = max(1, round(size * 3))
        cv2.rectangle(drawn, corners[:2], corners[2:], colour, thick, cv2.LINE_AA)
    taken = [_inner(face.box) for face in frame.faces]  # words cover no face and no other words
    for face, (colour, words) in zip(frame.faces, looks, strict=True):
        taken.append(_beside(drawn, words, face.box, size, colour, taken))
    driver = frame.driver
    if driver is not None and driver.alerts:
        text = ", ".join(name.replace("_", " ") for name in driver.alerts)
        _words(drawn, text, (0, 0), size * 1.2, _rgb(LEVELS[driver.level]))
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


def _look(face: r.Face) -> tuple[tuple[int, int, int], tuple[str, ...]]:
    """A face's colour, and what is written at it: in full, and shorter where there is no room."""
    if face.emotion is not UNSET and face.emotion is not None:
        label, between = face.emotion.label, face.emotion.between
        colour = _rgb(COLOURS.get(label, COLOURS["uncertain"]))
        if between:
            return colour, (f"{face.track}  {' or '.join(between)}", "/".join(between), "?")
        return colour, (f"{face.track}  {label} {face.emotion.confidence:.0%}", label)
    if face.eyes_open is not None:
        words = "eyes shut" if face.eyes_open < 0.2 else "eyes open"
        return GREY, (f"{face.track}  {words}", words)
    return GREY, (f"{face.track}",)


def _beside(
    drawn: NDArray[np.uint8],
    words: tuple[str, ...],
    box: tuple[float, float, float, float],
    size: float,
    colour: tuple[int, int, int],
    taken: list[Strip],
) -> Strip:
    """Write above or below ``box`` where nothing is yet, in as many words as there is room for."""
    left, top, right, bottom = (round(value) for value in box)
    room = max(1.6 * (right - left), 1.0)
    choices = []
    for number, text in enumerate(words):
        wide = cv2.getTextSize(text, FONT, 1.0, 1)[0][0]
        fitting = max(LEAST, min(size, room / wide))
        high = _height(fitting)
        for place, y in enumerate((top - high, bottom, top)):
            strip = _strip(drawn, text, (left, y), fitting)
            hidden = sum(_shared(strip, other) for other in taken)
            choices.append((hidden, number, place, text, fitting, strip))
    _, _, _, text, fitting, strip = min(choices)
    return _words(drawn, text, strip[:2], fitting, colour)


def _words(
    drawn: NDArray[np.uint8],
    words: str,
    corner: tuple[int, int],
    size: float,
    colour: tuple[int, int, int],
) -> Strip:
    """Dark on a strip of ``colour`` that begins at ``corner``, kept inside the picture."""
    strip = _strip(drawn, words, corner, size)
    left, top, right, bottom = strip
    cv2.rectangle(drawn, (left, top), (right, bottom), colour, cv2.FILLED)
    ink = (255, 255, 255) if sum(colour) < 330 else (38, 50, 56)
    base = cv2.getTextSize(words, FONT, size, _thick(size))[1]
    at = (left + _pad(size), bottom - base - _pad(size) // 2)
    cv2.putText(drawn, words, at, FONT, size, ink, _thick(size), cv2.LINE_AA)
    return strip


def _strip(drawn: NDArray[np.uint8], words: str, corner: tuple[int, int], size: float) -> Strip:
    height, width = drawn.shape[:2]
    wide = cv2.getTextSize(words, FONT, size, _thick(size))[0][0] + 2 * _pad(size)
    high = _height(size)
    x = min(max(0, corner[0]), max(0, width - wide))
    y = min(max(0, corner[1]), max(0, height - high))
    return x, y, x + wide, y + high


def _height(size: float) -> int:
    (_, high), base = cv2.getTextSize("Ag", FONT, size, _thick(size))
    return high + base + _pad(size)


def _thick(size: float) -> int:
    return max(1, round(size * 1.8))


def _pad(size: float) -> int:
    return max(2, round(size * 6))


def _inner(box: tuple[float, float, float, float]) -> Strip:
    """What must be seen of a face: brows to mouth."""
    left, top, right, bottom = box
    dx, dy = (right - left) * 0.15, (bottom - top) * 0.15
    return round(left + dx), round(top + dy), round(right - dx), round(bottom - dy)


def _shared(a: Strip, b: Strip) -> int:
    """Square pixels."""
    wide, high = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return max(0, wide) * max(0, high)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
