"""The unit file, by systemd's own tools (apt: systemd). CI has them."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[1] / "systemd" / "mien.service"
needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="needs systemd-analyze (apt install systemd)"
)


def unit() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read(UNIT)
    return parser


@needs_systemd
def test_systemd_finds_nothing_to_say_about_the_unit(tmp_path):
    """The program is not installed here, so the unit is verified with one that exists."""
    installed = tmp_path / "mien.service"
    command = unit()["Service"]["ExecStart"].split()[0]
    installed.write_text(UNIT.read_text(encoding="utf-8").replace(command, sys.executable))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(installed)],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if "mien" in line]
    assert (done.returncode, ours, done.stdout) == (0, [], "")


@needs_systemd
def test_the_service_is_exposed_to_little(tmp_path):
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(UNIT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout.splitlines()[-1]


def test_the_watchdog_is_fed_by_frames_and_lets_a_slow_camera_start():
    service = unit()["Service"]
    assert service["Type"] == "notify"
    assert service["User"] == "mien"
    assert service["Restart"] == "always"
    assert 5 < int(service["WatchdogSec"]) <= 60
