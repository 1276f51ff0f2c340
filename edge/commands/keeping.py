"""What ``mien.yaml`` brings is kept in the device, and what is secret is taken off the card.

First it is put where the settings look for it, then they are composed, and only when that has
worked is the file remembered as good and the card touched.
"""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING

from edge.appliance.bootfile import FILES, NAME
from edge.appliance.rewrite import without_secrets
from edge.device import disk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edge.appliance.bootfile import Wish
    from edge.commands.places import Places

BOM = b"\xef\xbb\xbf"

log = logging.getLogger("mien")


@contextlib.contextmanager
def as_far_as_the_card_lets() -> Iterator[None]:
    """A card that cannot be written is no reason not to watch a driver."""
    try:
        yield
    except OSError as error:
        log.warning("%s: %s", error.filename or "boot partition", error.strerror)


def store(places: Places, wish: Wish, beside: Path | None) -> bool:
    """Put secrets, and the files that lie ``beside`` the file, to where they are kept."""
    try:
        for place, name in wish.files.items():
            if beside and (beside / name).is_file():
                disk.put(places.kept / place, (beside / name).read_bytes())
        for place, secret in wish.secrets.items():
            if secret is not None:
                disk.put(places.kept / "secret" / place, secret.encode())
    except OSError as error:  # a full or read-only disk: what the file asks for holds all the same
        _lament(error)
        return False
    return True


def drop_lost(folder: Path) -> None:
    """Take away what the disk has lost of what systemd hands the service: it would not start it."""
    with as_far_as_the_card_lets():
        for file in sorted(folder.iterdir()) if folder.is_dir() else ():
            try:
                file.read_bytes()
            except OSError as error:
                log.error("%s: %s; taken away", file, error.strerror)  # noqa: TRY400 - one line
                file.unlink()


def settle(places: Places, card: Path, data: bytes, wish: Wish) -> None:
    """Remember what has turned out well, forget what it no longer has, leave no secret on the card.

    What is remembered goes first: at no power cut it speaks of what is not there any more.
    """
    text = without_secrets(data.decode("utf-8-sig")).encode()
    try:
        disk.put(places.last, text)
        for place, secret in wish.secrets.items():
            if secret is None:
                disk.remove(places.kept / "secret" / place)
        for place in set(FILES.values()) - set(wish.files):
            disk.remove(places.kept / place)
    except OSError as error:
        _lament(error)
        return
    with as_far_as_the_card_lets():
        if data.removeprefix(BOM) != text:
            with (card / NAME).open("r+b") as old:
                disk.replace(card / NAME, text, mode=None)
                disk.blank(old.fileno())  # its blocks are free now, but would still be readable
            log.info("%s: secrets moved into the device", card / NAME)
        if FILES["key"] in wish.files:
            disk.remove(card / wish.files[FILES["key"]])


def _lament(error: OSError) -> None:
    log.error("%s: %s; secrets stay on the card", error.filename, error.strerror)
