"""The page beside the service: when it ends, when it looks away, and who is told."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time

import pytest

from edge.commands.showing import Showing
from edge.page.door import address
from edge.page.network import PORT
from edge.page.server import Page
from tests.conftest import amqtt


def until(happens, patience_s=10):
    end = time.monotonic() + patience_s
    while not happens():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def shown(port):
    """What the page answers to a look; None where there is no page."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/look")
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()


@pytest.fixture
def young(monkeypatch, tmp_path):
    """Under systemd, which has restarts that follow upon one another wait their turn."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        listening = threading.Thread(target=lambda: [*iter(lambda: systemd.recv(4096), b"")])
        listening.start()
        yield
        systemd.shutdown(socket.SHUT_RD)
        listening.join()


def test_that_the_page_has_ended_is_news_once():
    with Page(address("127.0.0.1:0"), "test", open_s=0.2) as page:
        showing = Showing(page)
        assert not showing.over()
        assert showing.told()
        until(showing.over)
        assert not showing.told()
        assert not showing.over()
    assert not Showing(None).told()
    assert not Showing(None).over()


def test_the_page_ends_and_is_told_to_have_ended_while_the_camera_is_shut(
    port, listen, service, sleeper, tmp_path
):
    wanted = tmp_path / "aim"
    with amqtt(port):
        hears = listen(port)
        until_s = time.monotonic() + 6
        wanted.write_text(json.dumps({"token": "t" * 10, "until_s": until_s, "left": 0}))
        process = service(sleeper, port, "--aim", str(wanted), loop=True)
        hears.wait_for("info", lambda said: said["privacy"]["page"])
        assert shown(PORT) == 403
        hears.say("mien/test/set/capture", "OFF")
        hears.wait_for("state", lambda said: said["degraded"] == ["capture_off"])
        before = time.monotonic()
        hears.wait_for("info", lambda said: not said["privacy"]["page"])
        assert max(before, until_s) - 0.2 < time.monotonic() < max(before, until_s) + 3
        until(lambda: shown(PORT) is None)
        assert process.poll() is None


def test_who_works_is_shown_to_nobody_and_no_feeling_told_before_the_restart_has_its_turn(
    young, port, listen, service, sleeper, tmp_path
):
    with amqtt(port):
        hears = listen(port)
        arguments = ("--page", f"127.0.0.1:{port + 1}", "--state", str(tmp_path))
        process = service(sleeper, port, *arguments, loop=True)
        hears.wait_for("state", lambda said: (said["emotion"] or {}).get("label"))
        assert shown(port + 1) == 200
        hears.say("mien/test/cmd/set_profile", '{"profile": "workplace"}')
        info = hears.wait_for("info", lambda said: said["profile"] == "workplace")
        assert shown(port + 1) != 200
        assert not info["privacy"]["page"]
        assert "emotion_summary" not in info["capabilities"]
        hears.wait_for("state", lambda said: said["mono_ms"] > info["mono_ms"] + 1000)
        after = [said for said in hears.of("state") if said["seq"] > info["seq"]]
        assert all("emotion" not in said for said in after)
        assert hears.of("emotion/summary")[-1] == "", "taken back"
        assert process.poll() is None, "it waits its turn"
