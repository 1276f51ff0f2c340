"""CSI cameras through picamera2: a main RGB picture and a small grey one, both from the ISP."""

from __future__ import annotations

import importlib
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from edge.device import stop
from edge.device.camera import CameraError
from edge.device.turned import turned
from edge.types import Frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edge.device.camera import CameraSettings

MAIN = "BGR888"
LORES = (320, 240)
"""Small stream: enough for light, free of CPU."""

UPSIDE_DOWN = 180

GLANCE_S = 0.25
"""How often one who waits for a picture looks whether to stop."""


@contextmanager
def frames(settings: CameraSettings, fps: Callable[[], float]) -> Iterator[Iterator[Frame]]:
    """Open, configure and start the camera; stop and close it on the way out."""
    picamera2 = _picamera2()
    number = _number(settings)
    found = picamera2.Picamera2.global_camera_info()
    if number >= len(found):
        msg = f"camera.source: {settings.source}: libcamera finds {len(found)} camera(s)"
        raise CameraError(msg if found else f"{msg}: is the ribbon cable in, the right way round?")
    try:
        camera = picamera2.Picamera2(number)
    except RuntimeError as error:  # picamera2 has no errors of its own
        msg = f"camera.source: {settings.source}: cannot be opened: {_why(error)}"
        raise CameraError(msg) from error
    try:
        turn = _configure(camera, settings)
        try:
            given = _frames(camera, settings, fps)
            yield turned(given, turn) if turn else given
        finally:
            camera.stop()
    finally:
        camera.close()


def _configure(camera: Any, settings: CameraSettings) -> int:
    """Ask for the streams and start. The ISP may round sizes; another format is refused.

    Gives the degrees by which pictures are still to be turned: the sensor does 180, if any.
    """
    size = (settings.width, settings.height)
    small = LORES if LORES[0] <= size[0] and LORES[1] <= size[1] else size
    over = _upside_down() if settings.rotate == UPSIDE_DOWN else {}
    try:
        # "BGR888" is R, G, B in memory. queue=False: a request is always newer than its asking.
        camera.configure(
            camera.create_video_configuration(
                main={"size": size, "format": MAIN},
                lores={"size": small, "format": "YUV420"},
                controls={"FrameRate": settings.fps},
                queue=False,
                **over,
            )
        )
        configured = camera.camera_configuration()
        given = configured["main"]["format"]
        if given != MAIN:
            msg = f"camera.source: {settings.source}: asked for {MAIN} pictures, gives {given}"
            raise CameraError(msg, "camera_format")
        camera.start()
    except RuntimeError as error:
        msg = f"camera.source: {settings.source}: refuses {size[0]}x{size[1]}: {_why(error)}"
        raise CameraError(msg, "camera_format") from error
    done = bool(over) and configured["transform"] == over["transform"]
    return 0 if done else settings.rotate


def _upside_down() -> dict[str, Any]:
    libcamera = importlib.import_module("libcamera")  # picamera2 cannot be without
    return {"transform": libcamera.Transform(hflip=True, vflip=True)}


def _why(error: RuntimeError) -> str:
    """picamera2 wraps the reason once or twice: the innermost says most."""
    inner: BaseException = error
    while inner.__cause__ is not None:
        inner = inner.__cause__
    return str(inner) or str(error)


def _frames(camera: Any, settings: CameraSettings, fps: Callable[[], float]) -> Iterator[Frame]:
    last_ns: int | None = None
    rate = settings.fps
    paced = "FrameDurationLimits" in camera.camera_controls  # what FrameRate stands for
    width, height = camera.camera_configuration()["lores"]["size"]
    while not stop.asked():
        if paced and fps() != rate:
            rate = fps()
            camera.set_controls({"FrameRate": rate})
        request = _request(camera, settings)
        if request is None:
            return
        try:  # make_array copies: the buffer goes back before anybody looks at the picture
            image = request.make_array("main")
            planes = request.make_array("lores")
            t_ns = int(request.get_metadata()["SensorTimestamp"])
        finally:
            request.release()
        dropped = 0 if last_ns is None else round((t_ns - last_ns) / 1e9 * rate) - 1
        last_ns = t_ns
        yield Frame(t_ns, image, planes[:height, :width], max(0, dropped))


def _request(camera: Any, settings: CameraSettings) -> Any:
    """The next one; None where a stop was asked for in the meantime."""
    job = camera.capture_request(wait=False)
    until_s = time.monotonic() + settings.timeout_s
    while True:
        try:
            return camera.wait(job, timeout=min(GLANCE_S, max(0.0, until_s - time.monotonic())))
        except TimeoutError as error:
            late = time.monotonic() >= until_s
            if not late and not stop.asked():
                continue
            camera.cancel_all_and_flush()  # else stop() waits behind this request for ever
            if stop.asked():
                return None
            msg = f"camera.source: {settings.source}: no picture for {settings.timeout_s:g} s"
            raise CameraError(msg) from error


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
