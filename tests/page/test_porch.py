"""Who stands before the door without a token, and what that costs the service: next to nothing."""

from __future__ import annotations

import contextlib
import http.client
import select
import socket
import time

import pytest

from edge.page import porch
from edge.page.door import address
from edge.page.server import Page


@pytest.fixture
def page():
    with Page(address("127.0.0.2:0"), "test") as one:
        yield one


@pytest.fixture
def come(page):
    """Connect to the page from an address; all hang up at the end."""
    with contextlib.ExitStack() as stack:
        yield lambda source: stack.enter_context(
            socket.create_connection(("127.0.0.2", page.port), 10, (source, 0))
        )


def hung_up(connections):
    """Those on which there is something to read, though nothing was asked: the end."""
    return select.select(connections, [], [], 0)[0]


def until(happens, patience_s=10):
    end = time.monotonic() + patience_s
    while not happens():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def status(page, path, source):
    connection = http.client.HTTPConnection("127.0.0.2", page.port, 10, (source, 0))
    with contextlib.closing(connection):
        connection.request("GET", path)
        return connection.getresponse().status


def test_strangers_cannot_take_the_files_that_the_service_needs(come):
    strangers = [come(f"127.0.0.{host}") for host in range(3, 9) for _ in range(6)]
    until(lambda: len(hung_up(strangers)) >= len(strangers) - porch.MOST)
    assert len(hung_up(strangers)) == len(strangers) - porch.MOST


def test_who_has_the_token_comes_in_past_a_stranger_who_stands_there(page, come):
    strangers = [come("127.0.0.3") for _ in range(20)]
    until(lambda: len(hung_up(strangers)) == 20 - porch.MOST_EACH)
    assert status(page, f"/?token={page.token}", "127.0.0.4") == 303


@pytest.mark.parametrize("words", [b"", b"GET / HTTP/1.1\r\nHost: mien\r\n"])
def test_who_does_not_come_to_the_point_is_hung_up_on(come, monkeypatch, words):
    monkeypatch.setattr(porch, "ASK_S", 0.3)
    stranger = come("127.0.0.3")
    stranger.sendall(words)
    until(lambda: hung_up([stranger]))


def test_who_is_turned_away_does_not_stay(come):
    stranger = come("127.0.0.3")
    stranger.sendall(b"GET / HTTP/1.1\r\nHost: mien\r\n\r\n")
    began, answer = time.monotonic(), b""
    while more := stranger.recv(4096):
        answer += more
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert time.monotonic() - began < 2


def test_what_strangers_send_stands_in_no_log(page, come, caplog):
    upgrade = b"GET / HTTP/1.1\r\nHost: mien\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"
    for words in (b"rubbish\r\n\r\n", upgrade):
        stranger = come("127.0.0.3")
        stranger.sendall(words)
        assert stranger.recv(4096).startswith(b"HTTP/1.1 40")
    assert not caplog.records
