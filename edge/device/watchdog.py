"""systemd's notify socket: ready, alive (fed by results, never by a timer), stopping."""

from __future__ import annotations

import os
import socket


def notify(message: str) -> None:
    """Send one sd_notify(3) message; does nothing where systemd is not listening."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
        sock.sendto(message.encode(), address)


def watched() -> bool:
    """Whether systemd started us, and starts us again."""
    return bool(os.environ.get("NOTIFY_SOCKET"))


def ready() -> None:
    """Tell systemd that the service is up."""
    notify("READY=1")


def alive(doing: str = "watching") -> None:
    """Tell systemd that a frame was worked through.

    What is being done is seen in ``systemctl status``, and tells an update that a version works.
    """
    notify(f"WATCHDOG=1\nSTATUS={doing}")


def stopping() -> None:
    """Tell systemd that the service is on its way out."""
    notify("STOPPING=1")
