"""The service as a process, on a real clip, with a real broker: what a subscriber gets."""

from __future__ import annotations

import signal
import socket
import time
from pathlib import Path

import pytest

from tests.conftest import amqtt

ID = r"[0-9A-HJKMNP-TV-Z]{26}"


def episodes(listener) -> dict[str, list[dict]]:
    found: dict[str, list[dict]] = {}
    for event in listener.of("event"):
        found.setdefault(event["id"], []).append(event)
    return found


def test_a_sleeper_is_told_of_once_and_let_go_only_after_she_wakes(
    broker, port, listen, service, sleeper
):
    with broker(port):
        hears = listen(port)
        process = service(sleeper, port, realtime=False)
        assert process.wait(60) == 3
        hears.wait_for("availability", lambda said: said == "offline")
        first_ms = hears.of("state")[0]["mono_ms"]
        sleeps = [e for e in episodes(hears).values() if e[0]["type"] == "sleep"]
        (sleep,) = sleeps
        assert sleep[0]["change"] == "new"
        assert sleep[-1]["change"] == "end"
        assert sleep[-1]["reason"] == "eyes_open"
        shut_s, open_s = 16 / 23.976, 136 / 23.976
        assert (sleep[0]["mono_ms"] - first_ms) / 1000 < shut_s + 3.2
        assert (sleep[-1]["mono_ms"] - first_ms) / 1000 > open_s
        for story in episodes(hears).values():
            assert [e["rev"] for e in story] == list(range(1, len(story) + 1))
            assert [e["change"] for e in story].count("new") == 1
            assert [e["change"] for e in story].count("end") == 1
            assert story[-1]["change"] == "end"
        laughing = hears.of("emotion/summary")[3]  # 12 s to 16 s
        assert laughing["dominant"] == "happy"
        assert hears.of("alerts/active")[-1]["alerts"] == []


def test_every_message_has_the_head_of_the_contract(broker, port, listen, service, media):
    with broker(port):
        hears = listen(port)
        service(media / "single_face.mp4", port, realtime=False).wait(60)
        hears.wait_for("availability", lambda said: said == "offline")
        topics = {topic.removeprefix("mien/test/") for topic, *_ in hears.heard}
        assert topics == {
            *("availability", "info", "state", "health", "alerts/active", "controls"),
            "calibration",
        }
        said = [m for name in topics - {"availability"} for m in hears.of(name)]
        assert {m["dev"] for m in said} == {"test"}
        assert len({m["boot_id"] for m in said}) == 1
        numbers = sorted(m["seq"] for m in said)
        assert numbers == list(range(1, len(numbers) + 1))
        assert hears.of("info")[0]["privacy"] == {
            "images_published": False,
            "images_stored": False,
            "identity": False,
            "page": False,
        }


def test_sigterm_says_offline_and_ends_well_within_two_seconds(
    broker, port, listen, service, sleeper
):
    with broker(port):
        hears = listen(port)
        process = service(sleeper, port, loop=True)
        hears.wait_for("event", lambda e: e["type"] == "microsleep" and e["change"] == "new")
        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
        assert time.monotonic() - asked < 2.0
        hears.wait_for("availability", lambda said: said == "offline")
        stories = episodes(hears).values()
        assert all(story[-1]["change"] == "end" for story in stories)
        assert [e["reason"] for story in stories for e in story if e["reason"] == "stopped"]


def test_a_camera_that_is_shut_while_she_sleeps_ends_that_and_begins_anew_when_opened(
    port, listen, service, sleeper
):
    with amqtt(port):
        hears = listen(port)
        process = service(sleeper, port, loop=True)
        hears.wait_for("event", lambda e: e["type"] == "sleep" and e["change"] == "new")
        hears.say("mien/test/set/capture", "OFF")
        hears.wait_for("state", lambda said: said["degraded"] == ["capture_off"])
        over = hears.wait_for("event", lambda e: e["reason"] == "stopped" and e["type"] == "sleep")
        hears.say("mien/test/set/capture", "ON")
        hears.wait_for("event", lambda e: e["seq"] > over["seq"] and e["change"] == "new")
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
        hears.wait_for("availability", lambda said: said == "offline")
        for story in episodes(hears).values():
            assert [e["rev"] for e in story] == list(range(1, len(story) + 1))
            assert [e["change"] for e in story].count("end") == 1


def test_a_setting_that_cannot_hold_any_more_is_told_of_and_costs_no_start(
    broker, port, listen, service, sleeper, tmp_path
):
    (tmp_path / "kept.json").write_bytes(b'{"config": {"rules.drowsiness.microsleep_s": 9}}')
    with broker(port):
        hears = listen(port)
        service(sleeper, port, "--state", str(tmp_path), loop=True)
        log = hears.wait_for("log", lambda said: "left out" in said["msg"])
        assert log["level"] == "error"
        assert log["msg"].startswith("kept.json: rules.drowsiness.microsleep_s: expected ")
        hears.wait_for("event", lambda e: e["type"] == "sleep" and e["change"] == "new")


