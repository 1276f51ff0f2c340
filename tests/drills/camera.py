"""What happens to a camera, told to the real service over real sockets: ``make drill-camera``.

The camera is an HTTP server that sends the pinned clip as MJPEG, as IP cameras do, and is driven
with verbs of the physical world. What a subscriber hears on ``health`` is timed: until the fault
has its name, and until it is gone. Where there is no way back the service must end by itself, and
here, as systemd would, it is started again.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import yaml
from rich.console import Console
from rich.table import Table

from tests.conftest import BROKERS, Listener

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
CLIP = ROOT / ".cache" / "media" / "single_face.mp4"
PORT = 18941
FPS = 25.0
SIZE = (640, 480)


class Camera:
    """The clip as MJPEG on a port of its own; what it does can be changed at any time."""

    def __init__(self) -> None:
        self.fps = FPS
        self.sends = "clip"
        self.plugged = True
        self._clip = [_jpeg(cv2.resize(each, SIZE)) for each in _read(CLIP)]
        self._noise = np.random.default_rng(7)
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=next")
                self.end_headers()
                with contextlib.suppress(OSError):
                    for jpeg in camera.pictures():
                        head = f"Content-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                        self.wfile.write(b"--next\r\n" + head.encode() + jpeg + b"\r\n")

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}/video.mjpg"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def pictures(self) -> Iterator[bytes]:
        """What is sent while it is plugged in."""
        number = 0
        while self.plugged:
            if self.sends == "nothing":
                time.sleep(0.05)
                continue
            yield self._picture(number)
            if self.sends != "frozen":
                number += 1
            time.sleep(1 / self.fps)

    def _picture(self, number: int) -> bytes:
        if self.sends in {"black", "covered"}:
            shade = {"black": 2, "covered": 90}[self.sends]
            flat = shade + self._noise.integers(-2, 3, (SIZE[1], SIZE[0], 3))
            return _jpeg(flat.astype(np.uint8))
        if self.sends == "rubbish":
            return self._noise.bytes(20_000)
        return self._clip[number % len(self._clip)]

    def close(self) -> None:
        self.plugged = False
        self._server.shutdown()
        self._server.server_close()


def _read(path: Path) -> Iterator[np.ndarray]:
    capture = cv2.VideoCapture(str(path))
    while True:
        ok, picture = capture.read()
        if not ok:
            return
        yield picture


def _jpeg(picture: np.ndarray) -> bytes:
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()


@dataclass
class Row:
    """One fault: how long until it had its name, and until it was over."""

    what: str
    name: str
    said_s: float | None = None
    back_s: float | None = None
    ended: str = ""

    @property
    def good(self) -> bool:
        return self.said_s is not None and (self.back_s is not None or self.ended == "exit 1")


class Drill:
    """The service, its camera, and somebody who listens."""

    def __init__(self, folder: Path, camera: Camera, hears: Listener) -> None:
        self.camera, self.hears = camera, hears
        self.config = folder / "config.yaml"
        settings = {
            "profile": "home",
            "device": "drill",
            "camera": {"source": camera.address, "fps": FPS},
            "mqtt": {"host": "127.0.0.1", "port": PORT},
        }
        self.config.write_text(yaml.safe_dump(settings), encoding="utf-8")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the service and wait until it sees the face."""
        self.camera.plugged, self.camera.sends, self.camera.fps = True, "clip", FPS
        mark = len(self.hears.heard)
        command = [sys.executable, "-m", "edge", "run", "--config", str(self.config)]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + 40
        while time.monotonic() < until:
            if any(b'"present":true' in payload for _, payload, _ in self.hears.heard[mark:]):
                return
            time.sleep(0.1)
        sys.exit("drill-camera: the service does not come up")

    def faults(self) -> list[str]:
        """What ``health`` said last."""
        said = self.hears.of("health")
        return said[-1]["faults"] if said else []

    def until(self, holds: Callable[[], bool], seconds: float) -> float | None:
        """Seconds until it holds; None where it does not in time."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            if holds():
                return time.monotonic() - began
            time.sleep(0.05)
        return None

    def passing(self, what: str, name: str, *, within_s: float, **does: object) -> Row:
        """A fault that passes: it is named, undone, and taken back."""
        row = Row(what, name)
        for key, value in does.items():
            setattr(self.camera, key, value)
        row.said_s = self.until(lambda: name in self.faults(), within_s)
        self.camera.sends, self.camera.fps = "clip", FPS
        row.back_s = self.until(lambda: name not in self.faults(), within_s + 10)
        return row

    def ending(self, what: str, name: str, *, within_s: float, **does: object) -> Row:
        """A fault that does not pass: it is named, and the service ends."""
        row = Row(what, name)
        for key, value in does.items():
            setattr(self.camera, key, value)
        row.said_s = self.until(lambda: name in self.faults(), within_s)
        with contextlib.suppress(subprocess.TimeoutExpired):
            row.ended = f"exit {self.process.wait(within_s)}"
        self.stop()
        self.start()
        row.back_s = self.until(lambda: not self.faults(), 40)
        return row

    def throttled(self, what: str, name: str, *, within_s: float) -> Row:
        """A processor that is far too slow: the service may work one part in forty of the time."""
        row = Row(what, name)
        over = threading.Event()

        def hold() -> None:
            while not over.is_set():
                os.kill(self.process.pid, signal.SIGSTOP)
                time.sleep(0.4)
                os.kill(self.process.pid, signal.SIGCONT)
                time.sleep(0.01)  # the ten pictures that wait cost it some thirty milliseconds

        holding = threading.Thread(target=hold)
        holding.start()
        row.said_s = self.until(lambda: name in self.faults(), within_s)
        over.set()
        holding.join()
        row.back_s = self.until(lambda: name not in self.faults(), within_s)
        return row

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


def stories(drill: Drill) -> Iterator[Row]:
    """Everything that happens, in turn."""
    yield drill.passing("a hand over the lens", "camera_covered", within_s=15, sends="covered")
    yield drill.passing("black", "camera_black", within_s=15, sends="black")
    yield drill.passing(
        "the same picture for a moment", "camera_frozen", within_s=9, sends="frozen"
    )
    yield drill.passing("5 frames a second instead of 25", "camera_slow", within_s=45, fps=5.0)
    yield drill.throttled("faster than the processor works", "overloaded", within_s=45)
    yield drill.ending("the same picture for good", "camera_frozen", within_s=60, sends="frozen")
    yield drill.ending("pulled out", "camera_gone", within_s=20, plugged=False)
    yield drill.ending("connected, and gives nothing", "camera_gone", within_s=20, sends="nothing")
    yield drill.ending("gives what is no picture", "camera_gone", within_s=30, sends="rubbish")


def main() -> int:
    """Tell every story, print the table; 1 if one is not as it should be."""
    table = Table("fault", "name", "said after", "gone after", "the service", "")
    good = True
    start = BROKERS.get("mosquitto") or BROKERS["amqtt"]
    with tempfile.TemporaryDirectory() as folder, start(PORT):
        camera, hears = Camera(), Listener(PORT)
        drill = Drill(Path(folder), camera, hears)
        try:
            drill.start()
            for row in stories(drill):
                good = good and row.good
                said = "never" if row.said_s is None else f"{row.said_s:.1f} s"
                back = "never" if row.back_s is None else f"{row.back_s:.1f} s"
                ended = f"{row.ended}, started again" if row.ended else "goes on"
                table.add_row(row.what, row.name, said, back, ended, "ok" if row.good else "FAIL")
                print(f"{row.what}: {said}, {back}, {ended}", file=sys.stderr, flush=True)
        finally:
            drill.stop()
            hears.close()
            camera.close()
    Console(width=110).print(table)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
