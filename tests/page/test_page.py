"""The page itself: who may look, for how long, and what a real browser shows of it."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import shutil
import socket
import subprocess
import time
from urllib.parse import unquote

import cv2
import numpy as np
import pytest
from msgspec.structs import replace

from edge.page.door import PageError, address
from edge.page.server import Page
from edge.types import Frame, Light, Observation, Step


def asked(page, path="/", cookie=None, host=None, method="GET"):
    """Ask for ``path``; gives status, headers, body."""
    connection = http.client.HTTPConnection("127.0.0.1", page.port, timeout=10)
    headers = {"Host": host or f"127.0.0.1:{page.port}"}
    if cookie is not None:
        headers["Cookie"] = cookie
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, dict(answer.getheaders()), body


def look_through(page, shades):
    """What the loop does with a page: a frame, what was seen in it, and what was judged."""
    frames = (Frame(n, np.full((120, 160, 3), shade, np.uint8)) for n, shade in enumerate(shades))
    seen = (Observation(f.t_ns, (), Light(0.5, 0.2), 160, 120) for f in page.watch(frames))
    for each in page.note(seen):
        page.show(Step(each.t_ns, light="ok"), 25.0)


@pytest.fixture
def page():
    with Page(address("127.0.0.1:0"), "test") as one:
        yield one


@pytest.fixture
def guarded():
    """Not this machine's usual address: as if from a network."""
    with Page(address("127.0.0.2:0"), "test") as one:
        one.host = "127.0.0.2"
        yield one


def test_the_latest_look_comes_with_its_picture_and_what_is_known_of_it(page):
    look_through(page, [10, 120, 200])
    status, headers, body = asked(page, "/look")
    told = json.loads(unquote(headers["mien-look"]))
    assert status == 200
    assert (told["number"], told["device"], told["light"]) == (3, "test", "ok")
    picture = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (120, 160, 3)
    assert abs(int(picture[60, 80, 0]) - 200) < 4
    assert headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_who_waits_for_a_newer_look_is_told_that_there_is_none(page):
    look_through(page, [10])
    assert asked(page, "/look?after=1")[0] == 204


def test_the_page_is_html_style_and_script_and_nothing_from_elsewhere(page):
    whole = b""
    for path, kind in (("/", "html"), ("/page.css", "css"), ("/page.js", "javascript")):
        status, headers, body = asked(page, path)
        assert status == 200
        assert kind in headers["content-type"]
        whole += body
    assert not re.findall(rb"https?://(?!www\.w3\.org)", whole)
    assert asked(page, "/../server.py")[0] == 404


def test_another_site_cannot_read_what_is_served_on_this_machine(page):
    """DNS rebinding: evil.example leads to 127.0.0.1, and its script asks for the picture."""
    look_through(page, [10])
    assert asked(page, "/look", host=f"evil.example:{page.port}")[0] == 403
    assert asked(page, "/look", method="POST")[0] == 405


def on_network(page, path, cookie=None):
    connection = http.client.HTTPConnection("127.0.0.2", page.port, timeout=10)
    connection.request("GET", path, headers={} if cookie is None else {"Cookie": cookie})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, dict(answer.getheaders()), body


def test_from_the_network_nothing_is_shown_without_the_token(guarded):
    look_through(guarded, [10])
    assert len(guarded.token) >= 32
    for path in ("/", "/look", "/page.js", "/?token=", "/?token=wrong", "/look?token=x"):
        status, _, body = on_network(guarded, path)
        assert status == 403
        assert guarded.token.encode() not in body
    assert on_network(guarded, "/look", cookie="mien_page=wrong")[0] == 403
    assert on_network(guarded, f"/look?token={guarded.token}")[0] == 403, "only the page takes it"


def test_the_printed_address_lets_in_and_takes_the_token_out_of_the_address(guarded):
    look_through(guarded, [10])
    path = guarded.url.partition(f":{guarded.port}")[2]
    status, headers, _ = on_network(guarded, path)
    assert (status, headers["location"]) == (303, "/")
    assert "HttpOnly" in headers["set-cookie"]
    assert "samesite=strict" in headers["set-cookie"].lower()
    cookie = headers["set-cookie"].partition(";")[0]
    assert on_network(guarded, "/", cookie)[0] == 200
    assert on_network(guarded, "/look", cookie)[0] == 200


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="needs IPv6")
def test_where_it_is_anywhere_both_kinds_of_address_lead_to_it():
    with Page(address("[::]:0"), "test") as page:
        assert on_network(page, "/")[0] == 403, "the printed one may be of the older kind"
        connection = http.client.HTTPConnection("::1", page.port, timeout=10)
        connection.request("GET", "/")
        assert connection.getresponse().status == 403
        connection.close()


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def answers(page):
    try:
        return asked(page, "/")[0] == 200
    except OSError:
        return False


def test_after_its_time_it_closes_by_itself_and_the_loop_goes_on():
    with Page(address("127.0.0.1:0"), "test", open_s=0.3) as page:
        look_through(page, [10])
        assert asked(page, "/look")[0] == 200
        time.sleep(0.4)
        look_through(page, [20, 30])  # the loop neither waits nor fails
        until = time.monotonic() + 5
        while answers(page) and time.monotonic() < until:
            time.sleep(0.05)
        assert not answers(page)