def test_info_has_the_hash_of_the_rules_that_hold(port, listen, service, sleeper):
    with amqtt(port):
        hears = listen(port)
        service(sleeper, port, loop=True)
        before = hears.wait_for("info", bool)
        hears.wait_for("event", lambda e: e["params_hash"] == before["params_hash"])
        hears.say("mien/test/set/microsleep_s", "1.2")
        after = hears.wait_for("info", lambda said: said["seq"] > before["seq"])
        changed = {key for key in before if before[key] != after[key]}
        assert changed == {"seq", "ts", "mono_ms", "params_hash", "config_hash"}
        hears.wait_for("event", lambda e: e["params_hash"] == after["params_hash"])
        hears.say("mien/test/set/alerts", "OFF")
        hears.wait_for("controls", lambda said: not said["alerts"])
        assert len(hears.of("info")) == 2, "no setting, and nothing new in it"


def test_who_has_the_camera_shut_says_what_it_is_and_what_is_wrong(
    broker, port, listen, service, sleeper, tmp_path
):
    (tmp_path / "kept.json").write_text(
        '{"config": {"rules.drowsiness.microsleep_s": 9}, "controls": {"capture": false}}',
        encoding="utf-8",
    )
    with broker(port):
        hears = listen(port)
        service(sleeper, port, "--state", str(tmp_path), loop=True)
        hears.wait_for("info", lambda said: said["profile"] == "home")
        hears.wait_for("log", lambda said: "left out" in said["msg"])
        assert hears.of("state")[0]["degraded"] == ["capture_off"]


def test_a_killed_service_is_offline_by_its_will(broker, port, listen, service, sleeper):
    with broker(port):
        hears = listen(port)
        process = service(sleeper, port, loop=True)
        hears.wait_for("state", lambda said: said["subject"]["present"])
        process.kill()
        hears.wait_for("availability", lambda said: said == "offline", seconds=40)


def test_a_broker_that_comes_late_gets_every_event_marked_late_and_in_order(
    broker, port, listen, service, sleeper
):
    process = service(sleeper, port, loop=True)
    line = process.stderr.readline()
    while "cannot be reached" not in line:
        line = process.stderr.readline()
        assert line, "the service ended"
    time.sleep(5)  # she falls asleep; nobody is there to be told
    with broker(port):
        hears = listen(port)
        hears.wait_for("event", lambda e: e["type"] == "sleep", seconds=40)
        events = hears.of("event")
        assert events[0]["type"] == "eyes_closed_pre"
        assert events[0]["late"] is True
        assert events[0]["age_ms"] > 1000
        numbers = [e["seq"] for e in events]
        assert numbers == sorted(numbers)
        assert hears.of("availability")[0] == "online"


def test_a_broker_that_restarts_is_told_everything_that_is_retained_again(
    broker, port, listen, service, sleeper
):
    process = service(sleeper, port, loop=True)
    with broker(port):
        before = listen(port)
        before.wait_for("state", lambda said: said["subject"]["present"])
    with broker(port):
        after = listen(port)
        after.wait_for("availability", lambda said: said == "online", seconds=40)
        after.wait_for("info", lambda said: said["profile"] == "home")
        after.wait_for("state", lambda said: said["dev"] == "test")
        after.wait_for("alerts/active", lambda said: isinstance(said["alerts"], list))
    assert process.poll() is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--source", "gone.mp4"), "gone.mp4: no such file"),
        (("--source", "7"), "/dev/video7: there is no such device"),
        (("--source", "²"), "camera.source: ²: no such file"),
        (("--page", "²"), "--page: expected HOST:PORT, got '²'"),
        (("--record", "/no/such/folder/x.jsonl"), "/no/such/folder/x.jsonl: No such file"),
    ],
)
def test_what_a_user_can_cause_is_one_line_and_status_1(service, port, sleeper, arguments, words):
    process = service(sleeper, port, *arguments)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert words in errors
    assert "Traceback" not in errors


def listens(process) -> bool:
    """Whether it has asked for SIGTERM: until then Python itself is still starting."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_every_moment_of_the_start_is_a_good_one_for_a_stop(port, service, sleeper, number):
    """An exception out of the handler was lost in C that calls Python, or crashed it."""
    for after_ms in range(0, 60, 3):
        process = service(sleeper, port, loop=True)
        while not listens(process):
            time.sleep(0.001)
        time.sleep(after_ms / 1000)
        process.send_signal(number)
        _, errors = process.communicate(timeout=5)
        assert process.returncode == 0, (after_ms, errors)
        assert errors == ""


def test_a_stop_while_the_camera_is_waited_for_is_no_fault(
    port, service, sleeper, tmp_path, monkeypatch
):
    at = str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", at)  # where nobody starts it again, it ends at once
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(at)
        process = service(sleeper, port, "--source", "/dev/video77")
        time.sleep(1)
        assert process.poll() is None, "it is there for a while, and may be asked"
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=5)
    assert process.returncode == 0, errors


@pytest.mark.parametrize("after_s", [0.0, 0.1, 0.3, 0.6, 1.0, 2.0])
def test_sigterm_at_any_moment_is_a_clean_exit(port, service, sleeper, after_s):
    process = service(sleeper, port, loop=True)
    while not listens(process):
        time.sleep(0.01)
    time.sleep(after_s)
    asked = time.monotonic()
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=5)
    assert time.monotonic() - asked < 2.0
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
