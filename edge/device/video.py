"""V4L2 cameras, network streams and video files through OpenCV's capture.

The newest frame wins: what a slow stage made late is grabbed and skipped, never queued.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge.device import jpeg, opencv, stop, v4l2
from edge.device.camera import CameraError, is_live, kind, place, without_password
from edge.device.lateness import Lateness, passed_over
from edge.types import NS, Frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from edge.device.camera import CameraSettings

UNINTERRUPTED_S = 1.5
"""OpenCV cannot be interrupted while it waits for a stream, and a stop must be answered in 2 s."""

OPENING_S = 4.0
"""An RTSP camera first says what it sends, and then a decoder waits for a whole picture: that takes
seconds, and systemd waits 5 for a service that is told to stop."""


@contextmanager
def frames(settings: CameraSettings, fps: Callable[[], float]) -> Iterator[Iterator[Frame]]:
    """Open a V4L2 device, an address or a file; release it on the way out."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # our words, not its, on stderr
    os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "1")  # seconds; see below
    opencv.silence()
    capture = _open(settings)
    try:
        if not capture.isOpened():
            raise _why_not(settings.source)
        if is_live(settings.source):
            yield _live(capture, settings, fps)
        else:
            yield _play(capture, settings)
    finally:
        capture.release()


def _open(settings: CameraSettings) -> cv2.VideoCapture:
    source = settings.source
    if kind(source) == "v4l2":
        device = place(source)
        if not device.exists():
            msg = f"camera.source: {device}: there is no such device"
            raise CameraError(msg)
        asked = [
            (cv2.CAP_PROP_FRAME_WIDTH, settings.width),
            (cv2.CAP_PROP_FRAME_HEIGHT, settings.height),
            (cv2.CAP_PROP_FPS, round(settings.fps)),
            (cv2.CAP_PROP_BUFFERSIZE, 1),
        ]
        capture = cv2.VideoCapture(str(device), cv2.CAP_V4L2)
        for prop, value in asked:
            capture.set(prop, value)
        jpeg.where_faster(capture, device, settings.fps)
        return capture
    if kind(source) == "stream":
        open_ms = round(min(settings.timeout_s, OPENING_S) * 1000)
        read_ms = round(min(settings.timeout_s, UNINTERRUPTED_S) * 1000)
        waits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, open_ms, cv2.CAP_PROP_READ_TIMEOUT_MSEC, read_ms]
        return cv2.VideoCapture(str(source), cv2.CAP_FFMPEG, waits)
    return cv2.VideoCapture(str(place(source)), cv2.CAP_FFMPEG)


def _why_not(source: str | int) -> CameraError:
    if kind(source) == "v4l2" and (given := v4l2.unreadable(place(source))):
        msg = f"camera.source: {source}: gives {given}, which cannot be read; expected MJPG or YUYV"
        return CameraError(msg, "camera_format")
    if kind(source) == "v4l2":
        why = v4l2.closed(place(source))
        return CameraError(f"camera.source: {source}: cannot be opened: {why}")
    if is_live(source):
        return CameraError(f"camera.source: {without_password(source)}: cannot be opened")
    path = place(source)
    if not path.exists():
        return CameraError(f"camera.source: {path}: no such file")
    if path.stat().st_size == 0:
        return CameraError(f"camera.source: {path}: the file is empty")
    return CameraError(f"camera.source: {path}: not a video that can be read")


