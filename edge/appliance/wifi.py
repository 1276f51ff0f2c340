"""Wi-Fi from ``mien.yaml``, as NetworkManager wants it."""

from __future__ import annotations

import re
from uuid import NAMESPACE_URL, uuid5

from edge.types import Settings

COUNTRY = re.compile(r"(?!UK)[A-Z]{2}")  # which is GB there, and no country that a radio knows
HEX_KEY = re.compile(r"[0-9a-fA-F]{64}")


class WifiSettings(Settings, frozen=True, kw_only=True):
    """One network. ``country`` says which channels may be used; a Pi sends on none without."""

    ssid: str
    country: str
    password: str | None = None
    hidden: bool = False

    def __post_init__(self) -> None:
        """Refuse what no access point could have."""
        if not 1 <= len(self.ssid.encode()) <= 32 or not self.ssid.isprintable():
            msg = "ssid: expected 1 to 32 characters"
            raise ValueError(msg)
        if not COUNTRY.fullmatch(self.country):
            msg = f"country: expected two capital letters (DE, GB, US, ...), got {self.country!r}"
            raise ValueError(msg)
        if self.password is not None and not _fits(self.password):
            msg = "password: expected 8 to 63 characters of plain ASCII, or 64 hexadecimal digits"
            raise ValueError(msg)

    def __repr__(self) -> str:
        """Without the password, which must never be in a log."""
        return f"WifiSettings(ssid={self.ssid!r}, country={self.country!r})"


def keyfile(wifi: WifiSettings) -> str:
    """The connection for ``/run/NetworkManager/system-connections`` (nm-settings-keyfile(5))."""
    ssid = ";".join(str(byte) for byte in wifi.ssid.encode()) + ";"  # any byte may stand in a name
    lines = [
        "[connection]",
        "id=mien",
        f"uuid={uuid5(NAMESPACE_URL, 'mien:wifi')}",
        "type=wifi",
        "autoconnect-priority=1",  # before what Imager has set up, where both are there
        "autoconnect-retries=0",  # for ever: nobody is there to press a button
        "[wifi]",
        "mode=infrastructure",
        f"ssid={ssid}",
        f"hidden={str(wifi.hidden).lower()}",
    ]
    if wifi.password is not None:
        # sae as well as wpa-psk: NetworkManager offers WPA3 by itself where the card can
        lines += ["[wifi-security]", "key-mgmt=wpa-psk", f"psk={_escaped(wifi.password)}"]
    return "\n".join([*lines, "[ipv4]", "method=auto", "[ipv6]", "method=auto", ""])


def _escaped(value: str) -> str:
    """GLib's key files strip spaces in front and read a backslash as the start of an escape."""
    escaped = value.replace("\\", "\\\\")
    return "\\s" + escaped[1:] if escaped.startswith(" ") else escaped


def _fits(password: str) -> bool:
    plain = 8 <= len(password) <= 63 and password.isascii() and password.isprintable()
    return plain or HEX_KEY.fullmatch(password) is not None
