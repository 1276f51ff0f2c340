"""A picture, or a folder of them in the order of their names, as a camera."""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import cv2

from edge.device import opencv, stop
from edge.device.camera import PICTURES, CameraError
from edge.types import NS, Frame

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edge.device.camera import CameraSettings

log = logging.getLogger(__name__)


@contextmanager
def frames(settings: CameraSettings, path: Path) -> Iterator[Iterator[Frame]]:
    """Frames of the pictures at ``path``, one every 1 / fps seconds."""
    files = _files(path)
    if not files:
        msg = f"camera.source: {path}: no pictures in this folder ({', '.join(sorted(PICTURES))})"
        raise CameraError(msg)
    opencv.silence()
    yield _frames(settings, files, path)


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(p for p in path.iterdir() if p.suffix.lower() in PICTURES)
    if not path.is_file():
        msg = f"camera.source: {path}: no such file"
        raise CameraError(msg)
    return [path]


def _frames(settings: CameraSettings, files: list[Path], path: Path) -> Iterator[Frame]:
    base_ns = time.monotonic_ns() if settings.realtime else 0
    shown = 0
    while True:
        before = shown
        for file in files:
            if stop.asked():
                return
            image = cv2.imread(str(file), cv2.IMREAD_COLOR_RGB)
            if image is None:
                log.warning("%s: not a picture that can be read; left out", file)
                continue
            t_ns = base_ns + round(shown * NS / settings.fps)
            if settings.realtime:
                time.sleep(max(0, t_ns - time.monotonic_ns()) / NS)
            yield Frame(t_ns, image.astype("uint8", copy=False))
            shown += 1
        if shown == before:
            msg = f"camera.source: {path}: none of its {len(files)} picture(s) can be read"
            raise CameraError(msg)
        if not settings.loop:
            return
