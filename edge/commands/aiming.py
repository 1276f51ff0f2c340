"""Aiming without a terminal: ``aim: 3`` in ``mien.yaml`` opens the page at the next three starts.

``mien boot`` (root) counts down on the card, keeps one token for all of these starts and says the
address in ``mien-aim.txt`` beside ``mien.yaml``. What the service reads lies in memory, and has the
moment in it at which the page ends: a service that is started again does not open it for longer.
"""

from __future__ import annotations

import secrets
import socket
import time
from typing import TYPE_CHECKING

import msgspec

from edge.appliance.bootfile import NAME
from edge.appliance.rewrite import counted
from edge.commands import online
from edge.commands.aim import Asked, asked
from edge.commands.places import GROUP
from edge.device import disk
from edge.page.network import OPEN_S, PORT

if TYPE_CHECKING:
    from pathlib import Path

REQUEST, TOLD, TOKEN = "aim", "mien-aim.txt", "page"
"""Below ``/run/mien``, on the boot partition, and below ``/var/lib/mien/secret``."""

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""What nobody mistakes for another on the way from a card to a phone."""

LENGTH = 10
"""Of 31 letters: 50 bits. Whoever guesses a thousand a second for 15 minutes gets nowhere."""


def follow(starts: int, run: Path, kept: Path, card: Path) -> None:
    """Do what ``aim: starts`` asks for: once at each power-on. Raises ``OSError``.

    What cannot be counted on the card opens nothing: it would open at every start, for ever.
    """
    request = run / REQUEST
    if request.exists():
        return
    if not starts:
        disk.remove(kept / "secret" / TOKEN)  # good for nothing now
        disk.remove(card / TOLD)
        return
    for file in (kept / "boot" / NAME, card / NAME):
        text = counted(file.read_bytes().decode("utf-8-sig"))
        disk.replace(file, text.encode(), mode=None)
    run.mkdir(mode=0o755, parents=True, exist_ok=True)
    wanted = Asked(_token(kept), time.monotonic() + OPEN_S, starts - 1)
    disk.replace(request, msgspec.json.encode(wanted), 0o640, GROUP)
    _tell(card, wanted, None)


def address(run: Path, card: Path) -> bool:
    """Write where the page is once there is a network; whether there was one in time."""
    wanted = asked(run / REQUEST)
    if wanted is None:
        return True
    host = online.address()
    if host is None:
        return False
    _tell(card, wanted, host)
    return True


def _tell(card: Path, wanted: Asked, host: str | None) -> None:
    """``host`` None: as long as there is no network yet."""
    more = f" and after {wanted.left} more" if wanted.left else ""
    name = host or f"{socket.gethostname()}.local"
    lines = [
        f"The page to aim the camera by is open for 15 minutes after this start{more}.",
        "On a phone or laptop in the same network, open:",
        "",
        f"  http://{name}:{PORT}/?token={wanted.token}",
        "",
    ]
    if host is None:
        lines += [
            "Not every network knows that name. Wait two minutes, switch the device off and look",
            "here again: then its address in numbers stands here, good for the next start as well.",
            "",
        ]
    text = "\r\n".join([*lines, "After the last of these starts this file is taken away.", ""])
    disk.replace(card / TOLD, text.encode(), mode=None)


def _token(kept: Path) -> str:
    file = kept / "secret" / TOKEN
    try:
        return file.read_text(encoding="ascii")
    except (OSError, ValueError):  # none yet, or the disk has lost it
        token = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        disk.replace(file, token.encode())
        return token
