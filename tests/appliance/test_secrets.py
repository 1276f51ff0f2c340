"""What is secret on the boot partition is moved, and lost nowhere; at any power cut."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from edge import config
from edge.appliance.bootfile import FILES
from edge.appliance.rewrite import NOTE
from tests.appliance.card import GOOD, SECRET, Board

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


def test_no_secret_stays_readable_on_the_card_or_in_the_settings(board):
    board.write(GOOD)
    board.boot()
    for file in [*board.card.iterdir(), *(board.root / "run/mien").iterdir()]:
        assert "sesame" not in file.read_text(encoding="utf-8")
    assert "# my van" in board.file
    assert "# ask Ann" in board.file
    assert yaml.safe_load(board.file)["wifi"]["ssid"] == "Café 5;G"


def test_what_was_written_is_blanked_though_somebody_still_holds_it(board):
    board.write(GOOD)
    with (board.card / "mien.yaml").open("rb") as held:
        board.boot()
        assert b"sesame" not in held.read()


def test_a_new_password_replaces_the_old_one_and_a_line_taken_out_forgets_it(board):
    board.write(GOOD)
    board.boot()
    board.write(board.file.replace("password: null", 'password: "another one"', 1))
    board.boot()
    assert board.secret("mqtt/password") == "another one"
    assert "another one" not in board.file
    lines = board.file.splitlines()
    board.write("\n".join(line for line in lines if "password" not in line) + "\n")
    board.boot()
    assert board.secret("mqtt/password") is None
    assert "psk" not in board.wifi


@pytest.mark.parametrize("new", ["#sesame42", "sesame42 #7", "&sesame42", "sesame42 # ask Ann"])
def test_a_password_of_which_yaml_would_take_a_part_or_none_is_not_taken_for_it(board, new):
    board.write(GOOD)
    board.boot()
    before = board.file
    for place, kept in (("mqtt/password", "null   # ask Ann"), ("wifi", NOTE)):
        board.write(before.replace(f"password: {kept}", f"password: {new}"))
        board.boot()
        key = {"wifi": "wifi.password"}.get(place, "mqtt.password")
        assert f"  {key}: put it in quotes: what begins with # is a comment" in board.errors
        assert "sesame42" not in board.errors
        assert board.secret(place) == {"wifi": "wifi sesame"}.get(place, SECRET)
        board.write(before.replace(f"password: {kept}", f"password: '{new}'"))
        board.boot()
        assert (board.errors, board.secret(place)) == ("", new)
        assert "sesame42" not in board.file
        board.write(GOOD)
        board.boot()


def test_a_disk_that_is_full_is_not_fuller_afterwards(board, monkeypatch, caplog):
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    board.write(GOOD)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        board.boot()
    assert list(board.root.rglob("*.new")) == []
    assert "the disk: No space left on device; secrets stay on the card" in caplog.text


def test_what_a_power_cut_has_left_of_a_password_is_forgotten_with_its_line(board):
    board.write(GOOD)
    board.boot()
    left = board.kept / "secret/mqtt/.password.new"  # the power went before it got its name
    left.write_text(SECRET, encoding="utf-8")
    lines = board.file.splitlines()
    board.write("\n".join(line for line in lines if "password" not in line) + "\n")
    board.boot()
    assert not left.exists()


def test_certificates_are_kept_and_the_private_key_leaves_the_card(board, monkeypatch):
    for name in ("ca.crt", "van.crt", "van.key"):
        board.write(f"this is {name}", board.card / name)
    tls = "  tls: true\n  ca: ca.crt\n  certificate: van.crt\n  key: van.key\n"
    board.write(GOOD.replace("  username", tls + "  username"))
    board.boot()
    assert board.errors == ""
    assert not (board.card / "van.key").exists()
    for file in board.card.glob("*.crt"):
        file.unlink()
    board.boot()  # all of it is kept
    assert board.settings["mqtt"]["ca"] == "/run/mien/ca.crt"
    assert (board.root / "run/mien/ca.crt").read_text(encoding="utf-8") == "this is ca.crt"
    folder = board.root / "credentials"
    folder.mkdir()
    (folder / "mqtt_key").write_text(board.secret("mqtt/key"), encoding="utf-8")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    assert config.load(board.root / "run/mien/config.yaml").mqtt.key == str(folder / "mqtt_key")


TLS = "profile: home\nmqtt:\n  tls: true\n"


def test_one_file_may_hold_the_certificate_and_its_key(board):
    board.write("profile: care\ndevice: before\n")
    board.boot()
    board.write("this is both", board.card / "device.pem")
    board.write(TLS + "  certificate: device.pem\n  key: device.pem\n")
    for _ in range(2):  # the second time all of it is kept
        assert board.boot() == 0
        assert board.errors == ""
        assert board.settings["mqtt"]["certificate"] == "/run/mien/device.crt"
        assert not (board.card / "device.pem").exists()
        copy = board.root / "run/mien/device.crt"
        assert copy.read_text(encoding="utf-8") == board.secret("mqtt/key") == "this is both"
        assert copy.stat().st_mode & 0o777 == 0o640


def test_a_kept_file_stands_for_no_other_name(board):
    board.write("this is of 2026", board.card / "ca.crt")
    board.write(TLS + "  ca: ca.crt\n")
    board.boot()
    board.write("this is of 2027", board.card / "ca-2027.crt")
    board.write(TLS + "  ca: ca-2O27.crt\n")
    assert board.boot() == 0
    assert 'mqtt.ca: there is no file "ca-2O27.crt" beside' in board.errors
    assert board.settings["mqtt"]["ca"] == "/run/mien/ca.crt"
    board.write(TLS + "  ca: ca-2027.crt\n")
    board.boot()
    (board.card / "ca-2027.crt").unlink()
    board.boot()
    assert board.errors == ""
    assert (board.root / "run/mien/ca.crt").read_text(encoding="utf-8") == "this is of 2027"


def test_a_line_taken_out_forgets_its_file_and_a_file_that_is_wrong_forgets_nothing(board):
    for name in ("ca.crt", "van.crt", "van.key"):
        board.write(f"this is {name}", board.card / name)
    board.write(TLS + "  ca: ca.crt\n  certificate: van.crt\n  key: van.key\n")
    board.boot()
    kept = [board.kept / place for place in FILES.values()]
    board.write("profile: boat\n")
    board.boot()
    assert all(file.exists() for file in kept)
    board.write("profile: home\n")
    board.boot()
    assert not any(file.exists() for file in kept)


def test_what_cannot_be_composed_changes_neither_the_card_nor_what_was_good(board):
    board.write("profile: care\ndevice: before\n")
    board.boot()
    good = (board.kept / "boot/mien.yaml").read_bytes()
    board.write("this is van.key", board.card / "van.key")
    board.write("this is van.crt", board.card / "van.crt")
    text = TLS + "  password: sesame seeds\n  certificate: van.crt\n  key: van.key\n"
    board.write(text)
    (board.root / "run/mien/.config.yaml.new").mkdir()  # even root cannot write over it
    assert board.boot() == 1
    assert board.file == text
    assert (board.card / "van.key").exists()
    assert (board.kept / "boot/mien.yaml").read_bytes() == good
    (board.root / "run/mien/.config.yaml.new").rmdir()
    assert board.boot() == 0
    assert "sesame" not in board.file
    assert not (board.card / "van.key").exists()


@pytest.mark.parametrize("card", [None, "device: van_7\n"])
def test_a_password_in_config_yaml_does_not_become_readable_for_all(board, card):
    if card is not None:
        board.write(card)
    for password in ("open sesame", "close sesame"):
        text = f"profile: home\nmqtt: {{password: {password}}}\n"
        board.write(text, board.root / "etc/mien/config.yaml")
        board.boot()
        assert board.secret("mqtt/password") == password
        assert "sesame" not in (board.root / "run/mien/config.yaml").read_text(encoding="utf-8")


CUT = """
import shutil, sys
from pathlib import Path
import edge.commands.boot  # before there are a hundred processes
from edge.__main__ import main
from tests.appliance.power import cut
folder, cuts = Path(sys.argv[1]), 0
while True:
    home = folder / str(cuts)
    shutil.copytree(folder / "fresh", home)
    if cut(lambda: main(["boot", "--root", str(home)]), cuts):
        break
    cuts += 1
