"""Wi-Fi from ``mien.yaml``, read by NetworkManager's own library (apt: gir1.2-nm-1.0)."""

from __future__ import annotations

import json
import random
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
