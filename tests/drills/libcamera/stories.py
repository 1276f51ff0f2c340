"""The stories of the drill, inside the root: ``python3 stories.py NAME`` prints what was found.

Each is a process of its own, as the service is; an assertion that fails is its exit status.
"""

from __future__ import annotations

import contextlib
import sys
import time
from itertools import islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import stage
from msgspec.structs import replace
from picamera2 import Picamera2

from edge.device.camera import CameraError, CameraSettings, frames

if TYPE_CHECKING:
    from collections.abc import Iterator

    from picamera2.request import CompletedRequest

    from edge.types import Frame

CAMERA = CameraSettings(source="picamera2", width=640, height=480, timeout_s=2.0)


def pictures() -> str:
    """90 frames: RGB as the clip has it, a grey plane, times of the monotonic clock."""
    stage.isp()
    before_ns = time.monotonic_ns()
    with frames(CAMERA) as camera:
        seen = list(islice(camera, 90))
    times = [frame.t_ns for frame in seen]
    assert all(b > a for a, b in pairwise(times))
    assert before_ns < times[0] < times[-1] <= time.monotonic_ns()
    clip = [cv2.imread(str(file)) for file in sorted(Path("/clip").glob("*.jpg"))]
    means = np.array([cv2.cvtColor(each, cv2.COLOR_BGR2RGB).mean(axis=(0, 1)) for each in clip])
    for frame in seen[::30]:
        assert frame.image.shape == (480, 640, 3)
        assert frame.luma.shape == (480, 640)  # the virtual pipeline makes both streams as large
        off = abs(means - frame.image.mean(axis=(0, 1))).max(axis=1).min()
        # the pipeline's YUV is a little paler than the JPEG; red and blue swapped are off by 25
        assert off < 12, f"no picture of the clip is like this one: off by {off:.1f}"
    return f"{len(seen)} frames in {(times[-1] - times[0]) / 1e9:.1f} s, colours as in the clip"


def turned() -> str:
    """A camera that hangs on its side: colours and grey turned alike, to what the clip shows."""
    stage.isp()
    clip = [cv2.imread(str(file)) for file in sorted(Path("/clip").glob("*.jpg"))]
    greys = [cv2.cvtColor(each, cv2.COLOR_BGR2GRAY).astype(int) for each in clip]
    with frames(replace(CAMERA, rotate=90)) as camera:
        seen = list(islice(camera, 90))
    for frame in seen[::30]:
        assert frame.image.shape == (640, 480, 3)
        assert frame.luma.shape == (640, 480)
        for grey in (cv2.cvtColor(frame.image, cv2.COLOR_RGB2GRAY), frame.luma):
            right, wrong = (
                min(abs(each - cv2.rotate(grey, back)).mean() for each in greys)
                for back in (cv2.ROTATE_90_COUNTERCLOCKWISE, cv2.ROTATE_90_CLOCKWISE)
            )
            assert right < wrong / 3, f"off by {right:.1f}, the other way round by {wrong:.1f}"
    return f"{len(seen)} frames by 90 degrees, off by {right:.1f} (the other way {wrong:.1f})"


def release() -> str:
    """Every request goes back: 200 frames from 6 buffers, and five openings."""
    stage.isp()
    opened = []
    with frames(CAMERA) as camera:
        for _ in islice(camera, 200):
            pass
    for _ in range(5):
        with frames(CAMERA) as camera:
            next(camera)
        opened.append(len(list(Path("/proc/self/fd").iterdir())))
    kept = (opened[-1] - opened[0]) / (len(opened) - 1)
    assert kept <= 2, f"file descriptors: {opened}"
    return f"200 frames from 6 buffers; {kept:.0f} descriptors stay with libcamera at each opening"


def fault() -> str:
    """Whatever breaks while watching, the camera is closed and can be had again."""
    stage.isp()
    for _ in range(3):
        with contextlib.suppress(ZeroDivisionError), frames(CAMERA) as camera:
            next(camera)
            _break()
    with frames(CAMERA) as camera:
        next(camera)
    return "closed after each of 3 faults, and opened again"


def stall() -> str:
    """A camera that gives nothing more is a line after ``timeout_s``, not a hang."""
    stage.isp()
    kept = Picamera2.wait

    def keeping(self: Picamera2, *job: object, **wanted: object) -> CompletedRequest:
        request = kept(self, *job, **wanted)
        request.acquire()  # somebody holds on to it: nothing goes back, the buffers run out
        return request

    Picamera2.wait = keeping
    settings = CameraSettings(source="picamera2", width=640, height=480, timeout_s=0.5)
    count, began = 0, time.monotonic()
    with contextlib.suppress(StopIteration), frames(settings) as camera:
        while (error := _complaint(camera)) is None:
            count, began = count + 1, time.monotonic()
    waited = time.monotonic() - began
    assert "no picture for 0.5 s" in str(error)
    assert waited < 5
    return f"after {count} frames: {error} (told after {waited:.1f} s)"


def other_format() -> str:
    """Without an ISP the camera gives NV12: refused by name, before a frame is looked at."""
    return _refused(CAMERA, "asked for BGR888 pictures, gives NV12", "camera_format")


def second() -> str:
    """A second camera that is not there."""
    settings = CameraSettings(source="picamera2:1")
    return _refused(settings, "libcamera finds 1 camera(s)", "camera_gone")


def busy() -> str:
    """A camera that somebody else has."""
    stage.isp()
    with frames(CAMERA) as camera:
        next(camera)
        return _refused(CAMERA, "cannot be opened", "camera_gone")


def spared() -> str:
    """Fewer frames asked for while running: this camera cannot, and goes on as before."""
    stage.isp()
    with frames(CAMERA, lambda: 10.0) as camera:
        count = len(list(islice(camera, 60)))
    return f"{count} frames: a camera without that control is left alone"


def _refused(settings: CameraSettings, words: str, fault: str) -> str:
    refusal = _complaint(settings)
    assert refusal is not None, "it was opened"
    assert words in str(refusal), str(refusal)
    assert refusal.fault == fault, refusal.fault
    return str(refusal)


def _complaint(source: Iterator[Frame] | CameraSettings) -> CameraError | None:
    """What is said on the way to the next frame; None where there is one."""
    try:
        if isinstance(source, CameraSettings):
            with frames(source) as camera:
                next(camera)
        else:
            next(source)
    except CameraError as error:
        return error
    return None


def _break() -> None:
    raise ZeroDivisionError


if __name__ == "__main__":
    story = globals()[sys.argv[1]]
    print(f"story: {story()}", flush=True)
