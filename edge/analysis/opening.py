"""A path or an address, opened by whoever can read it: Pillow, or FFmpeg through PyAV."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path, PurePath
from stat import S_ISREG
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec.structs import replace

from edge.analysis import web
from edge.analysis.sources import FILMS, PHOTOS, Unreadable, is_text, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
    stream = "://" in address
    name, content = (address, web.picture(address)) if stream else _read(address, photo.known)
    if content is None:
        with film.opened(name, stream=stream) as pictures:
            yield pictures
        return
    suffix = PurePath(urlsplit(name).path if stream else name).suffix
    with photo.opened(content, suffix) as pictures:
        torn = pictures.kind == "photo" and film.torn(content)
        yield replace(pictures, broken=[TORN]) if torn else pictures


def _read(address: str, is_photo: Callable[[Path], bool]) -> tuple[str, bytes | None]:
    """The path of a file, and what is in it where that is a photo."""
    try:
        path = Path(address).expanduser()
        if not S_ISREG(path.stat().st_mode):
            raise Unreadable("not a file")
        suffix = path.suffix.lower()
        if suffix in PHOTOS or (suffix not in FILMS and is_photo(path)):
            return str(path), path.read_bytes()
        with path.open("rb") as file:
            start = file.read(512)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Unreadable("no such file") from error
    except (OSError, RuntimeError, ValueError) as error:
        raise Unreadable(unreadable(error)) from error
    if not start:
        raise Unreadable("the file is empty")
    if is_text(start):
        raise Unreadable("neither a photo nor a video: it is a text file")
    return str(path), None
