"""A block of the disk that is lost: what lay there is gone, and watching goes on."""

from __future__ import annotations

import errno
import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edge import config
from tests.appliance.card import GOOD, SECRET, Board

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CAMERA = "camera:\n  source: rtsp://admin:hunter22@10.0.0.5/s\n"
TLS = "  tls: true\n  ca: ca.crt\n  certificate: van.crt\n  key: van.key\n"


@pytest.fixture
def unreadable(monkeypatch) -> Iterator[Callable[[Path], None]]:
    """Give an I/O error for a file until it is replaced, as a card does for a bad block."""
    read = Path.read_bytes
    bad: set[int] = set()

    def failing(path: Path) -> bytes:
        if path.is_file() and path.stat().st_ino in bad:
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", failing)
    with ExitStack() as held:  # open, so that no other file is given its number

        def spoil(file: Path) -> None:
            bad.add(os.fstat(held.enter_context(file.open("rb")).fileno()).st_ino)

        yield spoil


@pytest.fixture(params=["not UTF-8", "zeros", "I/O error"])
def lose(request, unreadable) -> Callable[[Path], None]:
    """Damage a file in one of the ways that a card has."""
    wrecks = {"not UTF-8": b"\xff\xfe\x80", "zeros": bytes(12)}
    if request.param in wrecks:
        return lambda file: file.write_bytes(wrecks[request.param])
    return unreadable


def service(board: Board) -> config.Config:
    return config.load(board.root / "run/mien/config.yaml")


@pytest.mark.parametrize("place", ["mqtt/password", "wifi"])
def test_a_secret_that_is_lost_is_asked_for_beside_the_file_and_all_the_rest_holds(
    board, lose, place
):
    board.write(GOOD)
    board.boot()
    lose(board.kept / "secret" / place)
    key = {"wifi": "wifi.password"}.get(place, "mqtt.password")
    for _ in range(2):  # until it is there again
        assert board.boot() == 0
        assert (board.settings["device"], service(board).profile) == ("van_7", "home")
        assert f"{key}: none stands here, and none is kept here: write it again" in board.errors
        assert "all the rest of it holds" in board.errors
        assert board.secret(place) is None
    assert (board.wifi == "") == (place == "wifi"), "an open network of that name is another's"
    board.write(GOOD)
    board.boot()
    assert board.errors == ""
    assert board.secret("mqtt/password") == SECRET
    assert "psk=wifi sesame\n" in board.wifi
    board.boot()
    assert [*(board.kept / "aside").rglob("*.*"), board.errors] == [""]


@pytest.mark.parametrize("place", ["mqtt/password", "wifi", "camera"])
def test_a_secret_that_can_be_read_again_is_taken_back(board, monkeypatch, place):
    board.write(GOOD + CAMERA)
    board.boot()
    before = board.secret(place)
    read = Path.read_bytes

    def failing(path: Path) -> bytes:
        if path.is_file() and path.name == Path(place).name and "secret" in path.parts:
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))
        return read(path)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", failing)
        assert board.boot() == 0
    assert board.secret(place) is None
    assert before not in board.file + board.errors
    assert board.boot() == 0
    assert (board.secret(place), board.errors) == (before, "")
    assert service(board).camera.source == "rtsp://admin:hunter22@10.0.0.5/s"


def test_what_was_put_aside_goes_with_its_line(board, unreadable):
    board.write(GOOD)
    board.boot()
    unreadable(board.kept / "secret/mqtt/password")
    board.boot()
    assert (board.kept / "aside/mqtt/password").is_file()
    lines = board.file.splitlines(keepends=True)
    board.write("".join(line for line in lines if "# ask Ann" not in line))
    board.boot()
    assert (board.errors, [*(board.kept / "aside").rglob("password")]) == ("", [])


