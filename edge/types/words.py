"""Words that both halves of the house use: time, emotions, facial actions, levels, ranges."""

from __future__ import annotations

from enum import IntEnum

from msgspec import Meta, Struct

NS = 1_000_000_000
"""Nanoseconds in a second; times are ``t_ns`` on the camera's monotonic clock."""

EMOTIONS = ("neutral", "happy", "surprise", "sad", "anger", "disgust", "fear", "contempt")
"""Order of every emotion vector (that of FER+, Barsoum et al. 2016)."""

ACTIONS = (
    "au01",  # inner brow raiser
    "au02",  # outer brow raiser
    "au04",  # brow lowerer
    "au05",  # upper lid raiser
    "au06",  # cheek raiser
    "au07",  # lid tightener
    "au09",  # nose wrinkler
    "au10",  # upper lip raiser
    "au12",  # lip corner puller
    "au15",  # lip corner depressor
    "au17",  # chin raiser
    "au20",  # lip stretcher
    "au25",  # lips part
    "au26",  # jaw drop
    "au45",  # blink
)
"""Order of every vector of facial actions, by their numbers in FACS (Ekman & Friesen 1978)."""


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an owner can set: read from files of people, so no key is let pass unknown."""


def between(low: float, high: float) -> Meta:
    """What ``Annotated[float, …]`` needs for the range of a setting; both ends are allowed."""
    return Meta(ge=low, le=high)


class Level(IntEnum):
    """How urgent, from nothing to the last call (driver state table)."""

    NONE = 0
    ADVISORY = 1
    CAUTION = 2
    WARNING = 3
    CRITICAL = 4
    EMERGENCY = 5


EAR_SHUT, EAR_OPEN = 0.26 / 3, 0.26
"""Ends of the common scale of ``FaceReading.ear``: an average shut and an average open eye."""
