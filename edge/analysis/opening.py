"""A path or an address, opened by whoever can read it: Pillow, or FFmpeg through PyAV."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from edge.analysis.sources import FILMS, PHOTOS, Unreadable, is_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.analysis.sources import Opened


TORN = "damaged: parts of the picture are guesses"


@contextmanager
def opened(address: str) -> Iterator[Opened]:
    """The pictures of a photo, a video or an address. Raises ``Unreadable``."""
    try:
        from edge.analysis import film, photo  # noqa: PLC0415 - they are extras
    except ImportError as error:
        msg = f"{error.name} is not installed: pip install '.[analyze]' in Mien's checkout"
        raise Unreadable(msg) from error
    if "://" in address:
        with film.opened(address, stream=True) as pictures:
            yield pictures
        return
    path = Path(address).expanduser()
    if not path.is_file():
        msg = "no such file" if not path.exists() else "not a file"
        raise Unreadable(msg)
    suffix = path.suffix.lower()
    if suffix in PHOTOS or (suffix not in FILMS and photo.known(path)):
        with photo.opened(path) as pictures:
            torn = pictures.kind == "photo" and film.torn(path)
            yield replace(pictures, broken=[TORN]) if torn else pictures
        return
    try:
        if path.stat().st_size == 0:
            msg = "the file is empty"
            raise Unreadable(msg)
        if is_text(path):
            msg = "neither a photo nor a video: it is a text file"
            raise Unreadable(msg)
    except OSError as error:
        msg = f"cannot be read: {error.strerror}"
        raise Unreadable(msg) from error
    with film.opened(str(path)) as pictures:
        yield pictures
