"""One attempt after the other: nothing of a connection that has failed stays behind."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING

import pytest

from edge.tell.link import Link
from edge.tell.news import Down
from edge.tell.settings import MqttSettings
from tests.tell.brokers import Mosquitto, free_port, needs_mosquitto, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def no_collector() -> Iterator[None]:
    """What is only freed by the garbage collector is not freed."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def attempt(port: int) -> None:
    """Try, hear that it is over, let go."""
    link = Link(MqttSettings(host="127.0.0.1", port=port), "mien-pi_1", "mien/pi_1/x", v5=True)
    until(lambda: any(isinstance(news, Down) for news in link.read()))
    link.close(wait=False)


def files() -> int:
    """Files and sockets that this process has open."""
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - only how many


@pytest.mark.usefixtures("no_collector")
def test_a_hundred_attempts_without_a_broker_leave_no_socket_open() -> None:
    port = free_port()
    attempt(port)
    before = files()
    for _ in range(100):
        attempt(port)
    until(lambda: files() <= before)


@needs_mosquitto
@pytest.mark.usefixtures("no_collector")
def test_refusals_leave_no_socket_open(tmp_path: Path) -> None:
    with Mosquitto(tmp_path, lines=("allow_anonymous false",)) as broker:
        attempt(broker.port)
        before = files()
        for _ in range(30):
            attempt(broker.port)
        until(lambda: files() <= before)
