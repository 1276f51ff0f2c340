"""Reading, and writing so that a power cut leaves the old or the new, whole."""

from __future__ import annotations

import contextlib
import grp
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def read(file: Path) -> bytes | None:
    """What stands in ``file``; None where there is none. Raises ``OSError``."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None


def replace(file: Path, data: bytes, mode: int | None = 0o600, group: str | None = None) -> None:
    """Put ``data`` in place of ``file``; ``mode`` None: as the disk has it (FAT). ``OSError``."""
    fresh = _fresh(file)
    fresh.unlink(missing_ok=True)  # a cut's leftover, perhaps with another mode
    try:
        _write(fresh, data, mode, group)
    except OSError:  # of a disk that is full: not fuller than before
        with contextlib.suppress(OSError):
            remove(fresh)
        raise
    fresh.replace(file)
    settle(file.parent)


def _fresh(file: Path) -> Path:
    return file.with_name(f".{file.name}.new")


def _write(fresh: Path, data: bytes, mode: int | None, group: str | None) -> None:
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        if mode is not None:  # whatever the umask
            os.fchmod(out.fileno(), mode)
        if group is not None:
            with contextlib.suppress(KeyError):  # no such group where nothing is installed
                os.fchown(out.fileno(), -1, grp.getgrnam(group).gr_gid)
        out.write(data)
        out.flush()
        os.fsync(out.fileno())


def put(file: Path, data: bytes, mode: int | None = 0o600) -> None:
    """``replace`` where it has changed, below folders that are made: cards wear. ``OSError``."""
    try:
        changed = read(file) != data
    except OSError:  # what cannot be read any more is written anew, to other blocks
        changed = True
    if changed:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace(file, data, mode)


def remove(file: Path) -> None:
    """Take ``file`` away, with what stood in it overwritten; nothing where there is none.

    That is as much as can be done to a card: its own controller may keep old blocks. Its name goes
    first: a power cut must not leave blanks that would pass for what stood there. What a cut
    has left of a ``replace`` goes too.
    """
    for each in (_fresh(file), file):
        if each.is_file():
            with each.open("r+b") as old:
                each.unlink()
                settle(each.parent)
                blank(old.fileno())


def blank(number: int) -> None:
    """Overwrite an open file, also one that has lost its name."""
    os.pwrite(number, b" " * os.fstat(number).st_size, 0)
    os.fsync(number)


def settle(folder: Path) -> None:
    """Make a rename last: without this, 4 of 4 power cuts lost it."""
    directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
