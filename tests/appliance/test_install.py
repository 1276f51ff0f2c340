"""Versions side by side, and the links by which a system finds the one that runs."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tarfile
import typing
from pathlib import Path

import pytest

from edge import config
from edge.appliance import install, versions
from edge.appliance.versions import Home

ROOT = Path(__file__).parents[2]


@pytest.fixture
def source(tmp_path) -> Path:
    """A release small enough to be laid out in no time."""
    folder = tmp_path / "release"
    files = {"edge/__init__.py": '__version__ = "1.2.0"\n', "install/requirements.txt": "pins\n"}
    for name, text in {**files, "install.sh": "#!/bin/sh\n", "README.md": "x\n"}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def home(tmp_path) -> Home:
    made = Home(tmp_path / "board")
    (made.path / "versions").mkdir(parents=True)
    (made.path / "deps/abc").mkdir(parents=True)
    return made


def test_the_installer_needs_nothing_but_python():
    """It runs on a board's own Python, and makes a card on anybody's, before anything is there."""
    command = [sys.executable, "-S", "-c", "import edge.appliance.install"]
    subprocess.run(command, cwd=ROOT, check=True)


def release(source: Path, number: str) -> Path:
    (source / "edge/__init__.py").write_text(f'__version__ = "{number}"\n', encoding="utf-8")
    return source


def names(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


def test_a_version_is_named_after_what_is_in_it(source):
    first = versions.name(source)
    assert first.startswith("1.2.0-")
    (source / "edge/__pycache__").mkdir()
    (source / "edge/__pycache__/x.pyc").write_bytes(b"no part of it")
    assert versions.name(source) == first
    (source / "README.md").write_text("y\n", encoding="utf-8")
    assert versions.name(source) != first


def test_laid_out_again_from_where_it_lies_it_is_the_same_version(source, home):
    version = versions.lay_out(source, home, deps="abc")
    assert versions.name(version) == version.name
    assert versions.lay_out(version, home, deps="abc") == version


def test_the_version_before_stays_and_older_ones_go_with_what_only_they_needed(source, home):
    for number, deps in (("1.0.0", "abc"), ("1.1.0", "abc"), ("1.2.0", "def"), ("1.3.0", "def")):
        (home.path / "deps" / deps).mkdir(exist_ok=True)
        versions.switch(home, versions.lay_out(release(source, number), home, deps=deps))
    assert home.link("current").name.startswith("1.3.0-")
    assert home.link("previous").name.startswith("1.2.0-")
    assert len(names(home.path / "versions")) == 2
    assert names(home.path / "deps") == {"def"}


CUT = """
import sys
from pathlib import Path
from edge.appliance import versions
from tests.appliance.power import cut
source, home, cuts = Path(sys.argv[1]), versions.Home(Path(sys.argv[2])), 0
work = lambda: versions.switch(home, versions.lay_out(source, home, deps="abc"))
while not cut(work, cuts):
    current = home.link("current")
    assert (current / "bin/mien").is_file(), cuts
    assert versions.name(current) == current.name, (cuts, "a part of it is missing")
    cuts += 1
