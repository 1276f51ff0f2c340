"""What a camera says that it gives; a real device does in `make image-test` (`card/camera.py`)."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest

from edge.device import v4l2

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
