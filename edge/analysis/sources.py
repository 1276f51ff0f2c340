"""What was asked for, as a list: files, what folders hold, addresses; each with a name to write."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from edge.device.camera import without_password

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from edge.types import Frame

PHOTOS = frozenset(
    (
        *(".jpg", ".jpeg", ".jpe", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".apng"),
        *(".avif", ".heic", ".heif", ".hif", ".ppm", ".pgm", ".jp2"),
    )
)
FILMS = frozenset(
    (
        *(".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".mts"),
        *(".m2ts", ".wmv", ".flv", ".3gp", ".ogv", ".mjpeg", ".mxf"),
    )
)
"""What is taken out of a folder. A file that is named itself is looked into, whatever its name."""


class Unreadable(Exception):  # noqa: N818 - it is what the file is
    """A file or address that gives no picture; the text says why, without its name."""


class Item(Struct, frozen=True):
    """One thing to look at. ``shown``: its name in what is said; ``stem``: in what is written."""

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


def is_text(path: Path) -> bool:
    """Whether a file that should show something is only words."""
    with path.open("rb") as file:
        start = file.read(512)
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
    skip = None if out is None else out.resolve()
    for argument in arguments:
        for found in _found(argument, skip):
            if isinstance(found, Failed):
                failed.append(found)
            elif found.address not in seen:
                seen.add(found.address)
                items.append(found)
    return _told_apart(items), failed


def _found(argument: str, skip: Path | None) -> Iterator[Item | Failed]:
    if "://" in argument:
        shown = without_password(argument)
        name = "".join(c if c.isalnum() or c in "._-" else "_" for c in shown.partition("://")[2])
        yield Item(argument, shown, PurePath(name or "stream"), stream=True)
        return
    path = Path(argument).expanduser()
    if path.is_dir():
        yield from _folder(path, skip)
    elif path.is_file():
        yield Item(str(path), str(path), PurePath(path.name))
    elif path.exists():
        yield Failed(argument, "neither a file nor a folder; cameras are for `mien run`")
    else:
        yield Failed(argument, "no such file or folder")


def _folder(path: Path, skip: Path | None) -> Iterator[Item | Failed]:
    closed: list[OSError] = []
    empty = True
    for folder, below, names in os.walk(path, onerror=closed.append):
        here = Path(folder)
        below[:] = sorted(n for n in below if n[0] != "." and (here / n).resolve() != skip)
        for name in sorted(names):
            file = here / name
            if name[0] != "." and file.suffix.lower() in PHOTOS | FILMS:
                empty = False
                yield Item(str(file), str(file), PurePath(file.relative_to(path)))
    for error in closed:
        yield Failed(str(error.filename), f"cannot be looked into: {error.strerror}")
    if empty and not closed:
        yield Failed(str(path), "no photos and no videos in this folder")


def _told_apart(items: list[Item]) -> list[Item]:
    """Give the second ``a.jpg`` another stem than the first."""
    taken: set[str] = set()
    apart = []
    for item in items:
        stem, count = item.stem, 1
        while str(stem).lower() in taken:  # some file systems do not tell A from a
            count += 1
            stem = item.stem.with_stem(f"{item.stem.stem}-{count}")
        taken.add(str(stem).lower())
        apart.append(Item(item.address, item.shown, stem, item.stream))
    return apart
