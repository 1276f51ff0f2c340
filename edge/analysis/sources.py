"""What was asked for, as a list: files, what folders hold, addresses; each with a name to write."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from pathlib import Path, PurePath
from stat import S_ISDIR, S_ISREG
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from edge.device.camera import without_password

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from edge.types import Frame

PHOTOS = frozenset(
    (
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".pjpeg", ".pjp", ".mpo", ".png", ".apng", ".webp"),
        *(".bmp", ".dib", ".tif", ".tiff", ".gif", ".avif", ".heic", ".heif", ".hif"),
        *(".ppm", ".pgm", ".pnm", ".jp2", ".j2k"),
    )
)
FILMS = frozenset(
    (
        *(".mp4", ".m4v", ".mov", ".qt", ".mkv", ".webm", ".avi", ".divx", ".mpg", ".mpeg", ".mpe"),
        *(".m2v", ".vob", ".ts", ".m2t", ".mts", ".m2ts", ".wmv", ".asf", ".flv", ".f4v", ".3gp"),
        *(".3g2", ".ogv", ".ogm", ".mjpeg", ".mjpg", ".mxf", ".dv", ".y4m", ".ivf"),
        *(".h264", ".264", ".avc", ".h265", ".265", ".hevc"),
    )
)
"""What is taken out of a folder. A file that is named itself is looked into, whatever its name."""

OURS = (".annotated.jpg", ".annotated.mp4", ".timeline.png")
"""What is written of a file has its name with one of these: not looked into beside it."""

TAKEN = ("summary", "photos", "index")
"""Names of what is written of a whole run."""


class Unreadable(Exception):  # noqa: N818 - it is what the file is
    """A file or address that gives no picture; the text says why, without its name."""


class Item(Struct, frozen=True):
    """One thing to look at. ``shown``: its name in what is said; ``stem``: in what is written.

    ``address`` may hold what is no text, of a name that is not UTF-8; the others are printable.
    """

    address: str
    shown: str
    stem: PurePath
    stream: bool = False


class Failed(Struct, frozen=True):
    """A path that nothing came of, and why."""

    shown: str
    why: str


class Opened(Struct, frozen=True):
    """Pictures with their times. ``length_s``: as the file says, where it says so.

    ``broken``: what is found out to be damaged while it is read, in words; ``odd``: what else is
    worth knowing then, and no damage.
    """

    kind: Literal["photo", "video", "stream", "frames"]
    width: int
    height: int
    frames: Iterator[Frame]
    length_s: float | None = None
    note: str | None = None
    broken: list[str] | None = None
    odd: Callable[[], list[str]] = list

    def ended(self) -> tuple[Literal["complete", "partial"], str | None]:
        """Whether all of it could be read, and what is to be said of it."""
        why = "; ".join((*(self.broken or ()), *self.odd())) or None
        return ("partial" if self.broken else "complete"), why


Open = AbstractContextManager[Opened]


def unreadable(error: Exception) -> str:
    """Why a path cannot be read, in words."""
    if isinstance(error, PermissionError):
        return "may not be read: permission denied"
    return f"cannot be read: {getattr(error, 'strerror', None) or error}"


def printable(path: str | os.PathLike[str]) -> str:
    """A path as text that every file can hold: names from old disks are not always UTF-8."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def is_text(content: bytes) -> bool:
    """Whether a file that should show something is only words, by how it begins."""
    start = content[:512]
    try:
        text = start.decode()
    except UnicodeDecodeError as error:
        text = start[: error.start].decode() if error.start > len(start) - 4 else ""
    return bool(text) and all(c.isprintable() or c.isspace() for c in text)


def listed(arguments: Iterable[str], out: Path | None) -> tuple[list[Item], list[Failed]]:
    """Everything to look at, each once, in the order of the arguments and of names.

    The folder that is written to is not looked into.
    """
    items: list[Item] = []
    failed: list[Failed] = []
    seen: set[str] = set()
    real = None if out is None else _real(out)
    for argument in arguments:
        for found in _found(argument, real):
            if isinstance(found, Failed):
                failed.append(found)
            elif found.address not in seen:
                seen.add(found.address)
                items.append(found)
    return _told_apart(items), failed


def _found(argument: str, out: Path | None) -> Iterator[Item | Failed]:
    if "://" in argument:
        shown = without_password(argument)
        name = "".join(c if c.isalnum() or c in "._-" else "_" for c in shown.partition("://")[2])
        yield Item(argument, shown, PurePath(name or "stream"), stream=True)
        return
    try:
        path = Path(argument).expanduser()
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        yield Failed(printable(argument), "no such file or folder")
    except (OSError, RuntimeError) as error:  # too long a name, a closed folder, ~nobody
        yield Failed(printable(argument), unreadable(error))
    else:
        if S_ISDIR(mode):
            yield from _folder(path, out)
        elif S_ISREG(mode):
            yield _item(path, path.name)
        else:
            why = "neither a file nor a folder; cameras are for `mien run`"
            yield Failed(printable(argument), why)


def _folder(path: Path, out: Path | None) -> Iterator[Item | Failed]:
    closed: list[OSError] = []
    empty = True
    for folder, below, names in os.walk(path, onerror=closed.append):
        here = Path(folder)
        below[:] = sorted(n for n in below if n[0] != "." and _real(here / n) != out)
        inside = out is not None and _real(here).is_relative_to(out)
        for name in sorted(names):
            file = here / name
            if name[0] == "." or file.suffix.lower() not in PHOTOS | FILMS:
                continue
            if not _ours(name, names, inside=inside):
                empty = False
                yield _item(file, file.relative_to(path))
    for error in closed:
        yield Failed(printable(error.filename), f"cannot be looked into: {error.strerror}")
    if empty and not closed:
        yield Failed(printable(path), "no photos and no videos in this folder")


def _item(path: Path, name: str | PurePath) -> Item:
    shown = printable(path)
    return Item(str(path), shown, PurePath(os.fsencode(name).decode("utf-8", "replace")))


def _ours(name: str, beside: list[str], *, inside: bool) -> bool:
    """Whether a file was written by us: ``inside`` the folder that is written to, or of another."""
    of = next((name.removesuffix(end) for end in OURS if name.endswith(end)), None)
    return of is not None and (inside or of in beside)


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))  # `Path.resolve` raises where links go in a circle


def _told_apart(items: list[Item]) -> list[Item]:
    """Give the second ``a.jpg`` another stem than the first, and none that of a whole run."""
    taken: set[str] = set(TAKEN)
    apart = []
    for item in items:
        stem, count = item.stem, 1
        while str(stem).lower() in taken:  # some file systems do not tell A from a
            count += 1
            stem = item.stem.with_stem(f"{item.stem.stem}-{count}")
        taken.add(str(stem).lower())
        apart.append(Item(item.address, item.shown, stem, item.stream))
    return apart
