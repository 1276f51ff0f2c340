"""Wi-Fi from ``mien.yaml``, read by NetworkManager's own library, beside Imager's by netplan.

apt: python3-gi gir1.2-nm-1.0 netplan.io. `make image-test` joins a network by it.
"""

from __future__ import annotations

import json
import random
import shutil
import string
import subprocess
from pathlib import Path

import pytest

from edge.appliance.wifi import WifiSettings, keyfile

PYTHON = "/usr/bin/python3"
READER = Path(__file__).with_name("networkmanager.py")
CHECK = "import gi; gi.require_version('NM', '1.0')"


def has_libnm() -> bool:
    if not Path(PYTHON).exists():
        return False
    return subprocess.run([PYTHON, "-c", CHECK], capture_output=True, check=False).returncode == 0


pytestmark = pytest.mark.skipif(not has_libnm(), reason="needs apt: python3-gi gir1.2-nm-1.0")


def taken_for(*networks: WifiSettings) -> list[dict]:
    files = "".join(json.dumps(keyfile(each)) + "\n" for each in networks)
    done = subprocess.run(
        [PYTHON, str(READER)], input=files, capture_output=True, text=True, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def same(network: WifiSettings, taken: dict) -> bool:
    return taken == {
        "valid": True,
        "ssid": list(network.ssid.encode()),
        "hidden": network.hidden,
        "password": network.password,
        "retries": 0,
    }


@pytest.mark.parametrize(
    ("ssid", "password"),
    [
        ("Garage", "in quotes"),
        ("Café 5;G", " starts with a space"),
        (" x ", "ends with spaces  "),
        ("[wifi]", "[connection]"),
        ("#no comment", '#;=\\"\\n\\s\\t%$ `'),
        ("14:9e", "0" * 64),
        ("a;b;", "\\" * 8),
        ("€" * 10, "z" * 63),
        ("open", None),
    ],
)
def test_networkmanager_reads_what_was_meant(ssid, password):
    network = WifiSettings(ssid=ssid, country="DE", password=password)
    assert same(network, *taken_for(network))


def test_it_does_so_whatever_the_password():
    dice = random.Random(7)
    plain = string.printable[:95]
    networks = [
        WifiSettings(
            ssid="".join(dice.choices(plain + "äß漢", k=dice.randint(1, 10))),
            country="GB",
            password="".join(dice.choices(plain, k=dice.randint(8, 63))),
            hidden=dice.random() < 0.5,
        )
        for _ in range(2000)
    ]
    wrong = [n for n, t in zip(networks, taken_for(*networks), strict=True) if not same(n, t)]
    assert wrong == []


IMAGERS = """\
network:
  version: 2
  renderer: NetworkManager
  wifis: {wlan0: {dhcp4: true, access-points: {home: {password: sesame 99}}}}
"""


@pytest.mark.skipif(shutil.which("netplan") is None, reason="needs apt: netplan.io")
def test_on_trixie_what_imager_has_set_up_and_ours_stand_side_by_side(tmp_path):
    """There cloud-init writes for netplan, which makes files of the same kind beside ours."""
    folder = tmp_path / "run/NetworkManager/system-connections"
    plan = tmp_path / "etc/netplan/50-cloud-init.yaml"
    for each in (folder, plan.parent):
        each.mkdir(parents=True)
    ours = keyfile(WifiSettings(ssid="Garage", country="DE"))
    (folder / "mien.nmconnection").write_text(ours, encoding="utf-8")
    plan.write_text(IMAGERS, encoding="utf-8")
    plan.chmod(0o600)
    subprocess.run(["netplan", "generate", "--root-dir", str(tmp_path)], check=True)
    assert (folder / "mien.nmconnection").read_text(encoding="utf-8") == ours
    theirs = folder / "netplan-wlan0-home.nmconnection"
    assert "ssid=home" in theirs.read_text(encoding="utf-8")
    assert "priority" not in theirs.read_text(encoding="utf-8"), "ours goes first"
    assert "autoconnect-priority=1" in ours