def _live(
    capture: cv2.VideoCapture, settings: CameraSettings, fps: Callable[[], float]
) -> Iterator[Frame]:
    """Frames with the stream's own time, moved onto the monotonic clock; what waited is skipped.

    A rate that is wanted lower takes effect by leaving frames undecoded: asking a running device
    for another one means to stop it, and not every camera comes back.
    """
    interval_ns = NS / (capture.get(cv2.CAP_PROP_FPS) or settings.fps)
    lateness = Lateness(interval_ns)
    last_ns = 0
    stamp_before_ms = 0.0
    dropped = grabs = 0
    came_ns = read_ns = time.monotonic_ns()
    jpegs = kind(settings.source) == "v4l2" and jpeg.raw(capture)
    while not stop.asked():
        asked_ns = time.monotonic_ns()
        grabbed = capture.grab()
        now_ns = time.monotonic_ns()
        if not grabbed:
            if now_ns - came_ns < _patience_s(settings) * NS:
                time.sleep(0.05)
                continue
            msg = f"camera.source: {without_password(settings.source)}: gives no more pictures"
            raise CameraError(msg)
        came_ns = now_ns
        grabs += 1
        stamp_ms = _stamp_ms(capture, grabs, interval_ns)
        late_ns, skipped = 0.0, False
        if stamp_ms > 0:  # else it has no time of its own: it was taken when it came
            waited_ns = now_ns - asked_ns
            late_ns, skipped = lateness(stamp_ms * 1e6, now_ns, waited_ns)
            if stamp_before_ms:
                gap_ns = (stamp_ms - stamp_before_ms) * 1e6
                dropped += passed_over(gap_ns, interval_ns, waited_ns)
            stamp_before_ms = stamp_ms
        if skipped:
            dropped += 1
            continue
        if fps() < settings.fps and now_ns - last_ns < 0.75 * NS / fps():
            continue
        image = _retrieved(capture, jpegs=jpegs)
        if image is None:
            if now_ns - read_ns > settings.timeout_s * NS:
                name = without_password(settings.source)
                msg = f"camera.source: {name}: gives nothing that can be read"
                raise CameraError(msg, "camera_format")
            dropped += 1
            continue
        read_ns = now_ns
        last_ns = max(last_ns + 1, now_ns - round(late_ns))
        yield Frame(last_ns, image, None, dropped)
        dropped = 0


def _patience_s(settings: CameraSettings) -> float:
    """How long a source may give nothing before it counts as gone.

    No time at all once its node is gone: a camera whose plug makes contact again while we hold it
    open is given another number, and is then looked for in vain until the next power-on.
    """
    there = kind(settings.source) == "v4l2" and place(settings.source).exists()
    return settings.timeout_s if there else 0.0


def _retrieved(capture: cv2.VideoCapture, *, jpegs: bool) -> NDArray[np.uint8] | None:
    """What was grabbed, as uint8[H, W, 3] RGB; None where it is damaged."""
    ok, image = capture.retrieve()
    if not ok or image is None:
        return None
    return jpeg.decoded(image.ravel().astype(np.uint8, copy=False)) if jpegs else _rgb(image)


def _stamp_ms(capture: cv2.VideoCapture, grabs: int, interval_ns: float) -> float:
    """The stream's own time; where it bears none, OpenCV 5 counts frames, and 4 says nonsense."""
    stamp_ms = capture.get(cv2.CAP_PROP_POS_MSEC)
    return stamp_ms if stamp_ms >= 0 else grabs * interval_ns / 1e6


def _play(capture: cv2.VideoCapture, settings: CameraSettings) -> Iterator[Frame]:
    """Frames of a file, in real time (late ones are skipped) or as fast as they are taken."""
    interval_ns = NS / (capture.get(cv2.CAP_PROP_FPS) or settings.fps)
    base_ns = time.monotonic_ns() if settings.realtime else 0
    t_ns = base_ns - round(interval_ns)
    shown = dropped = 0
    while not stop.asked():
        if not capture.grab():
            if shown and settings.loop and capture.set(cv2.CAP_PROP_POS_FRAMES, 0):
                base_ns = t_ns + round(interval_ns)
                continue
            break
        stamp_ns = base_ns + round(capture.get(cv2.CAP_PROP_POS_MSEC) * 1e6)
        t_ns = stamp_ns if stamp_ns > t_ns else t_ns + round(interval_ns)
        late_ns = time.monotonic_ns() - t_ns if settings.realtime else 0
        if shown and late_ns > interval_ns:
            dropped += 1
            continue
        if late_ns < 0:
            time.sleep(-late_ns / NS)
        ok, image = capture.retrieve()
        if not ok:
            dropped += 1
            continue
        yield Frame(t_ns, _rgb(image), None, dropped)
        shown += 1
        dropped = 0
    if not shown and not stop.asked():
        msg = f"camera.source: {settings.source}: no picture in this video can be read"
        raise CameraError(msg)


def _rgb(image: cv2.typing.MatLike) -> NDArray[np.uint8]:
    if image.ndim == 2:
        return cv2.cvtColor(image, cv2.COLOR_GRAY2RGB).astype(np.uint8, copy=False)
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)
