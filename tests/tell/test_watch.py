"""What a person at the terminal sees."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from rich.console import Console

from edge.commands.board import Board
from edge.commands.watch import broker as broker_of
from edge.commands.watch import line
from edge.tell import messages as m
from edge.tell.audience import Audience
from tests.tell import examples
from tests.tell.brokers import Listener, Mosquitto, a_broker, needs_mosquitto, until

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


def test_five_hundred_devices_leave_room_for_what_happens() -> None:
    board = a_board()
    for number in range(500):
        hear(board, f"van_{number:03}", m.AVAILABILITY, b"offline" if number < 20 else b"online")
    text = seen(board)
    assert len(text.splitlines()) <= 40
    assert "EVENT end" in text
    assert "pi_7c1f3a" in text
    assert "28 of 501 devices: 481 online, 20 offline" in text


def test_what_is_no_message_of_ours_breaks_nothing() -> None:
    board = Board()
    for topic in (*m.KINDS, m.AVAILABILITY, "rsp/ack", "nonsense"):
        hear(board, "pi_x", topic, b"\xff{")
    assert "pi_x" in seen(board)


@pytest.mark.parametrize("topic", ["event", "state"])
def test_a_level_that_there_is_not_breaks_nothing(topic: str) -> None:
    board = a_board()
    message = next(s.message for s in examples.night_drive() if s.topic == topic)
    assert isinstance(message, m.Event | m.State)
    message.level = -7
    hear(board, "pi_x", topic, m.encode(message))
    assert "pi_x" in seen(board)


OBEYED = "\x1b[2J\nvan_1  ▲ EVENT"


def test_a_terminal_obeys_no_device() -> None:
    board = a_board()
    for name in ("state", "alerts/active", "health", "log", "event"):
        said = examples.GOLDEN / {"event": "event_new.json"}.get(
            name, f"{name.replace('/', '_')}.json"
        )
        message = obeyed(json.loads(said.read_bytes()))
        hear(board, f"pi_x{OBEYED}", name, json.dumps(message).encode())
    hear(board, f"pi_x{OBEYED}", m.AVAILABILITY, OBEYED.encode())
    text = seen(board)
    assert "pi_x?[2J?van_1" in text
    assert not any("\x1b" in each or each.startswith("van_1") for each in text.splitlines())


def obeyed(value: object) -> object:
    """The same with other words in it."""
    if isinstance(value, dict):
        return {key: obeyed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [obeyed(inner) for inner in value]
    return OBEYED if isinstance(value, str) else value


def test_who_is_only_asked_is_not_there_yet() -> None:
    board = a_board()
    for topic in ("cmd/ack", "set/alerts", "input/vehicle"):
        hear(board, "pi_typo", topic, b"{}")
    assert "pi_typo" not in seen(board)


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


@needs_mosquitto
def test_a_broker_that_goes_and_comes_back_is_told_of(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker:
        where = f"127.0.0.1:{broker.port}"
        command = [sys.executable, "-m", "edge", "watch", "--broker", where]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        with (
            Listener(broker.port) as person,
            subprocess.Popen(
                command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            ) as watch,
        ):
            assert watch.stdout is not None
            assert watch.stderr is not None
            person.say("mien/pi_1/availability", "online", retain=True)
            assert "online" in watch.stdout.readline()
            broker.kill()
            words = f"mien watch: {where}: the broker is"
            assert watch.stderr.readline() == f"{words} away; calling again\n"
            broker.start()
            assert watch.stderr.readline() == f"{words} back\n"
            watch.terminate()
            assert watch.stderr.read() == ""


def test_a_board_without_a_broker_says_so() -> None:
    board = a_board()
    board.away = "the broker is away"
    assert "Mien: the broker is away" in seen(board)


PASSWORD = "correct horse battery"  # noqa: S105 - of this test


@needs_mosquitto
def test_a_broker_with_a_password_says_so_and_lets_in_who_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = tmp_path / "users"
    make = ["mosquitto_passwd", "-b", "-c", str(users), "operator", PASSWORD]
    subprocess.run(make, check=True, capture_output=True)
    lines = ("allow_anonymous false", f"password_file {users}")
    with Mosquitto(tmp_path, lines=lines) as broker:
        where = f"127.0.0.1:{broker.port}"
        command = [sys.executable, "-m", "edge", "watch", "--broker", where]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
        words = "the broker refuses us: Not authorized; MIEN_MQTT_USERNAME is not set"
        assert (done.returncode, done.stderr) == (1, f"mien watch: {where}: {words}\n")
        monkeypatch.setenv("MIEN_MQTT_USERNAME", "operator")
        for password, refused in (
            ("wrong", ["the broker refuses us: Not authorized"]),
            (PASSWORD, []),
        ):
            monkeypatch.setenv("MIEN_MQTT_PASSWORD", password)
            problems: list[str] = []
            with Audience(broker_of(where), "+", lambda *_: None, problems.append):
                assert problems == refused


def test_what_hangs_up_is_no_broker() -> None:
    def hang_up() -> None:
        connection, _ = other.accept()
        connection.close()

    problems: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as other:
        gone = threading.Thread(target=hang_up)
        gone.start()
        where = broker_of(f"127.0.0.1:{other.getsockname()[1]}")
        with Audience(where, "+", lambda *_: None, problems.append):
            assert problems[0].startswith("the broker hung up without a word")
        gone.join()


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
