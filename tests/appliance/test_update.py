"""Whose updates are taken, and what counts as healthy."""

from __future__ import annotations

import io
import itertools
import re
import shutil
import signal
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from edge.appliance import bundle, trial
from edge.appliance.trial import Look, verdict
from edge.appliance.versions import Home, InstallError
from edge.commands import update

needs_openssh = pytest.mark.skipif(
    shutil.which("ssh-keygen") is None, reason="needs ssh-keygen (apt install openssh-client)"
)


def looks(*spans: tuple[float, str, int, int]) -> list[Look]:
    """Two looks a second: seconds, what it does, its process, restarts so far."""
    found: list[Look] = []
    for seconds, doing, pid, restarts in spans:
        for _ in range(int(2 * seconds)):
            t_s = len(found) / 2
            found.append(Look(t_s, doing not in {"", "dead"}, pid, restarts, doing.strip("-")))
    return found


@pytest.mark.parametrize(
    ("story", "end"),
    [
        (looks((3, "", 7, 0), (11, "watching", 7, 0)), "healthy"),
        (looks((3, "", 7, 0), (9, "watching", 7, 0)), None),
        (looks((8, "watching", 7, 0), (8, "watching", 8, 1)), None),
        (looks((8, "watching", 7, 0), (2, "", 8, 1), (11, "watching", 8, 1)), "healthy"),
        (
            looks((2, "dead", 7, 0), (2, "dead", 8, 1), (2, "dead", 9, 2), (1, "dead", 9, 3)),
            "ended",
        ),
        (looks((59, "-", 7, 0)), None),
        (looks((61, "-", 7, 0)), "not watching within 60 s: it said nothing"),
        (looks((61, "", 7, 0)), "not up within 60 s"),
    ],
)
def test_a_version_is_healthy_once_it_watches_and_goes_on_for_a_while(story, end):
    found = verdict(story)
    assert found is None if end is None else end in str(found)


@pytest.mark.parametrize(
    ("old_pid", "story", "end"),
    [
        (0, looks(*((2, "dead", 0, n) for n in range(4))), "it ended 3 times"),
        (0, looks((70, "", 0, 0)), "it was not up within 60 s"),
        (7, looks((9, "watching", 7, 0), (12, "watching", 8, 0)), "healthy"),
        (7, looks((70, "watching", 7, 0)), "what ran before had not ended within 60 s"),
    ],
)
def test_a_trial_ends_whatever_ran_before(monkeypatch, old_pid, story, end):
    now = itertools.count()
    monkeypatch.setattr(trial, "observe", lambda: story[next(now)])
    monkeypatch.setattr(trial.time, "sleep", lambda _s: None)
    clock = itertools.count(step=0.5)
    found = trial.watch(old_pid, lambda _text: None, lambda: False, lambda: next(clock))
    assert found == end