print(cuts)
"""


def test_wherever_the_power_goes_current_leads_to_a_whole_version(source, home):
    versions.switch(home, versions.lay_out(release(source, "1.0.0"), home, deps="abc"))
    versions.switch(home, versions.lay_out(release(source, "1.1.0"), home, deps="abc"))
    command = [sys.executable, "-c", CUT, str(release(source, "1.2.0")), str(home.root)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 15
    assert home.link("current").name.startswith("1.2.0-")


def test_pip_has_its_wheels_beside_the_versions_and_leaves_none(source, home, monkeypatch):
    """The ``/tmp`` of a card holds 64 MB: less than they are."""
    scratch = []

    def run(_command, *, check, env):
        assert check
        scratch.append(Path(env["TMPDIR"]))
        assert scratch[-1].is_dir()

    monkeypatch.setattr(versions.subprocess, "run", run)
    folder = home.path / "deps" / versions._dependencies(source, home, None)
    assert len(scratch) == 2
    assert all(folder in each.parents for each in scratch)
    assert names(folder) == {".whole"}


def test_whose_updates_are_taken_is_a_public_key(tmp_path, capsys):
    root, key = tmp_path / "root", tmp_path / "key.pub"
    (root / "opt/mien/deps/abc").mkdir(parents=True)
    arguments = ["--root", str(root), "--deps", "abc", "--profile", "care"]
    key.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n", encoding="ascii")
    assert install.main([*arguments, "--update-key", str(key)]) == 1
    assert f"--update-key: expected a public key (FILE.pub of ssh-keygen), got {key}" in (
        capsys.readouterr().err
    )
    key.write_text("ssh-ed25519 AAAAC3 zoë@home\n", encoding="utf-8")
    assert install.main([*arguments, "--update-key", str(key)]) == 0
    signers = (root / "etc/mien/update_signers").read_text(encoding="ascii")
    assert signers == 'mien namespaces="mien-update" ssh-ed25519 AAAAC3\n'


def test_an_image_gets_every_link_and_all_of_it_can_be_taken_away(tmp_path, capsys):
    root = tmp_path / "root"
    (root / "opt/mien/deps/abc").mkdir(parents=True)
    (root / "boot/firmware").mkdir(parents=True)
    (root / "boot/firmware/cmdline.txt").write_text("quiet\n", encoding="utf-8")
    (root / "etc").mkdir()
    arguments = ["--root", str(root), "--deps", "abc", "--profile", "care"]
    assert install.main(arguments) == 0
    version = Home(root).link("current")
    for place, target in install.LINKS.items():
        assert (root / place).readlink() == Path("/opt/mien/current") / target
        assert (version / target).is_file(), "it leads nowhere"
    for unit in install.STARTED:
        assert (root / "etc/systemd/system/multi-user.target.wants" / unit).is_symlink()
    assert config.load(root / "etc/mien/config.yaml").profile == "care"
    assert "profile: care\n" in (root / "boot/firmware/mien.yaml").read_text(encoding="utf-8")
    (root / "etc/mien/config.yaml").write_text("profile: home\n", encoding="utf-8")
    assert install.main(arguments) == 0
    assert (root / "etc/mien/config.yaml").read_text(encoding="utf-8") == "profile: home\n"
    assert install.main(["uninstall", "--root", str(root)]) == 0
    left = {str(p.relative_to(root)) for p in root.rglob("*") if not p.is_dir()}
    assert left == {"boot/firmware/cmdline.txt"}
    assert not (root / "opt/mien").exists()


def test_the_first_time_one_has_to_say_what_the_device_is_for(tmp_path, capsys):
    assert install.main(["--root", str(tmp_path), "--deps", "abc"]) == 1
    assert "--profile: missing; what is the device for?" in capsys.readouterr().err


def test_the_installer_knows_every_profile():
    assert set(install.PROFILES) == set(typing.get_args(config.Profile))


def test_every_pin_has_its_hashes_and_none_is_newer_than_what_picamera2_can_bear():
    pins = (ROOT / "install/requirements.txt").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in pins.splitlines() if line and not line.startswith((" ", "#"))]
    assert all("--hash=sha256:" in line for line in lines)
    bookworm = [line for line in lines if line.startswith("numpy==1.")]
    assert len(bookworm) == 1
    assert "python_full_version < '3.13'" in bookworm[0]


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


def test_nothing_is_installed_while_apt_cannot_say_whether_there_is_a_camera_stack(board):
    """It would never be looked for again on a card that nobody can log in to."""
    (board / "offline").touch()
    done = sh(board / "install.sh")
    assert done.returncode == 1
    assert "apt cannot say whether there is a python3-picamera2" in done.stderr
    assert "python3 -B" not in (board / "said").read_text(encoding="utf-8")


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
    assert names(card) == {"mien.yaml"}
    assert not names(board / "var/tmp")


def test_a_card_without_settings_says_so_on_the_card(board, card):
    (card / "mien.yaml").rename(card / "mien.yaml.txt")
    (board / "var/tmp/mien.abcdef").mkdir()  # of a try that lost its power
    assert sh(card / "mien-first-boot.sh", "install").returncode == 1
    told = (card / "mien-install.txt").read_text(encoding="utf-8")
    assert "no mien.yaml on the boot partition" in told
    assert not names(board / "var/tmp")
