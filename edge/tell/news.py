"""What a connection to the broker has to tell the loop. Apart from ``link``, which loads paho."""

from __future__ import annotations

from dataclasses import dataclass

INBOUND_LIMIT = 4096
"""Bytes of a message to us that are kept; no command is that long."""


@dataclass(frozen=True, slots=True)
class Up:
    """The broker has let us in."""


@dataclass(frozen=True, slots=True)
class Down:
    """It is over. ``version``: perhaps because the broker does not speak this MQTT version."""

    why: str
    version: bool = False


@dataclass(frozen=True, slots=True)
class Acked:
    """The broker has taken message ``mid``."""

    mid: int


@dataclass(frozen=True, slots=True)
class Heard:
    """A message to us. ``answer_to`` and ``correlation`` are MQTT 5's, where they were given."""

    topic: str
    payload: bytes
    retained: bool = False
    answer_to: str | None = None
    correlation: bytes | None = None


News = Up | Down | Acked | Heard
