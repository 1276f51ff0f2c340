"""What a V4L2 device says that it gives: OpenCV says no more than that it could not open it."""

from __future__ import annotations

import fcntl
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

READABLE = {
    *("BGR3", "RGB3", "BGR4", "YV12", "YU12", "411P", "YUYV", "YVYU", "UYVY", "NV12", "NV21"),
    *("MJPG", "JPEG", "GREY", "Y10", "Y12", "Y16", "BA81", "RGGB", "GRBG", "GBRG", "XR24", "AR24"),
}
"""What OpenCV makes RGB of, by the kernel's four letters."""

ENUM_FMT = 0xC0405602  # VIDIOC_ENUM_FMT of struct v4l2_fmtdesc, 64 bytes
FMTDESC = struct.Struct("=III32s4sI12x")
VIDEO_CAPTURE = 1


def formats(device: Path, ask: Callable[[int, int, bytes], bytes] = fcntl.ioctl) -> list[str]:
    """The kinds of picture that a device gives, as in ``YUYV``; empty where it does not say."""
    found: list[str] = []
    try:
        with device.open("rb", buffering=0) as file:
            while True:
                wanted = FMTDESC.pack(len(found), VIDEO_CAPTURE, 0, b"", b"", 0)
                answer = FMTDESC.unpack(ask(file.fileno(), ENUM_FMT, wanted))
                found.append(answer[4].decode("ascii", "replace").strip())
    except OSError:  # that was the last one, or it is no such device
        return found


def closed(device: Path) -> str:
    """Why a device that is there gives no pictures."""
    try:
        with device.open("r+b", buffering=0):
            return "in use by another program, or no camera: ls /dev/v4l/by-path"
    except OSError as error:
        return str(error.strerror)


def unreadable(device: Path, ask: Callable[[int, int, bytes], bytes] = fcntl.ioctl) -> str | None:
    """What it gives, where none of it can be read; None where the reason is another."""
    given = formats(device, ask)
    return ", ".join(given) if given and not READABLE & set(given) else None
