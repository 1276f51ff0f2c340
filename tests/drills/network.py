"""A network of two: this machine, and a namespace behind a cable that can be pulled.

Linux only, as root; nothing outside the namespace that the drill made itself is touched.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import Self

NAMESPACE, NEAR, FAR = "mien_drill", "miendrill0", "miendrill1"
HERE, THERE = "10.231.77.1", "10.231.77.2"


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def possible() -> bool:
    """Whether this user may make namespaces."""
    if os.geteuid() != 0:
        return False
    try:
        _ip("netns", "add", f"{NAMESPACE}_try")
        _ip("netns", "del", f"{NAMESPACE}_try")
    except (subprocess.CalledProcessError, FileNotFoundError):
        return False
    return True


@dataclass(frozen=True)
class Cable:
    """Between us (``HERE``) and the namespace (``THERE``)."""

    inside: tuple[str, ...] = ("ip", "netns", "exec", NAMESPACE)

    def __enter__(self) -> Self:
        _ip("netns", "add", NAMESPACE)
        _ip("link", "add", NEAR, "type", "veth", "peer", "name", FAR)
        _ip("link", "set", FAR, "netns", NAMESPACE)
        _ip("addr", "add", f"{HERE}/30", "dev", NEAR)
        _ip("link", "set", NEAR, "up")
        for words in (("addr", "add", f"{THERE}/30", "dev", FAR), ("link", "set", FAR, "up")):
            _ip("-n", NAMESPACE, *words)
        _ip("-n", NAMESPACE, "link", "set", "lo", "up")
        return self

    def __exit__(self, *error: object) -> None:
        subprocess.run(["ip", "link", "del", NEAR], check=False, capture_output=True)
        subprocess.run(["ip", "netns", "del", NAMESPACE], check=False, capture_output=True)

    def pull(self) -> None:
        """Packets vanish; neither side is told. (A link that is down would be noticed.)"""
        _ip("-n", NAMESPACE, "addr", "del", f"{THERE}/30", "dev", FAR)

    def plug_in(self) -> None:
        """Packets pass again."""
        _ip("-n", NAMESPACE, "addr", "add", f"{THERE}/30", "dev", FAR)
