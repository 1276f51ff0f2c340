"""Versions side by side, and the links by which a system finds the one that runs."""

from __future__ import annotations

import subprocess
import sys
import typing
from pathlib import Path

import pytest

from edge import config
from edge.appliance import install, versions
from edge.appliance.versions import Home

ROOT = Path(__file__).parents[2]


@pytest.fixture
def root(tmp_path) -> Path:
    """A system with a boot partition, and what is fetched for it."""
    folder = tmp_path / "root"
    for place in ("opt/mien/deps/abc", "boot/firmware", "etc/mien"):
        (folder / place).mkdir(parents=True)
    (folder / "boot/firmware/cmdline.txt").write_text("quiet\n", encoding="utf-8")
    return folder


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


@pytest.mark.parametrize("lose", ["edge/__init__.py", "README.md"])
def test_what_the_disk_has_lost_of_a_version_is_there_again_once_it_is_installed_again(
    source, home, lose
):
    version = versions.lay_out(source, home, deps="abc")
    versions.switch(home, version)
    (version / lose).write_bytes(b"\0" * 8)
    versions.switch(home, versions.lay_out(source, home, deps="abc"))
    assert home.link("current") == version
    assert versions.name(version) == version.name
    assert names(home.path / "versions") == {version.name}


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


def test_an_image_gets_every_link_and_all_of_it_can_be_taken_away(root):
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


@pytest.mark.parametrize("words", ["quiet", "cgroup_enable=memory quiet"])
def test_the_kernel_is_asked_for_a_memory_cap_and_what_was_the_owners_stays(root, words):
    card, home = root / "boot/firmware", Home(root)
    (card / "cmdline.txt").write_text(f"{words}\n", encoding="utf-8")
    for _ in range(2):
        install._ask_for_memory(card, home)
        asked = (card / "cmdline.txt").read_text(encoding="utf-8").split()
        assert sorted(asked) == ["cgroup_enable=memory", "quiet"]
    assert install.main(["uninstall", "--root", str(root)]) == 0
    assert (card / "cmdline.txt").read_text(encoding="utf-8") == f"{words}\n"
    assert not (root / "opt/mien").exists()


def test_the_first_time_one_has_to_say_what_the_device_is_for(tmp_path, capsys):
    assert install.main(["--root", str(tmp_path), "--deps", "abc"]) == 1
    assert "--profile: missing; what is the device for?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("card", "etc", "said"),
    [
        ("profile: home\n", "profile: workplace\n", "boot/firmware/mien.yaml says home"),
        ('# mine\r\n"profile":  "home" # ours\r\n', None, "boot/firmware/mien.yaml says home"),
        ("device: x\n# profile: home\n", "profile: home\n", "etc/mien/config.yaml says home"),
        (None, "profile: home\n", "etc/mien/config.yaml says home"),
        ("device: x\n", "device: x\n", "etc/mien/config.yaml says none"),
        ("profile: workplace\n", "profile: home\n", None),
        ("device: x\n", None, None),
        (None, None, None),
    ],
)
def test_another_profile_than_what_stands_is_refused_by_the_file_that_says_it(
    root, capsys, card, etc, said
):
    files = {"boot/firmware/mien.yaml": card, "etc/mien/config.yaml": etc}
    for place, text in files.items():
        if text is not None:
            (root / place).write_text(text, encoding="utf-8", newline="")
    command = ["--root", str(root), "--deps", "abc", "--profile", "workplace"]
    assert install.main(command) == (0 if said is None else 1)
    error = capsys.readouterr().err
    if said is not None:
        assert f"--profile workplace: {root}/{said}, and is not written over: " in error
        assert error.count("\n") == 1
    for place, text in files.items():
        if text is not None:
            assert (root / place).read_text(encoding="utf-8") == text.replace("\r\n", "\n")
        else:
            assert (root / place).exists() is (said is None)


@pytest.mark.parametrize(
    ("anew", "asked"),
    [
        (True, ["restart mien.service", "try-restart mien@*.service"]),
        (False, ["start mien.service"]),
    ],
)
def test_a_newer_version_is_what_further_cameras_run_too(monkeypatch, anew, asked):
    said = []
    monkeypatch.setattr(install, "_run", lambda *command: said.append(" ".join(command)))
    install._start(anew=anew)
    assert said == [f"systemctl --no-block {each}" for each in asked]


def test_a_lost_boot_file_is_laid_anew_with_the_profile_that_stands(root):
    """The template's own would lie over it."""
    (root / "etc/mien/config.yaml").write_text("profile: workplace\n", encoding="utf-8")
    assert install.main(["--root", str(root), "--deps", "abc"]) == 0
    laid = (root / "boot/firmware/mien.yaml").read_text(encoding="utf-8")
    assert "\nprofile: workplace\n" in laid


def test_the_installer_knows_every_profile():
    assert set(install.PROFILES) == set(typing.get_args(config.Profile))


def test_every_pin_has_its_hashes_and_none_is_newer_than_what_picamera2_can_bear():
    pins = (ROOT / "install/requirements.txt").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in pins.splitlines() if line and not line.startswith((" ", "#"))]
    assert all("--hash=sha256:" in line for line in lines)
    bookworm = [line for line in lines if line.startswith("numpy==1.")]
    assert len(bookworm) == 1
    assert "python_full_version < '3.13'" in bookworm[0]
