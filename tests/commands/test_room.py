"""The room around the camera: what is said, heard and lit while there are no pictures."""

from __future__ import annotations

import time
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest
from msgspec.structs import replace

from edge.commands import room as rooms
from edge.commands.room import Room
from edge.device.camera import CameraError, CameraSettings
from edge.types import NS, Frame, Level, Step
from tests.tell import examples

ASLEEP = replace(examples.DOZING, type="sleep", level=Level.CRITICAL, after=Level.CRITICAL)


class House:
    """Everything that a room speaks to, and what it has said there."""

    def __init__(self, monkeypatch) -> None:
        self.said, self.rested, self.capture = [], [], True
        self.order, self.muttered = [], 0
        self.desk = SimpleNamespace(restart=False)
        self.left_open = []
        self.reporter = examples.reporter()
        settings = CameraSettings(source="/dev/video9", width=160, height=120)
        does = (self.hello, self.rest, self.mutter)
        self.room = Room(settings, self.reporter, self, self, lambda: 30.0, *does)
        monkeypatch.setattr(rooms.camera, "frames", self.frames)
        monkeypatch.setattr(rooms, "IDLE_S", 0.001)

    @contextmanager
    def frames(self, _settings, _fps):
        yield (Frame(n * NS, np.zeros((120, 160, 3), np.uint8)) for n in range(1, 100))

    def rest(self, t_ns):
        self.rested.append(t_ns)
        self.capture = len(self.rested) >= 3  # somebody opens it again

    def hello(self, _t_ns):
        self.order.append("info")

    def mutter(self, _t_ns):
        self.muttered += 1

    def publish(self, said):
        self.said.append(said)
        self.order.append(said.topic)

    def dangling(self):
        return self.left_open

    def tend(self):
        pass

    def wants_camera(self):
        return self.capture

    def begin(self, _t_ns):
        self.order.append("controls")

    def __call__(self, t_ns):
        pass

    def of(self, topic):
        return [said.message for said in self.said if said.topic == topic]


@pytest.fixture
def house(monkeypatch):
    return House(monkeypatch)


def look(house, step):
    """What the loop does with a frame that was judged."""
    house.room.step = step
    for said in house.reporter(step):
        house.publish(said)


def test_who_shuts_the_camera_ends_what_was_open_and_it_is_not_said_again(house):
    frames = house.room.frames()
    next(frames)
    look(house, Step(t_ns=4 * NS, level=Level.CRITICAL, active=(ASLEEP,), changes=(ASLEEP,)))
    house.capture = False
    next(frames)
    assert len(house.rested) == 3, "the buzzer is told of every moment of it"
    assert [event.change for event in house.of("event")] == ["new", "end"]
    house.room.farewell()  # a stop before the first step of the new pictures
    assert house.of("alerts/active")[-1].alerts == []
    assert house.of("state")[-1].level == 0
    assert len(house.of("event")) == 2


def test_restarts_in_a_row_wait_their_turn_where_systemd_counts_them(house, monkeypatch):
    monkeypatch.setenv("NOTIFY_SOCKET", "/nowhere/notify")
    monkeypatch.setattr(rooms.watchdog, "notify", lambda _message: None)
    frames = house.room.frames()
    next(frames)
    house.desk.restart = True
    assert next(frames).t_ns == 2 * NS, "it still watches"
    monkeypatch.setattr(rooms, "LEAST_LIFE_S", 0)
    assert list(frames) == []


def test_a_restart_is_obeyed_at_once_where_nobody_counts(house):
    frames = house.room.frames()
    next(frames)
    house.desk.restart = True
    assert list(frames) == []


def test_without_a_camera_what_an_earlier_process_left_open_is_ended_too(house):
    asleep = Step(t_ns=4 * NS, level=Level.CRITICAL, active=(ASLEEP,), changes=(ASLEEP,))
    (house.left_open,) = [[said.message] for said in examples.reporter()(asleep) if said.keep]
    began = time.monotonic()
    with house.room.holding_out():
        pass
    assert time.monotonic() - began < 5, "nobody watches it: it does not stay"
    (end,) = house.of("event")
    assert (end.change, end.reason) == ("end", "restart")
    assert house.of("alerts/active")[-1].alerts == []
    assert house.of("state")[-1].level == 0
    assert house.of("state")[-1].degraded == ["camera_gone"]


def test_a_camera_that_fails_after_it_was_watched_says_nothing_twice(house, monkeypatch):
    @contextmanager
    def broken(_settings, _fps):
        def pictures():
            yield Frame(NS, np.zeros((120, 160, 3), np.uint8))
            raise CameraError("camera.source: /dev/video9: gives no more pictures")

        yield pictures()

    monkeypatch.setattr(rooms.camera, "frames", broken)
    frames = house.room.frames()
    next(frames)
    look(house, Step(t_ns=NS))
    with pytest.raises(CameraError):
        next(frames)
    before = len(house.said)
    with house.room.holding_out():
        pass
    assert len(house.said) == before


def test_who_we_are_is_said_once_and_first_though_the_camera_is_shut_from_the_start(house):
    house.capture = False
    next(house.room.frames())
    assert house.order[:3] == ["info", "controls", "alerts/active"]
    assert house.order.count("info") == 1
    assert house.muttered == len(house.rested) == 3, "warnings do not wait for a picture"


def test_who_we_are_and_what_is_wrong_is_said_where_there_is_no_camera(house, monkeypatch):
    monkeypatch.setenv("NOTIFY_SOCKET", "/nowhere/notify")
    monkeypatch.setattr(rooms, "LEAST_LIFE_S", 0.2)
    with house.room.holding_out():
        pass
    assert house.order[:3] == ["info", "controls", "alerts/active"]
    assert house.order.count("info") == 1
    assert house.muttered >= 1
