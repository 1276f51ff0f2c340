"""What a person at the terminal sees."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from edge.commands.board import Board
from edge.commands.watch import line
from edge.tell import messages as m
from tests.tell import examples
from tests.tell.brokers import Listener, a_broker, until

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).parents[2]


def seen(board: Board) -> str:
    out = io.StringIO()
    Console(file=out, width=160, height=40).print(board)
    return out.getvalue()


def a_board(*, until_topic: str = "") -> Board:
    """The night drive, as far as the first message on ``until_topic``."""
    board = Board()
    hear(board, "pi_7c1f3a", m.AVAILABILITY, b"online")
    for said in examples.night_drive():
        hear(board, "pi_7c1f3a", said.topic, m.encode(said.message))
        if said.topic == until_topic:
            break
    return board


def hear(board: Board, device: str, topic: str, payload: bytes) -> None:
    board.hear(device, topic, payload, line(topic, payload))


def row_of(board: Board, device: str) -> str:
    return next(text for text in seen(board).splitlines() if device in text)


def test_a_sleeper_is_seen_at_once() -> None:
    row = row_of(a_board(until_topic="state"), "pi_7c1f3a")
    assert "online" in row
    assert "3 microsleep" in row
    assert "4% open, shut 1.5 s, PERCLOS 16%" in row
    assert "neutral 71%" in row


def test_the_log_tells_the_episode_from_beginning_to_end() -> None:
    text = seen(a_board())
    for words in ("EVENT new", "EVENT update", "EVENT end", "camera: no picture"):
        assert words in text


def test_a_device_that_has_gone_is_red_and_not_believed_any_more() -> None:
    board = a_board(until_topic="state")
    hear(board, "pi_7c1f3a", m.AVAILABILITY, b"offline")
    assert "● offline" in row_of(board, "pi_7c1f3a")


def test_the_most_urgent_device_is_on_top() -> None:
    board = Board()
    for device in ("pi_a", "pi_b"):
        hear(board, device, m.AVAILABILITY, b"online")
    for said in examples.night_drive()[:4]:
        hear(board, "pi_b", said.topic, m.encode(said.message))
    text = seen(board)
    assert text.index("pi_b") < text.index("pi_a")


def test_what_is_no_message_of_ours_breaks_nothing() -> None:
    board = Board()
    for topic in (*m.KINDS, m.AVAILABILITY, "rsp/ack", "nonsense"):
        hear(board, "pi_x", topic, b"\xff{")
    assert "pi_x" in seen(board)


def test_json_and_plain_lines_come_out_of_the_command(tmp_path: Path) -> None:
    with a_broker(tmp_path) as port, Listener(port) as person:
        for said in examples.night_drive():
            if said.retain:
                person.say(f"mien/pi_7c1f3a/{said.topic}", m.encode(said.message), retain=True)
        found = [json.loads(text) for text in watched(port, "--json")]
        (state,) = (each for each in found if each["topic"] == "state")
        assert state["device"] == "pi_7c1f3a"
        assert state["message"]["schema"] == "state/1.2"
        assert any("version 1.0.0, vehicle" in text for text in watched(port))


def watched(port: int, *arguments: str) -> list[str]:
    """Lines of ``mien watch`` on what is retained."""
    command = [sys.executable, "-m", "edge", "watch", "--broker", f"127.0.0.1:{port}", *arguments]
    lines: list[str] = []
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment
    ) as watching:
        assert watching.stdout is not None
        while not any("health" in text for text in lines):
            lines.append(watching.stdout.readline())
            assert lines[-1], "it ended"
        watching.terminate()
    return lines


def test_a_broker_that_is_not_there_is_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    command = [sys.executable, "-m", "edge", "watch", "--broker", "127.0.0.1:1"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False)
    assert done.returncode == 1
    assert capfd.readouterr().err == "mien watch: 127.0.0.1:1: Connection refused\n"


def test_whoever_reads_the_first_line_and_leaves_sees_no_traceback(tmp_path: Path) -> None:
    with a_broker(tmp_path) as port, Listener(port) as person:
        command = [sys.executable, "-m", "edge", "watch", "--broker", f"127.0.0.1:{port}", "--json"]
        with subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as watch:
            assert watch.stdout is not None
            person.say("mien/pi_1", "a topic that is too short")
            person.say("mien/pi_1/availability", "online", retain=True)
            assert b"online" in watch.stdout.readline()
            watch.stdout.close()
            person.say("mien/pi_1/availability", "offline")
            until(lambda: watch.poll() is not None or person.say("mien/pi_1/log", "{}"))
            assert watch.stderr is not None
            assert (watch.returncode, watch.stderr.read()) == (0, b"")
