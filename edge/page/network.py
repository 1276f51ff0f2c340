"""Where the page is and for how long; loads nothing of the extra, so ``mien boot`` can ask too."""

from __future__ import annotations

import socket

PORT = 8077
OPEN_S = 15 * 60
"""Whoever aims a camera is done by then; whoever forgot it is not watched (privacy rules)."""


def own_address() -> str | None:
    """This machine's address in the network that leads on, None without one; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return str(sock.getsockname()[0])
