"""Wi-Fi of ``mien.yaml``: left for NetworkManager, in memory, and the radio opened for it."""

from __future__ import annotations

import logging
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from edge.appliance.wifi import keyfile
from edge.device import disk, unit

if TYPE_CHECKING:
    from edge.appliance.wifi import WifiSettings

MANAGER = Path("usr/sbin/NetworkManager")
NETWORKS = Path("run/NetworkManager/system-connections")
STATE = Path("var/lib/NetworkManager/NetworkManager.state")
OFF = re.compile(rb"(?m)^(WirelessEnabled[ \t]*=[ \t]*)false[ \t]*$")

PATIENCE_S = 4.0

log = logging.getLogger("mien")


def connect(root: Path, wifi: WifiSettings | None) -> None:
    """Lay the connection, or take it away. Raises ``OSError``."""
    file = root / NETWORKS / "mien.nmconnection"
    if wifi is None:
        file.unlink(missing_ok=True)
        return
    if not (root / MANAGER).exists():  # its folder is there all the same: systemd/tmpfiles.conf
        log.warning("wifi: there is no NetworkManager here: set it up as this system does it")
        return
    text = keyfile(wifi).encode()
    if disk.read(file) == text:
        return
    disk.replace(file, text)
    _switch_on(root / STATE)
    if root == Path("/"):
        unblock(wifi.country)


def _switch_on(file: Path) -> None:
    """Raspberry Pi OS is flashed with Wi-Fi switched off in what NetworkManager remembers."""
    try:
        data = disk.read(file)
        if data and OFF.search(data):
            mode = file.stat().st_mode & 0o777
            disk.replace(file, OFF.sub(rb"\1true", data), mode)
    except OSError as error:  # a root that cannot be written
        log.warning("wifi: may stay switched off: %s: %s", error.filename, error.strerror)


def unblock(country: str) -> None:
    """A Pi keeps its radio shut until it knows whose rules apply; what fails is in the log."""
    commands = [["iw", "reg", "set", country], ["rfkill", "unblock", "wifi"]]
    manager = unit.unit("NetworkManager")
    if manager is not None and manager.active == "active":  # it has read its files already
        commands += [["nmcli", "radio", "wifi", "on"], ["nmcli", "connection", "reload"]]
    for command in commands:
        if shutil.which(command[0]):
            try:
                subprocess.run(command, check=False, timeout=PATIENCE_S)
            except subprocess.TimeoutExpired:
                log.warning("wifi: %s: no answer in %.0f s", " ".join(command), PATIENCE_S)
