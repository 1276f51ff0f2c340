"""Waiting for a network: nothing else does so on a card, where the camera is not to wait for it."""

from __future__ import annotations

import time

from edge.page.network import own_address

PATIENCE_S = 120.0


def address() -> str | None:
    """This machine's address once it has one; None where there is no network in time."""
    until_s = time.monotonic() + PATIENCE_S
    while (host := own_address()) is None and time.monotonic() <= until_s:
        time.sleep(1)
    return host
