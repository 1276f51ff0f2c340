"""The card's recipe, as far as it can be told without making one (`make image-test` boots it)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
IMAGE = ROOT / "image"


@pytest.mark.parametrize(("python", "numpy"), [("3.11", "numpy==1.26.4"), ("3.13", "numpy==2.3.5")])
def test_the_pins_are_those_of_the_card_and_not_of_this_machine(python, numpy):
    command = [sys.executable, str(IMAGE / "pins.py"), "install/requirements.txt", python]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    pins = [line.split()[0] for line in done.stdout.splitlines() if "==" in line]
    assert numpy in pins
    assert len({pin.split("==")[0] for pin in pins}) == len(pins)
    assert any(pin.startswith("lgpio==") for pin in pins) is (python == "3.11")
    assert ";" not in done.stdout
    assert done.stdout.count("--hash=") >= len(pins)


def test_nothing_that_lets_somebody_in_is_on_the_card():
    asked = {line.split()[0] for line in (IMAGE / "packages.txt").read_text().splitlines() if line}
    came = {line.split()[0] for line in (IMAGE / "packages.lock").read_text().splitlines()}
    assert asked - {"#"} <= came, "packages.lock is of another card: make image LOCK=write"
    assert not came & {"openssh-server", "mosquitto", "sudo", "telnetd", "dropbear-bin"}


def test_a_card_has_what_an_update_needs():
    asked = {line.split()[0] for line in (IMAGE / "packages.txt").read_text().splitlines() if line}
    assert asked >= {"openssh-client", "python3-venv"}, "whose it is; other pins"


def test_whose_updates_a_card_takes_is_asked_of_whoever_makes_it(tmp_path):
    """Nobody can log in to say so later."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert 'KEY="$(KEY)" image/card.sh' in makefile
    script = (IMAGE / "card.sh").read_text(encoding="utf-8")
    assert 'signer=(--update-key "$(realpath "$KEY")")' in script
    assert '--profile vehicle \\\n  "${signer[@]}")' in script
    done = subprocess.run(
        [str(IMAGE / "card.sh"), str(tmp_path / "root"), str(tmp_path / "card/mien.img")],
        env=os.environ | {"KEY": "gone.pub"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "image: KEY: gone.pub: no such file\n")


def test_all_that_is_written_lies_on_a_partition_of_its_own():
    fstab = (IMAGE / "files/etc/fstab").read_text(encoding="utf-8")
    mounts = {line.split()[1]: line.split() for line in fstab.splitlines() if line[0] != "#"}
    assert mounts["/var/lib/mien"][0] == "LABEL=mien-state"
    assert {mounts[place][2] for place in ("/tmp", "/var/tmp")} == {"tmpfs"}  # noqa: S108
    assert all("noexec" in mounts[place][3] for place in ("/var/lib/mien", "/boot/firmware"))


def test_a_boot_partition_that_is_lost_does_not_hold_up_watching_for_long():
    """Settings and the service wait for its mount, which waits for its device."""
    fstab = (IMAGE / "files/etc/fstab").read_text(encoding="utf-8")
    (line,) = (line for line in fstab.splitlines() if "/boot/firmware" in line)
    patience_s = re.search(r"x-systemd\.device-timeout=(\d+)s", line)
    assert patience_s
    assert 30 <= int(patience_s[1]) <= 60
    assert "nofail" in line


def test_the_scripts_of_the_recipe_can_be_read_by_a_shell():
    for script in sorted(IMAGE.glob("*.sh")):
        subprocess.run(["bash", "-n", str(script)], check=True)
