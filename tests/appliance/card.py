"""A card and a disk in a folder, for the tests of what stands on the boot partition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from edge.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "open sesame 99"  # noqa: S105
GOOD = f"""\
# my van
profile: home
device: van_7
mqtt:
  host: broker.example
  username: van_7
  password: "{SECRET}"   # ask Ann
wifi:
  ssid: "Café 5;G"
  password: 'wifi sesame'
  country: DE
"""


class Board:
    """A card and a disk in a folder, and the power switch."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.card = root / "boot" / "firmware"
        self.kept = root / "var/lib/mien"
        for folder in (self.card, self.kept, root / "etc/mien", root / "run/NetworkManager"):
            folder.mkdir(parents=True, exist_ok=True)
        (root / "run/NetworkManager/system-connections").mkdir(exist_ok=True)
        (root / "usr/sbin").mkdir(parents=True, exist_ok=True)
        (root / "usr/sbin/NetworkManager").touch()
        self.write("profile: vehicle\n", root / "etc/mien/config.yaml")

    def write(self, text: str, file: Path | None = None) -> None:
        (file or self.card / "mien.yaml").write_bytes(text.encode())

    def boot(self) -> int:
        return main(["boot", "--root", str(self.root)])

    @property
    def settings(self) -> dict:
        return yaml.safe_load((self.root / "run/mien/config.yaml").read_text(encoding="utf-8"))

    @property
    def file(self) -> str:
        return (self.card / "mien.yaml").read_bytes().decode()

    @property
    def errors(self) -> str:
        file = self.card / "mien-errors.txt"
        return file.read_text(encoding="utf-8") if file.exists() else ""

    @property
    def wifi(self) -> str:
        file = self.root / "run/NetworkManager/system-connections/mien.nmconnection"
        return file.read_text(encoding="utf-8") if file.exists() else ""

    def secret(self, name: str) -> str | None:
        file = self.kept / "secret" / name
        return file.read_text(encoding="utf-8") if file.exists() else None
