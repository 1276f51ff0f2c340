"""What every message begins with."""

from __future__ import annotations

import msgspec


class Message(msgspec.Struct, kw_only=True):
    """Head of every message: who, when (UTC, and ms on the device's own clock), which in a row."""

    schema: str
    dev: str
    ts: str
    mono_ms: int
    boot_id: str
    seq: int
    time_synced: bool
