"""Still pictures, and those that move a little: read with Pillow, as a viewer would show them.

Upright by their EXIF, 16 bits to 8, CMYK to RGB, transparent parts on white. A GIF, WebP, PNG or
AVIF with several pictures is a video with the times that it gives itself; of other files with
several (phones put a small second one into a JPEG, scanners make TIFFs of many) one is the photo.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, UnidentifiedImageError

from edge.analysis.sources import Opened, Unreadable, is_text
from edge.types import NS, Frame

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

ORIENTATION = 0x0112
"""The EXIF tag that says how the camera was held; 1 is upright."""

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes it upright. Pillow's own way writes the EXIF anew, and fails where that is damaged."""

HEIF = frozenset({".heic", ".heif", ".hif"})

MOVING = frozenset({"GIF", "WEBP", "PNG", "AVIF", "FLI"})
"""Formats in which several pictures are an animation."""

NO_TIME_S = 0.1
"""How long a picture of an animation stands that gives no time of its own: as browsers do it."""

MOST_PIXELS = 256_000_000
"""Phones take 200 megapixels, for which 2 GB are needed; more is rather a bomb than a photo."""

DEPTHS = (8, 10, 12, 14, 16)
"""Bits that sensors give, all of them written in 16."""

TORN = (
    *(OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, AttributeError),
    *(ArithmeticError, RuntimeError, AssertionError, struct.error, zlib.error),
)
"""What Pillow and its decoders raise for files that are not what they seem, as fuzzing shows."""


@contextmanager
def opened(content: bytes, suffix: str) -> Iterator[Opened]:
    """The picture, or pictures, in a file's ``content``. Raises ``Unreadable``."""
    if suffix.lower() in HEIF:
        _learn_heif()
    with _limited():
        with _named(content):
            picture = Image.open(io.BytesIO(content))
            count = int(getattr(picture, "n_frames", 1))
        with picture:
            if count > 1 and picture.format in MOVING:
                yield _moving(picture, content, count)
                return
            with _named(content):
                image, note = _upright(picture)
            if count > 1:
                one = f"one of {count} pictures in this file"
                note = f"{one}; {note}" if note else one
            height, width = image.shape[:2]
            yield Opened("photo", width, height, iter([Frame(0, image)]), note=note)


def known(path: Path) -> bool:
    """Whether a file without a telling name is a picture."""
    try:
        with _limited(), Image.open(path):
            return True
    except Image.DecompressionBombError:
        return True  # and `opened` says how large it is
    except TORN:
        return False


def jpeg(image: NDArray[np.uint8], quality: int = 85) -> bytes:
    """uint8[H, W, 3] RGB as a JPEG file."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality)
    return file.getvalue()


def png(image: NDArray[np.uint8]) -> bytes:
    """uint8[H, W, 3] RGB as a PNG file."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


@contextmanager
def _limited() -> Iterator[None]:
    """Pillow's limit is the whole process's, and none of its warnings says what counts."""
    before = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS // 2  # it refuses from twice as many on
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


@contextmanager
def _named(content: bytes) -> Iterator[None]:
    """Whatever Pillow says of a file, as the reason why it cannot be read."""
    try:
        yield
    except Image.DecompressionBombError as error:
        raise Unreadable(f"too large: {_pixels(error)}") from error
    except TORN as error:
        raise Unreadable(_why_not(content, error)) from error


def _moving(picture: Image.Image, content: bytes, count: int) -> Opened:
    broken: list[str] = []
    frames = _frames(picture, content, count, broken)
    note = f"a picture with {count} frames, read as a video"
    return Opened("video", *picture.size, frames, note=note, broken=broken)


def _frames(picture: Image.Image, content: bytes, count: int, broken: list[str]) -> Iterator[Frame]:
    t_s = 0.0
    for number in range(count):
        try:
            with _named(content):
                picture.seek(number)
                image, _ = _upright(picture)
        except Unreadable as error:
            if number == 0:
                raise
            why = f": {error}" if str(error).startswith("too large") else ""
            broken.append(f"breaks off at {t_s:.1f} s, after {number} of {count} frames{why}")
            return
        yield Frame(round(t_s * NS), image)
        t_s += (picture.info.get("duration") or 0) / 1000 or NO_TIME_S


def _upright(picture: Image.Image) -> tuple[NDArray[np.uint8], str | None]:
    """The picture as it is to be looked at, and what is to be said of that."""
    picture.load()
    turn = _turn(picture)
    if turn is not None:
        picture = picture.transpose(turn)
    image, note = _rgb(picture)
    return np.ascontiguousarray(image), note


def _turn(picture: Image.Image) -> Image.Transpose | None:
    try:
        return TURNS.get(picture.getexif().get(ORIENTATION, 1))
    except TORN:  # nothing in the EXIF can be read: as it lies
        return None


def _rgb(picture: Image.Image) -> tuple[NDArray[np.uint8], str | None]:
    if picture.mode.startswith("I"):  # 16 bits of grey, also where Pillow holds them in 32
        return _deep(np.asarray(picture))
    if picture.mode == "F":
        values = np.nan_to_num(np.asarray(picture, dtype=np.float32))
        return _grey(values * 255 if values.max(initial=0) <= 1 else values), None
    if picture.has_transparency_data:
        over = picture.convert("RGBA")
        white = Image.new("RGBA", over.size, "white")
        picture = Image.alpha_composite(white, over)
    return np.asarray(picture if picture.mode == "RGB" else picture.convert("RGB")), None


def _deep(values: NDArray[np.integer]) -> tuple[NDArray[np.uint8], str | None]:
    """Cameras of 10 and 12 bits write them into 16 as they are, which looks black."""
    most = int(values.max(initial=0))
    bits = next((b for b in DEPTHS if most < 1 << b), DEPTHS[-1]) if most > 0 else DEPTHS[-1]
    note = None if bits == DEPTHS[-1] else f"{bits} bits of grey in 16, made as light as in {bits}"
    return _grey(values.astype(np.float32) * np.float32(255 / ((1 << bits) - 1))), note


def _grey(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    grey = values.round().clip(0, 255).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def _learn_heif() -> None:
    try:
        import pillow_heif  # noqa: PLC0415 - only for phones' photos
    except ImportError as error:
        msg = "HEIC needs pillow-heif: pip install '.[analyze]' in Mien's checkout"
        raise Unreadable(msg) from error
    pillow_heif.register_heif_opener()


def _why_not(content: bytes, error: Exception) -> str:
    if not content:
        return "the file is empty"
    if is_text(content):
        return "not a picture: it is a text file"
    if "truncated" in str(error) or isinstance(error, EOFError):
        return "cut off: only a part of the picture is there"
    if isinstance(error, UnidentifiedImageError):
        return "not a picture that can be read"
    if isinstance(error, (OSError, SyntaxError, ValueError)) and str(error):
        return f"damaged: {' '.join(str(error).split())}"
    return f"damaged ({type(error).__name__}: {' '.join(str(error).split())})"


def _pixels(error: Exception) -> str:
    return " ".join(str(error).partition(",")[0].split())
