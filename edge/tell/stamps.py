"""Ids, times and numbers as they are written."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import lru_cache

from msgspec import Struct

from edge.types import NS

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Moment(Struct, frozen=True, array_like=True):
    """Now, on both clocks. ``boot`` names the run of the kernel that ``mono_ns`` counts from."""

    mono_ns: int
    wall_ns: int
    boot: str


def ulid(wall_ns: int) -> str:
    """A ULID: 48 bits of milliseconds, 80 random bits, 26 characters that sort by time."""
    number = (wall_ns // 1_000_000 << 80) | int.from_bytes(os.urandom(10))
    return "".join(CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def rfc3339(wall_ns: int) -> str:
    """UTC with milliseconds; ``wall_ns`` counts from 1970."""
    return f"{_second(wall_ns // NS)}.{wall_ns % NS // 1_000_000:03d}Z"


@lru_cache(maxsize=8)  # what is said of one frame has one second, or two
def _second(wall_s: int) -> str:
    return f"{datetime.fromtimestamp(wall_s, UTC):%Y-%m-%dT%H:%M:%S}"


def rounded(value: float | None, digits: int) -> float | None:
    """As many digits as can be known; None stays None."""
    return None if value is None else round(value, digits)
