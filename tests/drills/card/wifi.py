"""Wi-Fi by one file: the card joins a network that wants a password, over radios made of software.

``mac80211_hwsim`` is in Debian's kernel: two radios and the air between them. On one of them the
test runs an access point (wpa_supplicant's own, WPA2) and a DHCP server (networkd's); the other is
left to NetworkManager and to what ``mien boot`` wrote for it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.drills.card.rig import Row

if TYPE_CHECKING:
    from tests.drills.card.rig import Rig

SSID, PASSWORD = "Café 5;G", "sesame \\ 99"
PATIENCE_S = 240.0
POINT = f"""\
network={{
  ssid={SSID.encode().hex()}
  mode=2
  frequency=2412
  key_mgmt=WPA-PSK
  proto=RSN
  pairwise=CCMP
  psk="{PASSWORD}"
}}
"""
LEASES = "[Match]\nName=wlan1\n[Network]\nAddress=10.42.0.1/24\nDHCPServer=yes\n"
OURS = "[device-point]\nmatch-device=interface-name:wlan1\nmanaged=0\n"


def joins(rig: Rig) -> list[Row]:
    """From the file on the boot partition to an address, and nothing of it on the card."""
    rig.board.shell("sync")
    rig.board.power_cut()
    file = rig.folder / "mien.yaml"
    plain = file.read_text(encoding="utf-8")
    wanted = f"wifi: {{ssid: '{SSID}', password: '{PASSWORD}', country: DE}}\n"
    file.write_text(plain + wanted, encoding="utf-8")
    rig.board.put(file, "mien.yaml")
    on_s = rig.board.power_on().on_s
    rig.up(on_s)
    moved = PASSWORD not in (rig.board.shell("cat /boot/firmware/mien.yaml"))
    for place, text in (
        ("/run/NetworkManager/conf.d/point.conf", OURS),
        ("/run/systemd/network/10-point.network", LEASES),
        ("/run/point.conf", POINT),
    ):
        rig.board.shell(f"mkdir -p $(dirname {place}); cat >{place} <<'END'\n{text}END\n")
    rig.board.shell("nmcli general reload conf; networkctl reload")
    rig.board.shell("modprobe mac80211_hwsim radios=2")
    began_s = time.monotonic()
    rig.board.shell("wpa_supplicant -B -i wlan1 -c /run/point.conf -f /run/point.log")
    state = _state(rig)
    while not state.startswith("connected") and time.monotonic() - began_s < PATIENCE_S:
        time.sleep(1)
        state = _state(rig)
    joined_s = time.monotonic() - began_s
    address = rig.board.shell("ip -4 -br addr show wlan0 || true").split()
    country = rig.board.shell("iw reg get | grep -m1 country || true").strip()
    back = rig.folder / "plain.yaml"
    back.write_text(plain, encoding="utf-8")
    rig.board.shell("sync")
    rig.board.power_cut()
    rig.board.put(back, "mien.yaml")
    off_s = rig.board.power_on().on_s
    rig.up(off_s)
    gone = rig.board.shell("ls /run/NetworkManager/system-connections; rfkill list || true")
    return [
        Row("Wi-Fi: the password left the boot partition", moved, "by mien boot"),
        Row(
            "Wi-Fi: joined by NetworkManager (WPA2, simulated radios)",
            state == "connected:mien" and "10.42.0." in " ".join(address),
            f"{joined_s:.1f} s after the access point came, {' '.join(address[2:])}, {country}",
        ),
        Row("Wi-Fi: taken out of the file, gone", "mien" not in gone, gone.strip() or "nothing"),
    ]


def _state(rig: Rig) -> str:
    """As in ``connected:mien``."""
    lines = rig.board.shell("nmcli -t -f DEVICE,STATE,CONNECTION device || true").splitlines()
    return next((line.partition(":")[2] for line in lines if line.startswith("wlan0:")), "")
