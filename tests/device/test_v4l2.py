"""What a camera says that it gives; a real device does in `make image-test` (`card/camera.py`)."""

from __future__ import annotations

import errno
import itertools
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edge.device import v4l2, video
from edge.device.camera import CameraError, CameraSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def device(tmp_path: Path) -> Path:
    file = tmp_path / "video0"
    file.touch()
    return file


def camera(*given: str) -> Callable[[int, int, bytes], bytes]:
    """The kernel's side of VIDIOC_ENUM_FMT."""

    def ask(_number: int, request: int, wanted: bytes) -> bytes:
        assert request == v4l2.ENUM_FMT
        index, kind, *_ = v4l2.FMTDESC.unpack(wanted)
        assert kind == v4l2.VIDEO_CAPTURE
        if index >= len(given):
            raise OSError(errno.EINVAL, "no more")
        letters = given[index].ljust(4).encode()
        return v4l2.FMTDESC.pack(index, kind, 0, b"some words", letters, 0)

    return ask


def test_a_camera_of_nothing_but_h264_is_named_with_what_it_gives(device):
    assert v4l2.unreadable(device, camera("H264", "HEVC")) == "H264, HEVC"


def test_one_kind_that_can_be_read_is_enough(device):
    assert v4l2.formats(device, camera("H264", "Y16")) == ["H264", "Y16"]
    assert v4l2.unreadable(device, camera("H264", "Y16")) is None


def test_what_says_nothing_is_not_blamed_for_its_format(device, tmp_path):
    assert v4l2.unreadable(device) is None  # a file is no camera
    assert v4l2.unreadable(tmp_path / "not there") is None


class Cable:
    """OpenCV's capture of a camera whose pictures come damaged: "ok", and nothing."""

    def __init__(self, damaged: Callable[[int], bool]) -> None:
        self._damaged = damaged
        self._number = itertools.count()

    def grab(self) -> bool:
        time.sleep(0.01)
        return True

    def retrieve(self) -> tuple[bool, np.ndarray | None]:
        bad = self._damaged(next(self._number))
        return True, None if bad else np.zeros((120, 160, 3), np.uint8)

    def get(self, _what: int) -> float:
        return 0.0


def frames(cable: Cable, count: int):
    settings = CameraSettings(source="/dev/video0", fps=100, timeout_s=0.5)
    return list(itertools.islice(video._live(cable, settings, lambda: 100.0), count))


def test_a_damaged_picture_is_left_out_and_counted():
    assert [f.dropped for f in frames(Cable(lambda n: n % 3 == 2), 6)] == [0, 0, 1, 0, 1, 0]


def test_nothing_but_damaged_pictures_is_a_format_that_cannot_be_read():
    with pytest.raises(CameraError, match="nothing that can be read") as found:
        frames(Cable(lambda n: n > 3), 100)
    assert found.value.fault == "camera_format"


class Loose(Cable):
    """A camera that has been pulled out: the driver answers at once, with nothing."""

    def __init__(self) -> None:
        super().__init__(lambda _: False)

    def grab(self) -> bool:
        return False


@pytest.mark.parametrize(
    ("source", "waits"),
    [
        ("/dev/null", True),  # still there, and silent
        ("/dev/video97", False),
        ("/dev/v4l/by-path/platform-xhci-usb-0:1.1:1.0-video-index0", False),
    ],
)
def test_a_device_that_is_gone_is_let_go_at_once_and_comes_back_under_its_own_number(source, waits):
    settings = CameraSettings(source=source, timeout_s=0.5)
    began_s = time.monotonic()
    with pytest.raises(CameraError, match="gives no more pictures") as found:
        next(video._live(Loose(), settings, lambda: 30.0))
    assert found.value.fault == "camera_gone"
    assert (time.monotonic() - began_s > 0.45) == waits
