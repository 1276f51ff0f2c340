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

ASIDE = "aside"
"""The folder of secrets that could not be read: what fails today may be read tomorrow."""

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


def sort_out(places: Places) -> None:
    """Put aside the secrets that cannot be read, and back those that can be again.

    systemd hands the service a folder of them, and would not start it with one that it cannot read.
    """
    secret, aside = places.kept / "secret", places.kept / ASIDE
    with as_far_as_the_card_lets():
        for file in _files(aside):
            place = secret / file.relative_to(aside)
            if place.is_file():  # written anew since
                disk.remove(file)
            elif _wrong_with(file) is None:
                _move(file, place)
        for file in _files(secret):
            why = _wrong_with(file)
            if why is not None:
                log.error("%s: %s; put aside", file, why)
                _move(file, aside / file.relative_to(secret))


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file())


def _wrong_with(file: Path) -> str | None:
    try:
        text = file.read_bytes().decode()
    except OSError as error:
        return error.strerror
    except ValueError:  # whose words quote what stands there
        return "no text"
    return "damaged" if "\0" in text else None  # a lost block may read as zeros


def _move(file: Path, place: Path) -> None:
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.replace(place)
    disk.settle(place.parent)
    disk.settle(file.parent)


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
                disk.remove(places.kept / ASIDE / place)
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
    where = error.filename or "the disk"  # a write has no name
    log.error("%s: %s; secrets stay on the card", where, error.strerror)
