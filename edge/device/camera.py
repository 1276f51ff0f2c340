"""Where frames come from: one setting names the source, one context manager opens it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from edge.types import Settings, between

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from edge.types import Frame

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})
"""Suffixes that are read as still pictures."""


class CameraError(Exception):
    """A source that is not there, gives nothing, or went away; the text says which and why.

    ``fault``: its name on ``health``.
    """

    def __init__(self, text: str, fault: str = "camera_gone") -> None:
        super().__init__(text)
        self.fault = fault


class CameraSettings(Settings, frozen=True, kw_only=True):
    """The source and what is asked of it.

    ``source``: ``picamera2`` (or ``picamera2:1`` for the second), a V4L2 device or its number
    (``/dev/v4l/by-path/...`` stays the same whatever order cameras come in), an rtsp:// or
    http:// address, a video file, a picture, or a folder of pictures.
    ``width``, ``height``: asked of the camera, before its pictures are turned by ``rotate``:
    degrees clockwise, until heads are upright.
    ``realtime``: play files at their own speed, dropping what comes too late, as a camera would.
    """

    source: str | int = "picamera2"
    width: Annotated[int, between(160, 4096)] = 640
    height: Annotated[int, between(120, 4096)] = 480
    rotate: Literal[0, 90, 180, 270] = 0
    fps: Annotated[float, between(1, 120)] = 30.0
    timeout_s: Annotated[float, between(0.5, 15.0)] = 5.0  # less than systemd's WatchdogSec
    realtime: bool = True
    loop: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns that a picture has if the camera gives what it is asked for."""
        upright = self.rotate in {0, 180}
        return (self.height, self.width) if upright else (self.width, self.height)


def is_live(source: str | int) -> bool:
    """Whether the source runs by itself (a device, an address) rather than being a file."""
    return kind(source) in {"picamera2", "v4l2", "stream"}


def kind(source: str | int) -> str:
    """``picamera2``, ``v4l2``, ``stream`` or ``file``: the source without its address."""
    if isinstance(source, int) or source.startswith("/dev/"):
        return "v4l2"
    if source.partition(":")[0] == "picamera2":
        return "picamera2"
    return "stream" if "://" in source else "file"


def place(source: str | int) -> Path:
    """Where a device or a file lies; without meaning for ``picamera2`` and addresses."""
    if isinstance(source, int):
        return Path(f"/dev/video{source}")
    return Path(source).expanduser()


def without_password(source: str | int) -> str:
    """The address without a user's password in it."""
    text = str(source)
    scheme, mark, rest = text.partition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}" if mark else text


def frames(
    settings: CameraSettings, fps: Callable[[], float] | None = None
) -> AbstractContextManager[Iterator[Frame]]:
    """Open the source. Raises ``CameraError`` when it cannot be had, then or while iterating.

    ``fps`` is asked with every frame how many a second are wanted now; left out, what is set.
    """
    source = settings.source
    wanted = fps or (lambda: settings.fps)
    if kind(source) == "picamera2":
        from edge.device import picamera  # noqa: PLC0415 - only boards have it

        return picamera.frames(settings, wanted)
    from edge.device import pictures, turned, video  # noqa: PLC0415 - they import OpenCV

    path = place(source)
    still = kind(source) == "file" and (path.is_dir() or path.suffix.lower() in PICTURES)
    opened = pictures.frames(settings, path) if still else video.frames(settings, wanted)
    return turned.frames(opened, settings.rotate) if settings.rotate else opened