"""


@pytest.fixture
def memory(tmp_path) -> Iterator[Path]:
    """A folder in memory, where there is one: there are many power cuts, and disks are slow."""
    if not Path("/dev/shm").is_dir():  # noqa: S108 - looked at, not guessed
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name:
        yield Path(name)


def test_the_power_may_go_at_any_call_to_the_disk(memory):
    """The process ends before its n-th call that changes a disk, for every n there is."""
    fresh = Board(memory / "fresh")
    fresh.write("this is both", fresh.card / "van.pem")
    tls = "  tls: true\n  certificate: van.pem\n  key: van.pem\n"
    fresh.write(GOOD.replace("  username", tls + "  username"))
    subprocess.run([sys.executable, "-c", CUT, str(memory)], cwd=ROOT, check=True, timeout=120)
    homes = sorted(set(memory.iterdir()) - {memory / "fresh"})
    assert len(homes) > 20
    for home in homes:
        board = Board(home)
        assert board.boot() == 0
        assert board.settings["device"] == "van_7"
        assert board.secret("mqtt/password") == SECRET
        assert board.secret("mqtt/key") == "this is both"
        assert not (board.card / "van.pem").exists()
        assert "psk=wifi sesame" in board.wifi
        assert "sesame" not in board.file
        assert board.errors == ""
