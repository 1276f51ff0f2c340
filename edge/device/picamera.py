"""CSI cameras through picamera2: a main RGB picture and a small grey one, both from the ISP."""

from __future__ import annotations

import importlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from edge.device.camera import CameraError
from edge.types import Frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edge.device.camera import CameraSettings

LORES = (320, 240)
"""Small stream: enough for light, free of CPU."""


@contextmanager
def frames(settings: CameraSettings, fps: Callable[[], float]) -> Iterator[Iterator[Frame]]:
    """Open, configure and start the camera; stop and close it on the way out."""
    picamera2 = _picamera2()
    number = _number(settings)
    found = picamera2.Picamera2.global_camera_info()
    if number >= len(found):
        msg = f"camera.source: {settings.source}: libcamera finds {len(found)} camera(s)"
        raise CameraError(msg)
    camera = picamera2.Picamera2(number)
    try:
        # "BGR888" is R, G, B in memory. queue=False: a request is always newer than its asking.
        camera.configure(
            camera.create_video_configuration(
                main={"size": (settings.width, settings.height), "format": "BGR888"},
                lores={"size": LORES, "format": "YUV420"},
                controls={"FrameRate": settings.fps},
                queue=False,
            )
        )
        camera.start()
        try:
            yield _frames(camera, settings, fps)
        finally:
            camera.stop()
    finally:
        camera.close()


def _frames(camera: Any, settings: CameraSettings, fps: Callable[[], float]) -> Iterator[Frame]:
    last_ns: int | None = None
    rate = settings.fps
    while True:
        if fps() != rate:
            rate = fps()
            camera.set_controls({"FrameRate": rate})
        try:
            request = camera.capture_request(wait=settings.timeout_s)
        except TimeoutError as error:
            msg = f"camera.source: {settings.source}: no picture for {settings.timeout_s:g} s"
            raise CameraError(msg) from error
        try:  # make_array copies: the buffer goes back before anybody looks at the picture
            image = request.make_array("main")
            planes = request.make_array("lores")
            t_ns = int(request.get_metadata()["SensorTimestamp"])
        finally:
            request.release()
        dropped = 0 if last_ns is None else round((t_ns - last_ns) / 1e9 * rate) - 1
        last_ns = t_ns
        yield Frame(t_ns, image, planes[: LORES[1], : LORES[0]], max(0, dropped))


def _picamera2() -> Any:
    try:
        return importlib.import_module("picamera2")
    except ImportError as error:
        msg = (
            f"camera.source: picamera2 cannot be imported ({error}): apt install python3-picamera2 "
            "and make the virtual environment with --system-site-packages"
        )
        raise CameraError(msg) from error


def _number(settings: CameraSettings) -> int:
    text = str(settings.source).partition(":")[2]
    if text and not text.isdigit():
        msg = f"camera.source: expected picamera2 or picamera2:NUMBER, got {settings.source!r}"
        raise CameraError(msg)
    return int(text or 0)
