"""One attempt after the other: nothing of a connection that has failed stays behind.

And what a broker may do on one that stands: refuse, and say what no broker should.
"""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING

import pytest

from edge.tell import line
from edge.tell.link import Link
from edge.tell.mqtt import Publisher
from edge.tell.news import Down
from edge.tell.settings import MqttSettings
from tests.tell import examples
from tests.tell.brokers import Listener, Mosquitto, free_port, needs_mosquitto, until
from tests.tell.scripted import Scripted

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


@pytest.fixture
def waits_s(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The longest that each wait might have been; none is waited for."""
    asked: list[float] = []
    monkeypatch.setattr(line.random, "uniform", lambda _, most_s: asked.append(most_s) or 0.0)
    return asked


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


NO_ROUTE, NOBODY = "255.255.255.255", "127.0.0.1"


@pytest.mark.parametrize(("host", "most_s"), [(NO_ROUTE, [3, 3, 3, 3]), (NOBODY, [3, 6, 12, 24])])
def test_only_attempts_that_a_broker_could_feel_are_made_less_and_less_often(
    host: str, most_s: list[int], waits_s: list[float]
) -> None:
    settings = MqttSettings(host=host, port=free_port())
    attempts = line.Line(settings, "mien-pi_1", "mien/pi_1/availability")
    until(lambda: attempts.read() == [] and len(waits_s) >= len(most_s))
    attempts.close()
    assert waits_s[: len(most_s)] == most_s


def test_two_devices_of_one_name_throw_each_other_out_less_and_less_often(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, waits_s: list[float]
) -> None:
    with Scripted() as broker, publisher(broker.port) as out:

        def let_in_and_thrown_out() -> None:
            before = len(waits_s)
            until(lambda: out.tend() or (out.connected and broker.connects > before))
            broker.hang_up()
            until(lambda: out.tend() or len(waits_s) > before)

        for _ in range(4):
            let_in_and_thrown_out()
        assert waits_s == [3, 6, 12, 24]
        words = "is there another mien-pi_7c1f3a?"
        assert [words in said for said in caplog.messages] == [False, True, True, True]
        monkeypatch.setattr(line, "STEADY_S", 0.0)  # it has stood for long
        let_in_and_thrown_out()
        assert waits_s[4] == 3
        assert words not in caplog.messages[4]


def test_a_broker_that_dies_over_and_over_is_met_again_as_soon_as_the_first_time(
    caplog: pytest.LogCaptureFixture, waits_s: list[float]
) -> None:
    with Scripted() as broker, publisher(broker.port) as out:
        for _ in range(3):
            until(lambda: out.tend() or out.connected)
            waits_s.clear()
            broker.away = True
            broker.hang_up()
            until(lambda: out.tend() or len(waits_s) >= 2)  # lost, and called in vain
            assert waits_s[:2] == [3, 6]
            broker.away = False
    assert "is there another" not in caplog.text


def test_a_broker_that_was_away_behind_a_load_balancer_is_still_spoken_to_in_version_5(
    waits_s: list[float],
) -> None:
    with Scripted() as broker, publisher(broker.port) as out:
        until(lambda: out.tend() or out.connected)
        broker.away = True
        broker.hang_up()
        until(lambda: out.tend() or len(waits_s) >= 5)
        broker.away = False
        until(lambda: out.tend() or out.connected)
        assert set(broker.versions) == {5}


def test_a_guess_over_a_slow_network_holds_for_one_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(line, "HUSH_S", 0.2)
    monkeypatch.setattr(line, "RETRY_S", (0.0, 0.1))
    with Scripted(slow=1) as broker, publisher(broker.port) as out:
        until(lambda: out.tend() or out.connected)
        broker.hang_up()
        until(lambda: out.tend() or (out.connected and broker.connects == 2))
        assert broker.versions == [5, 4, 5]


# A connection that stands ------------------------------------------------------------------

REFUSED = "the broker refuses mien/pi_7c1f3a/event: Not authorized; events are kept"
EVENTS = 3  # of a drive


def publisher(port: int) -> Publisher:
    return Publisher(MqttSettings(host="127.0.0.1", port=port), "pi_7c1f3a")


def test_an_event_that_is_refused_is_kept_said_and_told_on_the_next_connection(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "RETRY_S", (0.0, 0.1))
    with Scripted(refuses=("/event", "/info")) as broker, publisher(broker.port) as out:
        until(lambda: out.tend() or out.connected)
        for said in examples.night_drive():
            out.publish(said)
        until(lambda: out.tend() or REFUSED in caplog.text)
        out.rebirth()  # and whatever more is said: nothing that was refused goes out again
        until(lambda: out.tend() or broker.published.count("mien/pi_7c1f3a/state") >= 3)
        assert broker.published.count("mien/pi_7c1f3a/event") == EVENTS
        assert caplog.text.count("/event: Not authorized") == 1
        assert caplog.text.count("/info: Not authorized") == 1
        assert (out.health.queued, out.health.dropped) == (EVENTS, 0)
        broker.refuses = ()
        broker.hang_up()
        until(lambda: out.tend() or not out.queued)
        assert broker.published.count("mien/pi_7c1f3a/event") == 2 * EVENTS


def test_what_the_broker_does_not_let_us_hear_is_said(caplog: pytest.LogCaptureFixture) -> None:
    with Scripted(deaf_to=("/cmd/+",)) as broker, publisher(broker.port) as out:
        words = "the broker lets us hear nothing of mien/pi_7c1f3a/cmd/+: Not authorized"
        until(lambda: out.tend() or words in caplog.text)
    assert len(caplog.records) == 1


def test_a_topic_that_is_no_text_makes_nobody_deaf() -> None:
    nonsense = (b"mien/pi_7c1f3a/cmd/\xff", b"{}")
    ack = (b"mien/pi_7c1f3a/cmd/ack", b"{}")
    with Scripted(speaks=(nonsense, ack)) as broker, publisher(broker.port) as out:
        until(lambda: out.tend() or [q.name for q in out.take()] == ["ack"])
        until(lambda: out.tend() or broker.acknowledged == 2)


def test_nothing_that_is_retained_is_asked_for() -> None:
    with Scripted() as broker, publisher(broker.port) as out:
        until(lambda: out.tend() or broker.filters)
    assert len(broker.filters) == 4
    assert {options >> 4 & 3 for options in broker.filters.values()} == {2}


@needs_mosquitto
def test_a_device_whose_user_may_not_speak_for_it_loses_no_event(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a change of ``device``: the broker's rules still have the old name."""
    monkeypatch.setattr(line, "RETRY_S", (0.0, 0.1))
    rules = tmp_path / "rules.acl"
    rules.write_text("topic write mien/another/#\ntopic read mien/#\n", encoding="utf-8")
    lines = ("allow_anonymous true", f"acl_file {rules}")
    with Mosquitto(tmp_path, lines=lines) as broker, publisher(broker.port) as out:
        until(lambda: out.tend() or out.connected)
        for said in examples.night_drive():
            out.publish(said)
        until(lambda: out.tend() or REFUSED in caplog.text)
        assert out.health.queued == EVENTS
        broker.kill()
        rules.write_text("topic readwrite mien/#\n", encoding="utf-8")
        with broker, Listener(broker.port) as listener:
            until(lambda: out.tend() or not out.queued)
            until(lambda: len(listener.events()) == EVENTS)
