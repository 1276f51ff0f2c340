"""The unit files, by systemd's own tools (apt: systemd). CI has them."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
import typing
from pathlib import Path

import pytest

from edge.device.camera import CameraSettings

FOLDER = Path(__file__).parents[1] / "systemd"
UNITS = sorted(p.name for p in FOLDER.glob("*.service"))
needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="needs systemd-analyze (apt install systemd)"
)


def unit(name: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read(FOLDER / name)
    return parser


@needs_systemd
def test_systemd_finds_nothing_to_say_about_the_units(tmp_path):
    """The program is not installed here, so the units are verified with one that exists."""
    files = []
    for name in UNITS:
        installed = tmp_path / name.replace("@.", "@rear.")
        text = (FOLDER / name).read_text(encoding="utf-8")
        installed.write_text(re.sub("/opt/mien/[a-z]+/bin/mien", sys.executable, text))
        files.append(str(installed))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *files],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if "mien" in line]
    assert (done.returncode, ours, done.stdout) == (0, [], "")


EXPOSURE = {
    "mien.service": 17,
    "mien@.service": 17,
    "mien-aim.service": 12,
    "mien-boot.service": 20,
    "mien-update.service": 23,
}
"""Tenths, as they stand: a right more is a right that somebody wanted."""


@needs_systemd
@pytest.mark.parametrize("name", UNITS)
def test_a_unit_is_exposed_to_little(name):
    level = f"--threshold={EXPOSURE[name]}"
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", level, str(FOLDER / name)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout.splitlines()[-1]


@pytest.mark.parametrize("name", ["mien.service", "mien@.service"])
def test_a_silent_camera_is_told_of_before_the_watchdog_takes_it_for_a_hang(name):
    """Killed, the service would say nothing, and nobody would hear of ``camera_gone``."""
    limits = typing.get_type_hints(CameraSettings, include_extras=True)["timeout_s"].__metadata__
    assert limits[0].le <= float(unit(name)["Service"]["WatchdogSec"]) - 5


def waited_for(name: str) -> set[str]:
    """What a unit is ordered after: itself, and by way of ours."""
    names = set(unit(name)["Unit"].get("After", "").split())
    return names.union(*(waited_for(other) for other in names if (FOLDER / other).is_file()))


@pytest.mark.parametrize("name", UNITS)
def test_nobody_looks_at_the_boot_partition_before_it_is_there(name):
    """`nofail` in fstab takes its mount out of what local-fs.target waits for."""
    assert {"boot-firmware.mount", "boot.mount"} <= waited_for(name)


@pytest.mark.parametrize("name", ["mien.service", "mien@.service"])
def test_the_watchdog_is_fed_by_frames_and_lets_a_slow_camera_start(name):
    service = unit(name)["Service"]
    assert service["Type"] == "notify"
    assert service["User"] == "mien"
    assert service["Restart"] == "always"
    assert 5 < int(service["WatchdogSec"]) <= 60


def test_a_further_camera_runs_as_the_first_does():
    first, further = unit("mien.service")["Service"], unit("mien@.service")["Service"]
    differ = {key for key in first if first[key] != further[key]}
    assert differ == {"ExecStart", "StateDirectory"}
