"""The machine and its disks, as a support engineer would ask: values, no judgement."""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

MEMINFO = Path("/proc/meminfo")


class Disk(Struct, frozen=True):
    """The file system that ``path`` is on."""

    path: str
    free_mb: float
    total_mb: float
    read_only: bool


def disk(path: Path) -> Disk | None:
    """Of ``path``, or of the nearest folder above it that exists."""
    for folder in (path, *path.absolute().parents):
        try:
            usage = shutil.disk_usage(folder)
            flags = os.statvfs(folder).f_flag
        except OSError:
            continue
        read_only = bool(flags & os.ST_RDONLY)
        return Disk(str(folder), usage.free / 1e6, usage.total / 1e6, read_only)
    return None


def size_mb(folder: Path) -> float:
    """What the files below ``folder`` take."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(parent) / name).lstat().st_size
            except OSError:  # gone since
                continue
    return total / 1e6


def memory_mb() -> tuple[float, float] | None:
    """Available and total memory."""
    try:
        lines = MEMINFO.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    kb = {line.split(":")[0]: int(line.split()[1]) for line in lines if len(line.split()) > 1}
    available, total = kb.get("MemAvailable"), kb.get("MemTotal")
    return None if available is None or total is None else (available / 1e3, total / 1e3)


def system() -> str:
    """The operating system by name, its kernel and its Python."""
    try:
        release: Mapping[str, str] = platform.freedesktop_os_release()
    except OSError:
        release = {}
    name = release.get("PRETTY_NAME", platform.system())
    return f"{name}, Linux {platform.release()}, Python {platform.python_version()}"


def processor() -> str:
    """Architecture and number of cores."""
    return f"{platform.machine()}, {os.cpu_count()} cores"
