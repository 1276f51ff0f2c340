"""A stand-in for picamera2 that behaves like it in what Mien uses: requests, arrays, release.

It knows nothing of Mien. Drive it with verbs of the physical world: ``attach``, ``unplug``.
"""

from __future__ import annotations

import time

import numpy as np
from libcamera import Transform

BUFFERS = 4


class Picamera2:
    attached = 1
    plugged = True
    turns = True  # else the pipeline leaves the picture as it is, and says so
    last: Picamera2 | None = None

    @classmethod
    def global_camera_info(cls) -> list[dict[str, object]]:
        return [{"Model": "imx708", "Num": n} for n in range(cls.attached)]

    def __init__(self, number: int) -> None:
        self.number, self.state, self.taken, self.frame = number, "open", 0, 0
        self.rate: float | None = None
        self.waiting = False
        Picamera2.last = self

    def create_video_configuration(self, **wanted: object) -> dict[str, object]:
        return wanted

    def configure(self, wanted: dict[str, object]) -> None:
        self.wanted = wanted

    def camera_configuration(self) -> dict[str, object]:
        asked = self.wanted.get("transform", Transform())
        return self.wanted | {"transform": asked if Picamera2.turns else Transform()}

    @property
    def camera_controls(self) -> dict[str, object]:
        return {"FrameDurationLimits": (8_333, 1_000_000, 33_333)}

    def set_controls(self, controls: dict[str, float]) -> None:
        self.rate = controls["FrameRate"]

    def start(self) -> None:
        self.state = "running"

    def capture_request(self, *, wait: bool) -> object:
        assert wait is False, "whoever waits in there cannot be stopped"
        self.waiting = True
        return self

    def wait(self, job: object, timeout: float) -> Request:
        assert job is self
        if not Picamera2.plugged or self.taken >= BUFFERS:  # all buffers out: it stalls
            time.sleep(timeout)
            raise TimeoutError
        self.waiting = False
        self.taken += 1
        self.frame += 1
        return Request(self)

    def cancel_all_and_flush(self) -> None:
        self.waiting = False

    def stop(self) -> None:
        assert not self.waiting, "the real one waits behind the request for ever"
        self.state = "stopped"

    def close(self) -> None:
        self.state = "closed"


class Request:
    def __init__(self, camera: Picamera2) -> None:
        self.camera = camera

    def make_array(self, stream: str) -> np.ndarray:
        width, height = self.camera.wanted[stream]["size"]
        if stream == "main":
            picture = np.full((height, width, 3), (200, 100, 50), np.uint8)
            picture[0, 0] = 255  # where the top left is
            over = self.camera.camera_configuration()["transform"] == Transform(True, True)
            return picture[::-1, ::-1].copy() if over else picture
        return np.full((height * 3 // 2, width + 64), 90, np.uint8)  # stride padding

    def get_metadata(self) -> dict[str, int]:
        return {"SensorTimestamp": 10**12 + self.camera.frame * 33_333_333}

    def release(self) -> None:
        self.camera.taken -= 1
