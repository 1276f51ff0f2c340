"""The two shell scripts before the installer: apt's part, and a card's first start."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

TOOLS = {
    "id": "echo 0",
    "python3": 'echo "python3 $*" >>$SAID',
    "dpkg-query": 'grep -qsx "$4" "$BOARD/there" && echo install ok installed',
    "apt-cache": "exit 1",
    "dpkg": 'echo "dpkg $*" >>$SAID; rm -f "$BOARD/interrupted"; [ ! -f "$BOARD/broken" ]',
    "apt-get": r"""
echo "apt-get $*" >>$SAID
case $* in "install -s"*) printf 'Inst %s\n' 'udev [252] (257 x)' 'python3-venv (3 x)'; exit ;; esac
if [ -f "$BOARD/offline" ]; then echo "E: Failed to fetch" >&2; exit 100; fi
case $* in *update*) exit ;; esac
if [ -f "$BOARD/interrupted" ]; then echo "E: dpkg was interrupted" >&2; exit 100; fi
case $* in *--fix-broken*) rm -f "$BOARD/broken" ;; esac
if [ -f "$BOARD/broken" ]; then echo "E: Unmet dependencies" >&2; exit 100; fi
""",
    "systemctl": "",
    "sync": "",
}
"""A board's programs, as the scripts see them; ``interrupted``, ``broken``: how dpkg stands."""


@pytest.fixture
def board(tmp_path, monkeypatch) -> Path:
    """A folder with the two scripts in it, which take it for the root of the file system."""
    folder = tmp_path / "board"
    for name, text in TOOLS.items():
        (folder / "bin").mkdir(parents=True, exist_ok=True)
        (folder / "bin" / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        (folder / "bin" / name).chmod(0o755)
    for place in ("var/tmp", "etc/systemd/system", "boot"):
        (folder / place).mkdir(parents=True)
    for name, place in {"install.sh": "", "install/first-boot.sh": "boot/mien-"}.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        text = re.sub("(?=/var/|/etc/systemd/)", str(folder), text)
        (folder / f"{place}{Path(name).name}").write_text(text, encoding="utf-8")
    monkeypatch.setenv("PATH", f"{folder}/bin:{os.environ['PATH']}")
    monkeypatch.setenv("BOARD", str(folder))
    monkeypatch.setenv("SAID", str(folder / "said"))
    return folder


def sh(*command: object) -> subprocess.CompletedProcess[str]:
    words = ["sh", *map(str, command)]
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("states", [(), ("interrupted",), ("broken",), ("interrupted", "broken")])
def test_however_dpkg_was_left_by_a_power_cut_the_next_try_installs(board, states):
    for state in states:
        (board / state).touch()
    done = sh(board / "install.sh", "--profile", "home")
    assert done.returncode == 0, done.stderr
    said = (board / "said").read_text(encoding="utf-8").splitlines()
    assert said[-1] == "python3 -B -m edge.appliance.install --profile home"
    installing = [line for line in said if line.startswith("apt-get") and " install " in line]
    assert "DPkg::Lock::Timeout=300" in installing[-1]


def test_what_apt_is_about_to_bring_is_noted_before_it_is_there(board):
    """Else a power cut in the middle of it would leave packages of which nobody knows whose."""
    packages = board / "var/lib/mien/packages"
    (board / "offline").touch()
    for _ in range(2):
        assert sh(board / "install.sh", "--wheels", "wheels").returncode == 100
        assert packages.read_text(encoding="utf-8") == "python3-venv\n", "udev was there, but older"
    (board / "offline").rename(board / "interrupted")
    assert sh(board / "install.sh", "uninstall", "--packages").returncode == 0
    assert (board / "said").read_text(encoding="utf-8").endswith(" purge python3-venv\n")


@pytest.mark.parametrize("noted", ["python3-lgpio\npython3-venv\n", ""])
def test_who_takes_it_away_is_told_which_packages_stay_since_the_list_of_them_does_not(
    board, noted
):
    (board / "var/lib/mien").mkdir(parents=True)
    (board / "var/lib/mien/packages").write_text(noted, encoding="utf-8")
    done = sh(board / "install.sh", "uninstall")
    assert done.returncode == 0
    told = done.stdout.endswith("sudo apt-get purge python3-lgpio python3-venv\n")
    assert told == bool(noted)
    assert "purge" not in (board / "said").read_text(encoding="utf-8")


def test_nothing_is_installed_while_apt_cannot_say_whether_there_is_a_camera_stack(board):
    """It would never be looked for again on a card that nobody can log in to."""
    (board / "offline").touch()
    done = sh(board / "install.sh")
    assert done.returncode == 1
    assert "apt cannot say whether there is a python3-picamera2" in done.stderr
    assert "install --look\n" in (board / "said").read_text(encoding="utf-8")
    assert "install\n" not in (board / "said").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("unistall", "invalid choice: 'unistall'"),
        ("--profile boat", "invalid choice: 'boat'"),
        ("--profile home --update-key none.pub", "elsewhere/none.pub: No such file"),
        ("--profile home --wheels wheels", "--wheels: there is no wheel in"),
        ("--profile home --wheels here --update-key own.pub", ""),
        ("--help", ""),
    ],
)
def test_what_is_wrong_with_its_words_is_said_before_apt_and_files_are_looked_for_where_one_stands(
    board, words, told, monkeypatch
):
    python3 = board / "bin/python3"
    python3.write_text(f'#!/bin/sh\ncd {ROOT}\nexec {sys.executable} "$@" --root {board}\n')
    (board / "elsewhere/here").mkdir(parents=True)
    (board / "elsewhere/here/a.whl").touch()
    (board / "elsewhere/own.pub").write_text("ssh-ed25519 AAAA me\n", encoding="ascii")
    (board / "offline").touch()  # so that it ends at the latest with apt
    monkeypatch.chdir(board / "elsewhere")
    done = sh(board / "install.sh", *words.split())
    assert told in done.stderr
    assert (board / "said").exists() is (words != "--help" and not told), "apt was asked"
    assert ("Profiles: vehicle, home" in done.stdout) is (words == "--help")
    assert (done.returncode == 0) is (words == "--help")


