"""The login in a camera's address leaves the boot partition, and stays in use."""

from __future__ import annotations

import pytest

CAMERA = "profile: home\ncamera:\n  source: {}   # the door\n  fps: 10\n"


@pytest.mark.parametrize("login", ["admin:hunter22", "admin:p%40ss%2Fw", "me:a/b@c#d:e\\1", "só:x"])
@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_a_login_in_the_cameras_address_leaves_the_card_and_stays_in_use(board, login, quote):
    source = f"rtsp://{login}@10.0.0.5/s?x=1"
    written = source.replace("\\", "\\\\") if quote == '"' else source
    board.write(CAMERA.format(f"{quote}{written}{quote}"))
    for _ in range(2):
        assert board.boot() == 0
        assert board.errors == ""
        assert board.settings["camera"] == {"source": source, "fps": 10}
        assert "rtsp://kept@10.0.0.5/s?x=1" in board.file
        assert "# the door" in board.file
        for file in (board.card / "mien.yaml", board.kept / "boot/mien.yaml"):
            assert login not in file.read_text(encoding="utf-8")
        assert (board.root / "run/mien/config.yaml").stat().st_mode & 0o777 == 0o640


def test_a_kept_login_goes_with_another_address_and_goes_when_it_is_taken_out(board):
    board.write(CAMERA.format("rtsp://admin:hunter22@10.0.0.5/s"))
    board.boot()
    board.write(board.file.replace("10.0.0.5", "10.0.0.6"))
    board.boot()
    assert board.settings["camera"]["source"] == "rtsp://admin:hunter22@10.0.0.6/s"
    board.write(CAMERA.format(0))
    board.boot()
    assert (board.errors, board.secret("camera")) == ("", None)
    board.write(CAMERA.format("rtsp://kept@10.0.0.6/s"))
    board.boot()
    assert "camera.source: no login is kept here" in board.errors
    assert board.settings["camera"]["source"] == "rtsp://10.0.0.6/s"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (CAMERA.format('"rtsp://admin:hunter22\\x4010.0.0.5/s"'), "one line"),
        (CAMERA.format("rtsp://admin:hunter22@h/s") + "# rtsp://admin:hunter22@g/\n", "one line"),
        ("profile: home\ncamera: rtsp://admin:hunter22@h/s\n", "camera: expected keys and values"),
    ],
)
def test_a_login_that_cannot_be_moved_is_refused_and_not_quoted(board, caplog, text, words):
    board.write(text)
    assert board.boot() == 0
    assert words in board.errors
    assert "hunter22" not in board.errors + caplog.text
    assert board.file == text
