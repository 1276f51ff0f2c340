"""What goes wrong with the camera and the board, as a subscriber learns it on ``health``."""

from __future__ import annotations

import json
import socket
import time

import pytest

from edge import __version__, pipeline, recording
from edge.judge.rules import Rules
from edge.types import NS, Board, Light, Observation
from tests.conftest import amqtt


def test_a_camera_that_is_not_there_is_said_on_health_before_the_service_gives_up(
    broker, port, listen, service, media
):
    with broker(port):
        hears = listen(port)
        process = service(media / "single_face.mp4", port, "--source", "/dev/video9")
        assert process.wait(60) == 1
        health = hears.wait_for("health", lambda said: said["faults"])
        assert health["faults"] == ["camera_gone"]
        assert health["camera"] == {"ok": False}
        hears.wait_for("availability", lambda said: said == "offline")
        assert [said["profile"] for said in hears.of("info")] == ["home"]


def test_where_systemd_watches_a_service_without_its_camera_does_not_end_in_a_tight_loop(
    broker, port, listen, service, media, tmp_path, monkeypatch
):
    """It holds out for 15 s, still answering, and ends at once when the camera is plugged in, since
    opening it is the next process's business."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd, broker(port):
        systemd.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        hears = listen(port)
        device = tmp_path / "video9"
        began = time.monotonic()
        process = service(media / "single_face.mp4", port, "--source", str(device))
        hears.wait_for("health", lambda said: said["faults"] == ["camera_gone"])
        assert process.poll() is None
        device.touch()
        assert process.wait(60) == 1
        assert time.monotonic() - began < 15, "it has waited for its time to be over"


def test_a_camera_that_gives_nothing_more_is_named_too(broker, port, listen, service, tmp_path):
    (tmp_path / "shots").mkdir()
    (tmp_path / "shots" / "1.jpg").write_text("not a picture", encoding="utf-8")
    with broker(port):
        hears = listen(port)
        process = service(tmp_path / "shots", port)
        assert process.wait(60) == 1
        hears.wait_for("health", lambda said: said["faults"] == ["camera_gone"])


def test_who_sleeps_is_told_of_without_the_buzzer_too_and_that_there_is_none(
    port, listen, service, sleeper, monkeypatch
):
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "native")
    with amqtt(port):
        hears = listen(port)
        process = service(sleeper, port, board={"buzzer_pin": 18}, loop=True)
        health = hears.wait_for("health", lambda said: said["faults"])
        assert health["faults"] == ["buzzer_gone"]
        assert health["camera"] == {"ok": True}
        hears.wait_for("event", lambda e: e["type"] == "sleep")
        process.terminate()
        _, errors = process.communicate(timeout=5)
        assert "board.buzzer_pin" in errors
        assert process.returncode == 0


def looked(seconds, light=None, board=None, fps=10, start_s=0.0):
    return [
        Observation(round((start_s + n / fps) * NS), light=light, board=board)
        for n in range(round(seconds * fps))
    ]


@pytest.mark.parametrize(
    ("light", "name"),
    [
        (Light(0.0, 0.0), "camera_black"),
        (Light(0.01, 0.004, repeated=True), "camera_black"),
        (Light(0.3, 0.005), "camera_covered"),
        (Light(0.4, 0.2, repeated=True), "camera_frozen"),
    ],
)
def test_each_way_of_not_seeing_has_its_name_and_its_way_back(light, name):
    story = (
        looked(3, Light(0.4, 0.2))
        + looked(4, light, start_s=3)
        + looked(4, Light(0.4, 0.2), start_s=7)
    )
    faults = [(step.t_ns / NS, step.faults) for step in pipeline.judge(story, Rules())]
    named = [t for t, found in faults if found == (name,)]
    assert named[0] == pytest.approx(5.0, abs=0.11)
    assert named[-1] == pytest.approx(9.0, abs=0.11)
    assert faults[-1][1] == ()


def test_a_hand_that_goes_away_from_a_camera_that_has_frozen_meanwhile():
    story = looked(4, Light(0.3, 0.005)) + looked(4, Light(0.4, 0.2, repeated=True), start_s=4)
    steps = list(pipeline.judge(story, Rules()))
    assert steps[30].faults == ("camera_covered",)
    assert steps[-1].faults == ("camera_frozen",)


def test_what_the_sensors_said_is_recorded_and_gives_the_same_rungs_again(tmp_path):
    hot, cool = Board(temp_c=84.0, throttled=0x4), Board(temp_c=50.0, throttled=0x40000)
    drive = looked(40, board=hot) + looked(80, board=cool, start_s=40)
    path = tmp_path / "drive.jsonl"
    with path.open("wb") as file:
        live = list(pipeline.judge(recording.record(drive, file, __version__), Rules()))
    assert {step.given_up for step in live} == {0, 1, 2, 3}
    assert list(pipeline.judge(recording.read(path), Rules())) == live
    assert json.loads(path.read_bytes().splitlines()[1])["board"]["temp_c"] == 84.0