SYSTEMCTL = """\
#!/bin/sh
echo "$@" >>{log}
[ "$1" != show ] || printf 'ActiveState=activating\nMainPID=%s\nNRestarts=0\nStatusText=\n' \
  "$(grep -c restart {log})"
"""
TRY = """
import sys
from pathlib import Path
from edge.appliance import trial
from edge.appliance.versions import Home
from edge.commands import update
home = Home(Path(sys.argv[1]))
trial.RUN = home.root / "run"
update._try(home, home.path / "versions/2.0.0")
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_stop_in_the_trial_goes_back_to_what_ran_before(tmp_path, number):
    """A dropped connection, or a unit that has taken too long."""
    log, systemctl, opt = tmp_path / "log", tmp_path / "systemctl", tmp_path / "opt/mien"
    systemctl.write_text(SYSTEMCTL.format(log=log), encoding="ascii")
    systemctl.chmod(0o755)
    for version in ("1.0.0", "2.0.0"):
        (opt / "versions" / version).mkdir(parents=True)
        (opt / "versions" / version / "deps").symlink_to("../../deps/abc")
    (opt / "deps/abc").mkdir(parents=True)
    (opt / "current").symlink_to("versions/1.0.0")
    process = subprocess.Popen(
        [sys.executable, "-c", TRY, str(tmp_path)],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert [next(process.stdout) for _ in range(2)][-1] == "  process 1: starting\n"
        assert (tmp_path / "run/mien.service.d/trial.conf").is_file()
        process.send_signal(number)
        try:
            _, said = process.communicate(timeout=20)
        finally:
            process.kill()
    assert (process.returncode, said) == (1, "update: told to stop: 2.0.0 was not kept\n")
    assert log.read_text().splitlines()[-1] == "restart mien.service"
    assert not list((tmp_path / "run").rglob("*.*"))
    assert {each.name for each in (opt / "versions").iterdir()} == {"1.0.0"}


@pytest.fixture
def key(tmp_path):
    """Make a key; gives its file."""

    def make(name: str) -> Path:
        file = tmp_path / name
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(file)]
        subprocess.run(command, check=True)
        return file

    return make


def signers(key: Path) -> Path:
    kind, public, *_ = key.with_suffix(".pub").read_text(encoding="ascii").split()
    file = key.parent / "update_signers"
    file.write_text(f'mien namespaces="mien-update" {kind} {public}\n', encoding="ascii")
    return file


@needs_openssh
def test_an_update_by_the_right_key_is_unpacked(key, tmp_path):
    own = key("own")
    (tmp_path / "a").mkdir()
    (tmp_path / "a/b.txt").write_text("new", encoding="utf-8")
    bundle.pack(tmp_path, [Path("a/b.txt")], own, tmp_path / "x.update", [])
    source = bundle.unpacked(tmp_path / "x.update", signers(own), tmp_path / "into")
    assert (source / "a/b.txt").read_text(encoding="utf-8") == "new"


@needs_openssh
def test_nothing_of_an_update_by_a_stranger_or_of_another_kind_is_unpacked(key, tmp_path):
    trusted, stranger = signers(key("own")), key("stranger")
    (tmp_path / "a.txt").write_text("evil", encoding="utf-8")
    bundle.pack(tmp_path, [Path("a.txt")], stranger, tmp_path / "x.update", [])
    (tmp_path / "y.update").write_bytes(b"not a tar")
    for file, words in (("x", "signature"), ("y", "cannot be read as an update")):
        with pytest.raises(InstallError, match=words):
            bundle.unpacked(tmp_path / f"{file}.update", trusted, tmp_path / file)
    assert not list(tmp_path.rglob("payload"))


@needs_openssh
def test_without_a_key_that_is_trusted_nothing_is_taken(key, tmp_path):
    own = key("own")
    (tmp_path / "a.txt").write_text("x", encoding="utf-8")
    bundle.pack(tmp_path, [Path("a.txt")], own, tmp_path / "x.update", [])
    with pytest.raises(InstallError, match="--update-key"):
        bundle.unpacked(tmp_path / "x.update", tmp_path / "none", tmp_path / "into")


@pytest.mark.parametrize("lacks", ["update_signers", "ssh-keygen"])
def test_a_file_stays_on_a_card_that_cannot_tell_whose_it_is(tmp_path, monkeypatch, lacks):
    card, file, answer = tmp_path, tmp_path / "x.update", tmp_path / "mien-update.txt"
    file.write_bytes(b"not a tar")
    known, tool = tmp_path / "update_signers", tmp_path / "ssh-keygen"
    for there in {known, tool} - {tmp_path / lacks}:
        there.touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(update, "CARDS", (card,))
    monkeypatch.setattr(update, "SIGNERS", known)
    home = Home(tmp_path)
    home.path.mkdir(parents=True)
    assert update._from_card(home) == 1
    assert file.is_file()
    assert re.search(f"{lacks}:? is not there", answer.read_text())
    before = answer.stat()
    assert update._from_card(home) == 1
    assert answer.stat().st_ino == before.st_ino, "written at every start of the board"
    (tmp_path / lacks).touch(0o755)
    assert update._from_card(home) == 1
    assert not file.exists()
    assert "cannot be read as an update" in answer.read_text()


@needs_openssh
@pytest.mark.parametrize("name", ["../outside", "/etc/outside", "a/../../outside"])
def test_even_a_signed_update_stays_in_its_folder(key, tmp_path, name):
    own = key("own")
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo(name))
    (tmp_path / "payload").write_bytes(inner.getvalue())
    command = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(own), "-n", "mien-update"]
    subprocess.run([*command, str(tmp_path / "payload")], check=True, capture_output=True)
    with tarfile.open(tmp_path / "x.update", "w") as tar:
        tar.add(tmp_path / "payload", "payload.tar.gz")
        tar.add(tmp_path / "payload.sig", "payload.tar.gz.sig")
    with pytest.raises(InstallError, match="has no place in an update"):
        bundle.unpacked(tmp_path / "x.update", signers(own), tmp_path / "into")