def test_the_file_of_another_board_says_that_its_passwords_stayed_there(board, tmp_path):
    board.write(GOOD)
    board.boot()
    other = type(board)(tmp_path / "other")
    other.write(board.file)
    assert other.boot() == 0
    for key in ("mqtt.password", "wifi.password"):
        assert f"{key}: none stands here, and none is kept here" in other.errors
    assert (other.settings["device"], other.wifi) == ("van_7", "")


def test_a_cameras_login_that_is_lost_is_asked_for_beside_the_file(board, lose):
    board.write(GOOD + CAMERA)
    board.boot()
    lose(board.kept / "secret/camera")
    for _ in range(2):
        assert board.boot() == 0
        assert "camera.source: no login is kept here" in board.errors
        assert (service(board).profile, service(board).device) == ("home", "van_7")
        assert service(board).camera.source == "rtsp://10.0.0.5/s"
    board.write(GOOD + CAMERA)
    board.boot()
    assert (board.errors, board.secret("camera")) == ("", "admin:hunter22")


def test_the_cards_own_file_holds_where_the_last_good_one_is_lost_and_is_kept_anew(board, lose):
    board.write(GOOD)
    board.boot()
    last = board.kept / "boot/mien.yaml"
    before = last.read_bytes()
    lose(last)
    assert board.boot() == 0
    assert (board.errors, board.settings["device"]) == ("", "van_7")
    assert board.secret("mqtt/password") == SECRET
    assert last.read_bytes() == before


def test_where_both_are_lost_the_devices_own_settings_hold(board, lose):
    board.write(GOOD)
    board.boot()
    (board.card / "mien.yaml").unlink()
    lose(board.kept / "boot/mien.yaml")
    assert board.boot() == 0
    assert service(board).profile == "vehicle"
    assert not (board.card / "mien.yaml").exists(), "nor is garbage put there"


@pytest.fixture
def certified(board) -> Board:
    """One whose key is nowhere but in the device."""
    for name in ("ca.crt", "van.crt", "van.key"):
        board.write(f"this is {name}", board.card / name)
    board.write(GOOD.replace("  username", TLS + "  username"))
    board.boot()
    for file in board.card.glob("*.crt"):
        file.unlink()
    return board


def test_what_is_kept_stays_in_use_where_the_file_that_named_it_is_lost(certified, lose):
    lose(certified.kept / "boot/mien.yaml")
    assert certified.boot() == 0
    assert (certified.errors, certified.settings["device"]) == ("", "van_7")
    assert certified.secret("mqtt/key") == "this is van.key"


@pytest.mark.parametrize("place", ["secret/mqtt/key", "boot/ca.crt"])
def test_a_certificate_that_is_lost_ends_no_watching(certified, caplog, unreadable, place):
    file = certified.kept / place
    unreadable(file)
    assert certified.boot() == 0
    assert f"{place}: Input/output error" in caplog.text
    assert service(certified).device == "van_7"
    assert file.exists() == (place == "boot/ca.crt"), "systemd would not start the service with it"
    file.unlink(missing_ok=True)
    assert certified.boot() == 0
    assert "beside mien.yaml" in certified.errors
    assert service(certified).device == "van_7", "as it was last good"


def test_a_file_on_the_card_that_is_lost_is_named_and_not_written_over(board, unreadable):
    board.write(GOOD)
    board.boot()
    file = board.card / "mien.yaml"
    before = file.stat().st_ino
    unreadable(file)
    assert board.boot() == 0
    assert "cannot be read: Input/output error" in board.errors
    assert "good the last time" in board.errors
    assert board.settings["device"] == "van_7"
    assert file.stat().st_ino == before


def test_a_token_of_the_page_that_is_lost_is_made_anew(board, lose):
    board.write("profile: home\naim: 3\n")
    board.boot()
    (board.root / "run/mien/aim").unlink()
    token = board.kept / "secret/page"
    lose(token)
    assert board.boot() == 0
    assert f"token={token.read_text(encoding='ascii')}" in (board.card / "mien-aim.txt").read_text(
        encoding="utf-8"
    )