@pytest.mark.parametrize("noted", [False, True])
def test_a_package_that_a_cut_kept_back_is_gone_for_again(board, noted):
    there = "python3\npython3-venv\nopenssh-client\nudev\npython3-picamera2\n"
    (board / "there").write_text(there, encoding="utf-8")
    (board / "var/lib/mien").mkdir(parents=True)
    packages = "python3-lgpio\npython3-picamera2\n" if noted else ""
    (board / "var/lib/mien/packages").write_text(packages, encoding="utf-8")
    assert sh(board / "install.sh").returncode == 0
    assert ("apt-get" in (board / "said").read_text(encoding="utf-8")) is noted


@pytest.fixture
def card(board) -> Path:
    """A boot partition as ``make release`` fills it; its installer does as ``$BOARD/do`` says."""
    payload = board / "payload.tar.gz"
    (board / "do").write_text("exit 0\n", encoding="utf-8")
    for archive, kind, name, data in (
        (payload, "w:gz", "install.sh", b'. "$BOARD/do"\n'),
        (board / "boot/mien-1.2.0.update", "w", "payload.tar.gz", None),
    ):
        with tarfile.open(archive, kind) as out:
            info = tarfile.TarInfo(name)
            content = payload.read_bytes() if data is None else data
            info.size = len(content)
            out.addfile(info, io.BytesIO(content))
    (board / "boot/mien.yaml").write_text("profile: home\n", encoding="utf-8")
    return board / "boot"


def test_a_first_boot_that_fails_says_why_on_the_card_until_it_has_installed(board, card):
    script, note = card / "mien-first-boot.sh", card / "mien-install.txt"
    error = "E: dpkg was interrupted"
    (board / "do").write_text(f"echo $0: {error} >&2; exit 100\n", encoding="utf-8")
    assert sh(script, "install").returncode == 100
    written = note.stat()
    told = note.read_bytes().decode()
    assert told.startswith("Mien is not installed yet. It tries every 30 seconds")
    assert f"\r\n  install.sh: {error}\r\n" in told
    done = sh(script, "install")
    assert error in done.stderr, "the journal has it too"
    assert note.stat().st_ino == written.st_ino, "the same again is not written again"
    (board / "do").write_text("exit 0\n", encoding="utf-8")
    assert sh(script, "install").returncode == 0
    assert {each.name for each in card.iterdir()} == {"mien.yaml"}
    assert not list((board / "var/tmp").iterdir())


def test_a_card_without_settings_says_so_on_the_card(board, card):
    (card / "mien.yaml").rename(card / "mien.yaml.txt")
    (board / "var/tmp/mien.abcdef").mkdir()  # of a try that lost its power
    assert sh(card / "mien-first-boot.sh", "install").returncode == 1
    told = (card / "mien-install.txt").read_text(encoding="utf-8")
    assert "no mien.yaml on the boot partition" in told
    assert not list((board / "var/tmp").iterdir())
