"""What a connection to the broker has to tell the loop. Apart from ``link``, which loads paho."""

from __future__ import annotations

from msgspec import Struct

INBOUND_LIMIT = 4096
"""Bytes of a message to us that are kept; no command is that long."""


class Up(Struct, frozen=True):
    """The broker has let us in."""


class Down(Struct, frozen=True):
    """It is over. ``version``: because the broker does not speak this MQTT version.

    ``offline``: nothing has left this board, which has no network. ``hung_up``: it was there, and
    has ended it, without a word if it had not let us in.
    """

    why: str
    version: bool = False
    offline: bool = False
    hung_up: bool = False


class Acked(Struct, frozen=True):
    """The broker has taken message ``mid``; ``refused``: it has not, and why (MQTT 5)."""

    mid: int
    refused: str = ""


class Heard(Struct, frozen=True):
    """A message to us. ``answer_to`` and ``correlation`` are MQTT 5's, where they were given."""

    topic: str
    payload: bytes
    retained: bool = False
    answer_to: str | None = None
    correlation: bytes | None = None


News = Up | Down | Acked | Heard
