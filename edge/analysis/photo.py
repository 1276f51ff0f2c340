"""Still pictures, and those that move a little: read with Pillow, as a viewer would show them.

Upright by their EXIF, 16 bits to 8, CMYK to RGB, transparent parts on white. A GIF, WebP or PNG
with several pictures is a video with the times that it gives itself.
"""

from __future__ import annotations

import io
import struct
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from edge.analysis.sources import Opened, Unreadable, is_text
from edge.types import NS, Frame

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

ORIENTATION = 0x0112
"""The EXIF tag that says how the camera was held; 1 is upright."""

HEIF = frozenset({".heic", ".heif", ".hif"})

NO_TIME_S = 0.1
"""How long a picture of an animation stands that gives no time of its own: as browsers do it."""

TORN = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, struct.error)
"""What Pillow raises for files that are not what they seem."""


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """The picture, or pictures, at ``path``. Raises ``Unreadable``."""
    if path.suffix.lower() in HEIF:
        _learn_heif()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of odd metadata and of size: what counts raises
        try:
            picture = Image.open(path)
        except Image.DecompressionBombError as error:
            msg = f"too large: {_pixels(error)}"
            raise Unreadable(msg) from error
        except TORN as error:
            raise Unreadable(_why_not(path, error)) from error
        with picture:
            if getattr(picture, "n_frames", 1) > 1:
                yield _moving(picture, path)
            else:
                image = _upright(picture, path)
                height, width = image.shape[:2]
                yield Opened("photo", width, height, iter([Frame(0, image)]))


def known(path: Path) -> bool:
    """Whether a file without a telling name is a picture."""
    try:
        with Image.open(path):
            return True
    except (*TORN, Image.DecompressionBombError):
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


def _moving(picture: Image.Image, path: Path) -> Opened:
    broken: list[str] = []
    count = getattr(picture, "n_frames", 1)
    note = f"a picture with {count} frames, read as a video"
    return Opened("video", *picture.size, _frames(picture, path, broken), note=note, broken=broken)


def _frames(picture: Image.Image, path: Path, broken: list[str]) -> Iterator[Frame]:
    t_s = 0.0
    count = getattr(picture, "n_frames", 1)
    for number in range(count):
        try:
            picture.seek(number)
            image = _upright(picture, path)
        except (*TORN, Unreadable) as error:
            if number == 0:
                raise Unreadable(_why_not(path, error)) from error
            broken.append(f"breaks off at {t_s:.1f} s, after {number} of {count} frames")
            return
        yield Frame(round(t_s * NS), image)
        t_s += (picture.info.get("duration") or 0) / 1000 or NO_TIME_S


def _upright(picture: Image.Image, path: Path) -> NDArray[np.uint8]:
    try:
        picture.load()
        if picture.getexif().get(ORIENTATION, 1) != 1:  # else it would only be copied
            picture = ImageOps.exif_transpose(picture)
        return np.ascontiguousarray(_rgb(picture))
    except TORN as error:
        raise Unreadable(_why_not(path, error)) from error


def _rgb(picture: Image.Image) -> NDArray[np.uint8]:
    if picture.mode.startswith("I"):  # 16 bits of grey, also where Pillow holds them in 32
        return _grey(np.asarray(picture).astype(np.float64) / 257)
    if picture.mode == "F":
        values = np.nan_to_num(np.asarray(picture, dtype=np.float64))
        return _grey(values * 255 if values.max(initial=0) <= 1 else values)
    if picture.has_transparency_data:
        over = picture.convert("RGBA")
        white = Image.new("RGBA", over.size, "white")
        picture = Image.alpha_composite(white, over)
    return np.asarray(picture if picture.mode == "RGB" else picture.convert("RGB"))


def _grey(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    grey = values.round().clip(0, 255).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def _learn_heif() -> None:
    try:
        import pillow_heif  # noqa: PLC0415 - only for phones' photos
    except ImportError as error:
        msg = "HEIC needs pillow-heif: pip install '.[analyze]' in Mien's checkout"
        raise Unreadable(msg) from error
    pillow_heif.register_heif_opener()


def _why_not(path: Path, error: Exception) -> str:
    if isinstance(error, PermissionError):
        return "may not be read: permission denied"
    try:
        if path.stat().st_size == 0:
            return "the file is empty"
        if is_text(path):
            return "not a picture: it is a text file"
    except OSError as at_open:
        return f"cannot be read: {at_open.strerror}"
    if "truncated" in str(error) or isinstance(error, EOFError):
        return "cut off: only a part of the picture is there"
    if isinstance(error, UnidentifiedImageError):
        return "not a picture that can be read"
    return f"damaged: {' '.join(str(error).split()) or type(error).__name__}"


def _pixels(error: Exception) -> str:
    return " ".join(str(error).partition(",")[0].split())
