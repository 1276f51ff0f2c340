"""The CSI camera's call path and life cycle, against a stand-in for picamera2.

The real picamera2, on libcamera's virtual camera, is met in ``make drill-picamera``.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import threading
import time
from itertools import islice, pairwise
from pathlib import Path

import pytest

from edge.device import stop
from edge.device.camera import CameraError, CameraSettings, frames


@pytest.fixture
def board(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "fake"))
    for name in ("picamera2", "libcamera"):
        sys.modules.pop(name, None)
    module = importlib.import_module("picamera2")
    yield module.Picamera2
    for name in ("picamera2", "libcamera"):
        sys.modules.pop(name, None)


def test_frames_come_in_rgb_with_a_small_grey_picture_and_the_sensors_time(board):
    with frames(CameraSettings(source="picamera2", width=640, height=480)) as camera:
        seen = list(islice(camera, 10))
    assert seen[0].image.shape == (480, 640, 3)
    assert seen[0].image[0, 1].tolist() == [200, 100, 50]
    assert seen[0].luma.shape == (240, 320)
    assert [b.t_ns - a.t_ns for a, b in pairwise(seen)] == [33_333_333] * 9
    assert board.last.wanted["main"]["format"] == "BGR888"
    assert board.last.wanted["controls"] == {"FrameRate": 30.0}


@pytest.mark.parametrize("turns", [True, False])
@pytest.mark.parametrize(
    ("degrees", "shape", "corner"),
    [
        (0, (480, 640), (0, 0)),
        (90, (640, 480), (0, -1)),
        (180, (480, 640), (-1, -1)),
        (270, (640, 480), (-1, 0)),
    ],
)
def test_a_camera_that_does_not_stand_upright_shows_upright_heads(
    board, monkeypatch, turns, degrees, shape, corner
):
    """By the sensor where it can do that: no processor is kept busy with it."""
    monkeypatch.setattr(board, "turns", turns)
    with frames(CameraSettings(source="picamera2", rotate=degrees)) as camera:
        seen = next(camera)
    assert seen.image.shape == (*shape, 3)
    assert seen.image[corner].tolist() == [255] * 3
    assert seen.image.flags.c_contiguous
    assert seen.luma.shape == tuple(side // 2 for side in shape)
    assert ("transform" in board.last.wanted) == (degrees == 180)


def test_every_request_is_released_and_the_camera_is_closed_even_after_a_fault(board):
    def watch_until_something_breaks():
        with frames(CameraSettings(source="picamera2")) as camera:
            assert len(list(islice(camera, 20))) == 20
            assert board.last.taken == 0
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        watch_until_something_breaks()
    assert board.last.state == "closed"


def test_a_camera_that_is_unplugged_is_a_line_and_not_a_hang(board, monkeypatch):
    with frames(CameraSettings(source="picamera2:0", timeout_s=0.5)) as camera:
        next(camera)
        monkeypatch.setattr(board, "plugged", False)
        with pytest.raises(CameraError, match=r"picamera2:0: no picture for 0\.5 s"):
            next(camera)
    assert board.last.state == "closed"


def test_a_stop_does_not_wait_for_a_picture_that_does_not_come(board, monkeypatch):
    with (
        stop.listening(),
        frames(CameraSettings(source="picamera2:0", timeout_s=15)) as camera,
    ):
        next(camera)
        monkeypatch.setattr(board, "plugged", False)
        asks = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM))
        asks.start()
        began = time.monotonic()
        assert list(camera) == []
        assert 0.2 < time.monotonic() - began < 2
        asks.join()
    assert board.last.state == "closed"


def test_a_second_camera_that_is_not_there_is_named(board):
    with (
        pytest.raises(CameraError, match=r"libcamera finds 1 camera\(s\)"),
        frames(CameraSettings(source="picamera2:1")),
    ):
        pass


def test_where_there_is_none_at_all_it_says_where_to_look(board):
    board.attached = 0
    with (
        pytest.raises(CameraError, match=r"finds 0 camera\(s\): is the ribbon cable in"),
        frames(CameraSettings(source="picamera2")),
    ):
        pass


def test_where_the_board_must_be_spared_the_camera_is_asked_for_fewer_frames(board):
    wanted = [30.0]
    with frames(CameraSettings(source="picamera2"), lambda: wanted[0]) as camera:
        next(camera)
        assert board.last.rate is None
        wanted[0] = 10.0
        next(camera)
        assert board.last.rate == 10.0


def test_a_camera_that_gives_another_format_is_refused_by_name(board, monkeypatch):
    monkeypatch.setattr(
        board, "camera_configuration", lambda _: {"main": {"format": "NV12"}, "lores": {}}
    )
    with (
        pytest.raises(CameraError, match="asked for BGR888 pictures, gives NV12") as refusal,
        frames(CameraSettings(source="picamera2")),
    ):
        pass
    assert refusal.value.fault == "camera_format"
    assert board.last.state == "closed"


def test_a_small_picture_asks_for_no_larger_grey_one(board):
    with frames(CameraSettings(source="picamera2", width=160, height=120)) as camera:
        assert next(camera).luma.shape == (120, 160)
