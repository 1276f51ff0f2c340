"""An address as the camera: an MJPEG stream, as IP cameras send it, from a real HTTP server."""

from __future__ import annotations

import contextlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

import cv2
import numpy as np
import pytest

from edge.device.camera import CameraError, CameraSettings, frames
from edge.types import NS

FPS = 25


class IpCamera(BaseHTTPRequestHandler):
    """Sends a picture every 1 / FPS s, whose brightness counts up, for ``seconds``."""

    seconds = 30.0
    fps = FPS

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=next")
        self.end_headers()
        started = time.monotonic()
        with contextlib.suppress(OSError):  # whoever watched has gone
            for number in range(int(self.seconds * self.fps)):
                picture = np.full((240, 320, 3), number % 250, np.uint8)
                jpeg = cv2.imencode(".jpg", picture)[1].tobytes()
                head = f"--next\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                self.wfile.write(head.encode() + jpeg + b"\r\n")
                time.sleep(max(0.0, started + number / self.fps - time.monotonic()))

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def camera_at(monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), IpCamera)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def address(*, seconds: float, fps: float = FPS) -> str:
        monkeypatch.setattr(IpCamera, "seconds", seconds)
        monkeypatch.setattr(IpCamera, "fps", fps)
        return f"http://127.0.0.1:{server.server_port}/video.mjpg"

    yield address
    server.shutdown()
    server.server_close()


def test_a_stream_gives_its_pictures_in_order_and_in_time(camera_at):
    with frames(CameraSettings(source=camera_at(seconds=30), fps=FPS)) as camera:
        seen = [next(camera) for _ in range(30)]
    shades = [int(frame.image[0, 0, 0]) for frame in seen]
    assert shades == sorted(shades)
    times = [frame.t_ns for frame in seen]
    assert all(b > a for a, b in pairwise(times))


def test_a_slow_stage_gets_the_newest_picture_of_a_stream_not_the_oldest(camera_at):
    with frames(CameraSettings(source=camera_at(seconds=30), fps=FPS)) as camera:
        for _ in range(25):
            before = next(camera)
        time.sleep(2.0)  # a stage that is far too slow
        after = next(camera)
    skipped = int(after.image[0, 0, 0]) - int(before.image[0, 0, 0])
    assert skipped > 2.0 * FPS * 0.6
    assert after.dropped >= skipped - 2


def test_a_stream_that_is_slower_than_it_says_loses_nothing(camera_at):
    """MJPEG has no times: each picture is stamped 1/25 s after the last, however late it comes."""
    with frames(CameraSettings(source=camera_at(seconds=30, fps=10), fps=FPS)) as camera:
        seen = [next(camera) for _ in range(20)]
    shades = [int(frame.image[0, 0, 0]) for frame in seen]
    assert shades == list(range(shades[0], shades[0] + 20))
    assert np.diff([frame.t_ns for frame in seen]).mean() == pytest.approx(NS / 10, rel=0.2)


def test_a_stream_that_ends_is_one_line(camera_at):
    settings = CameraSettings(source=camera_at(seconds=1), fps=FPS)
    with (
        frames(settings) as camera,
        pytest.raises(CameraError, match=r"video\.mjpg: gives no more pictures"),
    ):
        list(camera)
