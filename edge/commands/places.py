"""Where ``mien boot`` finds and leaves things."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from edge.appliance import bootfile
from edge.appliance.bootfile import NAME
from edge.device import disk

if TYPE_CHECKING:
    from pathlib import Path

GROUP = "mien"
"""The service's, which may read what is composed for it and not what is kept."""


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

    def stored(self, place: str) -> str | None:
        """A secret that was moved earlier."""
        try:
            return (self.kept / "secret" / place).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def there(self, name: str, place: str) -> bool:
        """Whether a file lies beside ``mien.yaml``, or is kept since it did."""
        beside = self.partition is not None and (self.partition / name).is_file()
        return beside or self.keeps(name, place)

    def keeps(self, name: str, place: str) -> bool:
        """Whether it is this file that is kept there, and not one of another name."""
        last = disk.read(self.last) or b""
        return (self.kept / place).is_file() and bootfile.names(last).get(place) == name