def test_after_its_time_it_closes_though_the_camera_is_shut():
    with Page(address("127.0.0.1:0"), "test", open_s=0.3) as page:
        until = time.monotonic() + 5
        while listens(page.port) and time.monotonic() < until:
            time.sleep(0.05)
        assert not listens(page.port)
        assert not page.open


def test_when_it_is_closed_nobody_is_shown_for_another_moment(page):
    look_through(page, [10])
    assert asked(page, "/look")[0] == 200
    page.close()
    look_through(page, [20])  # watching goes on
    with contextlib.suppress(OSError):  # the server may still be on its way out
        assert asked(page, "/look")[0] == 204
    assert page._frame is page._look is None


def test_a_camera_that_is_shut_takes_its_last_picture_along(page):
    look_through(page, [10])
    page.forget()
    assert asked(page, "/look")[0] == 204
    look_through(page, [20])
    assert asked(page, "/look?after=1")[0] == 200


@pytest.mark.parametrize("after", ["%C2%B2", "9" * 5000, "-1", "%00", ""])
def test_a_number_that_is_none_is_as_good_as_none(page, after):
    look_through(page, [10])
    assert asked(page, f"/look?after={after}")[0] == 200


def test_a_camera_that_is_silent_is_not_shown_any_more(page):
    look_through(page, [10])
    assert asked(page, "/look")[0] == 200
    page._look = replace(page._look, made_s=time.monotonic() - 10)
    assert asked(page, "/look")[0] == 204


def test_a_port_that_is_taken_is_one_line(page):
    with pytest.raises(PageError, match=f"--page: 127.0.0.1:{page.port}: Address already in use"):
        Page(address(f"127.0.0.1:{page.port}"), "test")


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("8090", "127.0.0.1", 8090), ("10.0.0.7", "10.0.0.7", 8077), ("[::1]:81", "::1", 81)]
    + [("::1", "::1", 8077), ("localhost", "localhost", 8077)],
)
def test_an_address_may_be_short(text, host, port):
    where = address(text)
    assert (where.host, where.port) == (host, port)


@pytest.mark.parametrize("text", ["host:port", ":1", "a:99999", "", "²", "a:²", "a" * 70])
def test_an_address_that_is_none_is_named(text):
    with pytest.raises(PageError, match="--page: expected HOST:PORT"):
        address(text)


@pytest.mark.parametrize("profile", ["workplace", "education"])
def test_nobody_is_shown_at_work_or_at_school(mien, tmp_path, sleeper, profile):
    path = tmp_path / "config.yaml"
    path.write_text(f"profile: {profile}\ncamera:\n  source: {sleeper}\n", encoding="utf-8")
    said = mien("run", "--config", path, "--page")
    assert said.returncode == 1
    assert f"--page: not with profile {profile}" in said.stderr
    assert "Traceback" not in said.stderr


def test_the_service_says_that_it_was_started_with_the_page_and_tells_the_token_to_nobody(
    broker, port, listen, service, media
):
    with broker(port):
        hears = listen(port)
        process = service(media / "single_face.mp4", port, "--page", "127.0.0.2:0", realtime=False)
        errors = process.communicate(timeout=60)[1]
        info = hears.wait_for("info", lambda said: said["privacy"]["page"])
        assert info["privacy"]["images_published"] is False
        assert "who has the address sees the camera's picture, unencrypted" in errors
        everything = b"".join(payload for _, payload, _ in hears.heard).decode() + errors
        assert "token=" not in everything
        assert max(len(payload) for _, payload, _ in hears.heard) < 2048


CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium (apt install chromium)")
@pytest.mark.parametrize(("size", "tall"), [("1280,800", False), ("500,900", True)])
def test_a_real_browser_shows_a_green_frame_around_a_face_that_is_well_placed(
    service, port, media, tmp_path, size, tall
):
    clip = media / "single_face.mp4"
    process = service(clip, port, "--page", f"127.0.0.1:{port}", loop=True)
    until = time.monotonic() + 60
    while process.poll() is None and not listens(port):
        assert time.monotonic() < until
        time.sleep(0.05)
    shot = tmp_path / "page.png"
    command = [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    command += [f"--window-size={size}", "--virtual-time-budget=5000", f"--screenshot={shot}"]
    command += [f"--user-data-dir={tmp_path / 'profile'}", f"http://127.0.0.1:{port}/"]
    green, until = 0.0, time.monotonic() + 90
    while green < 0.01:  # the browser's time is not ours: on a busy machine it looks too soon
        assert time.monotonic() < until, "no green frame"
        subprocess.run(command, check=True, capture_output=True, timeout=90)
        page = cv2.imread(str(shot))
        green = (abs(page.astype(int) - (0x71, 0xBF, 0x2F)).sum(axis=2) < 12).mean()
    rows, columns = np.nonzero((page.astype(int).sum(axis=2) > 90) & (page.std(axis=2) > 8))
    assert (columns.max() > 0.8 * page.shape[1]) or not tall, "the picture fills a phone's width"
    assert page[rows.min() : rows.max()].std() > 30, "no picture"
