"""Aiming the camera with nothing but a card and a phone: ``aim: 3`` in ``mien.yaml``."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest
import yaml

from edge.commands import aim, online
from edge.page.network import PORT, own_address
from tests.appliance.card import GOOD, Board

if TYPE_CHECKING:
    from pathlib import Path

LINK = re.compile(r"http://([^:]+):8077/\?token=([a-z2-9]{10})\r\n")


def told(board: Board) -> str:
    file = board.card / "mien-aim.txt"
    return file.read_bytes().decode() if file.exists() else ""


def token(board: Board) -> str:
    return LINK.findall(told(board))[0][1]


def asked(board: Board) -> aim.Asked | None:
    return aim.asked(board.root / "run/mien/aim")


def power_on(board: Board) -> None:
    """What lay in memory is gone."""
    for file in (board.root / "run/mien").glob("*"):
        file.unlink()
    assert board.boot() == 0


def test_three_starts_have_the_page_with_one_address_and_then_nothing_is_left_of_it(board):
    board.write(GOOD + "aim: 3   # for Ann\n")
    tokens = set()
    for left in (2, 1, 0):
        power_on(board)
        assert f"aim: {left}   # for Ann" in board.file
        assert asked(board).left == left
        assert asked(board).token == token(board)
        tokens.add(token(board))
    assert len(tokens) == 1, "what was read off the card is good at the next start"
    power_on(board)
    assert asked(board) is None
    assert told(board) == ""
    assert board.secret("page") is None
    assert "aim: 0" in board.file
    assert board.errors == ""


def test_a_service_that_is_started_again_neither_counts_nor_opens_for_longer(board):
    board.write(GOOD + "aim: 2\n")
    power_on(board)
    before = asked(board)
    for _ in range(5):
        board.boot()  # systemd runs it before every start of the service
    assert asked(board) == before
    assert "aim: 1" in board.file
    assert 0 < before.left_s <= 15 * 60


def test_after_its_time_nobody_is_asked_to_open_it(board):
    board.write(GOOD + "aim: 1\n")
    power_on(board)
    request = board.root / "run/mien/aim"
    over = json.loads(request.read_bytes()) | {"until_s": time.monotonic() - 1}
    request.write_text(json.dumps(over), encoding="utf-8")
    assert asked(board) is None


def test_the_token_is_for_nobody_else_on_the_board(board):
    board.write(GOOD + "aim: 1\n")
    power_on(board)
    assert (board.root / "run/mien/aim").stat().st_mode & 0o777 == 0o640
    for file in ((board.root / "run/mien/config.yaml"), board.kept / "boot/mien.yaml"):
        assert token(board) not in file.read_text(encoding="utf-8")
    assert "aim" not in board.settings


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("profile: workplace\naim: 3\n", "aim: not with profile workplace: nobody is shown there"),
        ("profile: education\naim: 1\n", "aim: not with profile education"),
        ("profile: home\naim: 10\n", "aim: expected a whole number 0..9, got 10"),
        ("profile: home\naim: yes\n", "aim: expected"),
        ("profile: home\naim: 15 minutes\n", 'aim: expected a whole number 0..9, got "15 minutes"'),
    ],
)
def test_what_cannot_be_is_said_beside_the_file_and_opens_nothing(board, text, words):
    board.write(text)
    power_on(board)
    assert words in board.errors
    assert asked(board) is None
    assert told(board) == ""
    assert board.file == text


def test_a_workplace_by_the_devices_own_settings_is_none_by_another_line(board):
    board.write("profile: workplace\n", board.root / "etc/mien/config.yaml")
    board.write("aim: 2\n")
    power_on(board)
    assert "not with profile workplace" in board.errors
    assert asked(board) is None


def test_a_card_that_cannot_be_written_opens_no_page(board, monkeypatch):
    """It could not be counted: the page would open at every start, for ever."""
    board.write(GOOD + "aim: 1\n")
    power_on(board)
    board.write(board.file.replace("aim: 0", "aim: 1"))
    before = board.file
    (board.card / ".mien.yaml.new").mkdir()  # even root cannot write over it
    power_on(board)
    assert board.file == before
    assert asked(board) is None


def test_a_card_that_lost_its_file_does_not_open_the_page_again(board):
    board.write(GOOD + "aim: 2\n")
    power_on(board)
    (board.card / "mien.yaml").unlink()
    power_on(board)
    assert asked(board) is None
    assert yaml.safe_load(board.file)["aim"] == 1, "put back as it stood"


def test_once_there_is_a_network_the_address_is_written_in_numbers(board):
    board.write(GOOD + "aim: 1\n")
    power_on(board)
    assert LINK.findall(told(board))[0][0].endswith(".local")
    known = token(board)
    assert main_address(board) == 0
    host, same = LINK.findall(told(board))[0]
    assert same == known
    assert re.fullmatch(r"[0-9.]+", host) or own_address() is None


def test_without_a_network_the_address_is_waited_for_and_then_given_up(board, monkeypatch):
    board.write(GOOD + "aim: 1\n")
    power_on(board)
    now = [0.0]
    monkeypatch.setattr(online, "own_address", lambda: None)
    monkeypatch.setattr(online.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(online.time, "sleep", lambda s: now.append(now.pop() + s))
    assert main_address(board) == 1
    assert online.PATIENCE_S < now[0] < online.PATIENCE_S + 2
    assert LINK.findall(told(board))[0][0].endswith(".local")


def main_address(board: Board) -> int:
    from edge.__main__ import main  # noqa: PLC0415 - as the unit does

    return main(["boot", "--root", str(board.root), "--address"])


def test_the_service_opens_it_and_the_address_on_the_card_lets_in(
    broker, port, listen, service, media, board
):
    board.write("profile: home\naim: 1\n")
    power_on(board)
    with broker(port):
        hears = listen(port)
        clip: Path = media / "single_face.mp4"
        process = service(clip, port, "--aim", board.root / "run/mien/aim", loop=True)
        hears.wait_for("info", lambda said: said["privacy"]["page"])
        address = f"http://127.0.0.1:{PORT}/"
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        with opener.open(f"{address}?token={token(board)}", timeout=10) as page:
            assert b"<html" in page.read().lower()
        with opener.open(f"{address}look", timeout=10) as look:
            assert look.read(2) == b"\xff\xd8", "a JPEG"
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.build_opener().open(f"{address}look", timeout=10)
        process.terminate()
        errors = process.communicate(timeout=20)[1]
        assert process.returncode == 0
        assert token(board) not in errors


@pytest.mark.parametrize("text", ["", "{", '{"token": 5}', "[]"])
def test_a_request_that_cannot_be_read_is_no_reason_not_to_watch(tmp_path, text, caplog):
    (tmp_path / "aim").write_text(text, encoding="utf-8")
    assert aim.asked(tmp_path / "aim") is None
    assert "no page" in caplog.text
