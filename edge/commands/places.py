"""Where ``mien boot`` finds and leaves things."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from msgspec import Struct

from edge.appliance import bootfile
from edge.appliance.bootfile import NAME
from edge.device import disk
from edge.strict import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

GROUP = "mien"
"""The service's, which may read what is composed for it and not what is kept."""

log = logging.getLogger("mien")


class Places(Struct, frozen=True):
    """Where things lie; ``root`` is ``/`` but in tests."""

    root: Path
    partition: Path | None

    @property
    def kept(self) -> Path:
        """What outlives a restart."""
        return self.root / "var/lib/mien"

    @property
    def last(self) -> Path:
        """The file as it was when it was last good, without its secrets."""
        return self.kept / "boot" / NAME

    @property
    def run(self) -> Path:
        """What the services read."""
        return self.root / "run/mien"

    @property
    def etc(self) -> Path:
        """What the owner wrote on the device itself."""
        return self.root / "etc/mien"

    def earlier(self) -> bytes | None:
        """The last good file; None where there is none, or where the disk has lost it."""
        try:
            data = disk.read(self.last)
            bootfile.names(data or b"")  # garbage would be put back onto the card
        except (OSError, ConfigError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            log.warning("%s: %s; the last good settings are lost", self.last, why)
            return None
        return data

    def stored(self, place: str) -> str | None:
        """A secret that was moved earlier; what cannot be read was put aside. ``OSError``."""
        return (disk.read(self.kept / "secret" / place) or b"").decode() or None

    def there(self, name: str, place: str) -> bool:
        """Whether a file lies beside ``mien.yaml``, or is kept since it did."""
        beside = self.partition is not None and (self.partition / name).is_file()
        return beside or self.keeps(name, place)

    def keeps(self, name: str, place: str) -> bool:
        """Whether it is this file that is kept there, and not one of another name.

        A last good file that the disk has lost cannot say so any more: then it is.
        """
        try:
            names = bootfile.names(disk.read(self.last) or b"")
        except (OSError, ConfigError):
            names = {place: name}
        return (self.kept / place).is_file() and names.get(place) == name
