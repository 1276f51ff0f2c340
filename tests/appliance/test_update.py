"""Whose updates are taken, and what becomes of a file on the card."""

from __future__ import annotations

import errno
import io
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from edge.__main__ import main
from edge.appliance import bundle, release, trial, versions
from edge.appliance.trial import Look
from edge.appliance.versions import Home, InstallError, NotNowError
from edge.commands import update

needs_openssh = pytest.mark.skipif(
    shutil.which("ssh-keygen") is None, reason="needs ssh-keygen (apt install openssh-client)"
)


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
@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("", ""),
        ("--wheels {0}/none", "--wheels: there is no wheel in {0}/none"),
        ("--out {0}/own/dist", "{0}/own/dist: Not a directory"),
        ("--key {0}/nobody", "{0}/nobody: cannot sign: "),
    ],
)
def test_a_release_that_cannot_be_made_is_one_line_and_none_lacks_its_wheels(
    key, source, tmp_path, capsys, words, told
):
    command = f"--key {key('own')} --source {source} --out {tmp_path} {words.format(tmp_path)}"
    assert release.main(command.split()) == (1 if told else 0)
    error = capsys.readouterr().err
    assert error.startswith("release: " + told.format(tmp_path)) or not told
    assert error.count("\n") == bool(told)
    assert len(list(tmp_path.glob("*.update"))) == (not told)


@needs_openssh
def test_no_room_to_unpack_an_update_is_no_fault_of_the_file(key, tmp_path, monkeypatch):
    def full(_: Path, data: bytes) -> None:
        if data == b"new":
            raise OSError(errno.ENOSPC, "No space left on device")

    own = key("own")
    (tmp_path / "a.txt").write_text("new", encoding="utf-8")
    bundle.pack(tmp_path, [Path("a.txt")], own, tmp_path / "x.update", [])
    written = Path.write_bytes
    monkeypatch.setattr(Path, "write_bytes", lambda *its: full(*its) or written(*its))
    monkeypatch.setattr(update, "SIGNERS", signers(own))
    (tmp_path / "opt/mien").mkdir(parents=True)
    answer = update._judged(Home(tmp_path), tmp_path / "x.update")
    assert not answer.settled
    assert answer.text == "x.update: not tried, left here: the disk: No space left on device"


@pytest.mark.parametrize(
    ("patient", "wheels", "there", "waits"),
    [(1, 0, 0, True), (0, 0, 0, False), (1, 1, 0, False), (1, 0, 1, False)],
)
def test_a_network_is_waited_for_while_the_board_starts_and_only_where_pip_needs_one(
    tmp_path, monkeypatch, patient, wheels, there, waits
):
    source, home, did = tmp_path / "source", Home(tmp_path), []
    files = {"edge/__init__.py": '__version__ = "2.0.0"\n', "install/requirements.txt": "pins\n"}
    for name, text in (files | ({"wheels/a.whl": ""} if wheels else {})).items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text, encoding="utf-8")
    if there:
        folder = home.path / "deps" / versions.deps_name(source)
        folder.mkdir(parents=True)
        (folder / versions.WHOLE).touch()
    monkeypatch.setattr(update.bundle, "unpacked", lambda *_: source)
    monkeypatch.setattr(update.online, "address", lambda: did.append("waits"))
    monkeypatch.setattr(update.versions, "lay_out", lambda *_: did.append("lays out"))
    monkeypatch.setattr(update, "_try", lambda *_: "2.0.0 runs")
    assert update._update(home, tmp_path / "x.update", patient=bool(patient)) == "2.0.0 runs"
    assert did == (["waits"] if waits else []) + ["lays out"]


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


def test_each_file_on_a_card_has_its_answer_and_what_a_board_cannot_try_now_stays(
    tmp_path, monkeypatch
):
    def tried(_home: Home, file: Path, *, patient: bool) -> str:
        assert patient
        match file.name:
            case "a.update":
                raise InstallError("it ended 3 times")
            case "b.update":
                raise OSError(errno.ENOSPC, "No space left on device", "/opt/mien/.update")
            case "c.update":
                raise NotNowError("pip failed: is there room, and a network?")
        return "2.0.0 runs"

    for letter in ("a", "b", "c", "d", "._d"):
        (tmp_path / f"{letter}.update").touch()
    monkeypatch.setattr(update, "CARDS", (tmp_path,))
    monkeypatch.setattr(update, "_update", tried)
    (tmp_path / "opt/mien").mkdir(parents=True)
    assert update._from_card(Home(tmp_path)) == 1
    assert (tmp_path / "mien-update.txt").read_text().splitlines() == [
        "a.update: not taken: it ended 3 times",
        "b.update: not tried, left here: /opt/mien/.update: No space left on device",
        "c.update: not tried, left here: pip failed: is there room, and a network?",
        "2.0.0 runs",
    ]
    assert {file.name for file in tmp_path.glob("*.update")} == {
        *("b.update", "c.update"),
        "._d.update",  # macOS's, and no update
    }


def test_an_update_that_fills_the_card_is_not_tried_again_and_its_answer_has_its_room(
    tmp_path, monkeypatch, capsys
):
    def tried(*_: object, **__: object) -> str:
        raise InstallError("it ended 3 times")

    def full(file: Path, *its: object, **named: object) -> None:
        if (tmp_path / "a.update").exists():
            raise OSError(errno.ENOSPC, "No space left on device")
        put(file, *its, **named)

    put = update.disk.put
    (tmp_path / "a.update").touch()
    (tmp_path / "opt/mien").mkdir(parents=True)
    monkeypatch.setattr(update, "CARDS", (tmp_path,))
    monkeypatch.setattr(update, "_update", tried)
    monkeypatch.setattr(update.disk, "put", full)
    assert update._from_card(Home(tmp_path)) == 1
    assert not (tmp_path / "a.update").exists()
    answer = (tmp_path / "mien-update.txt").read_text(encoding="utf-8")
    assert answer == "a.update: not taken: it ended 3 times\n"
    assert "the disk: No space left on device" in capsys.readouterr().err


def test_a_disk_that_cannot_be_written_is_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(update.os, "geteuid", lambda: 0)
    monkeypatch.setattr(update, "Home", lambda: Home(tmp_path))
    assert main(["update", "x.update"]) == 1
    said = f"update: {tmp_path}/opt/mien/.lock: No such file or directory\n"
    assert capsys.readouterr().err == said


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


def test_a_healthy_version_that_cannot_be_kept_does_not_run_on(tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/opt/mien/.current.new")

    ends: list[bool] = []
    monkeypatch.setattr(trial, "observe", lambda: Look(0, True, 7, 0, "watching"))
    monkeypatch.setattr(trial, "begin", lambda _: None)
    monkeypatch.setattr(trial, "watch", lambda *_: "healthy")
    monkeypatch.setattr(trial, "end", lambda *, restart: ends.append(restart))
    monkeypatch.setattr(update.versions, "switch", full)
    with pytest.raises(OSError, match="No space left"):
        update._try(Home(tmp_path), tmp_path / "opt/mien/versions/2.0.0")
    assert ends == [True]
