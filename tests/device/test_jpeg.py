"""Damaged JPEGs, as they come over a bad cable, are no pictures."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edge.device import jpeg, v4l2, video
from edge.device.camera import CameraError, CameraSettings

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="module")
def picture(sleeper) -> np.ndarray:
    """RGB, out of the pinned clip."""
    _, bgr = cv2.VideoCapture(str(sleeper)).read()
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)


@pytest.fixture(scope="module")
def whole(picture) -> np.ndarray:
    return cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))[1].ravel()


def test_a_whole_one_is_rgb(whole, picture):
    seen = jpeg.decoded(whole)
    assert seen.shape == picture.shape
    assert seen.dtype == np.uint8
    assert np.abs(seen.astype(int) - picture).mean() < 3


def test_a_buffer_that_is_longer_than_its_picture_is_well(whole, picture):
    padded = np.concatenate([whole, np.zeros(1000, np.uint8)])
    assert jpeg.decoded(padded).shape == picture.shape


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda data: data[:0],
        lambda data: data[:200],
        lambda data: np.random.default_rng(1).integers(0, 256, len(data), dtype=np.uint8),
        lambda data: np.concatenate([data[:700], data[len(data) // 2 : -2]]),
    ],
    ids=["its second half is missing", "empty", "its head alone", "noise", "no end"],
)
def test_a_damaged_one_is_none(whole, damage):
    assert jpeg.decoded(damage(whole)) is None


@pytest.mark.parametrize(("height", "width"), [(65384, 640), (65535, 65535), (0, 0), (0, 640)])
def test_a_size_that_nobody_asked_for_takes_no_memory(whole, height, width):
    at = jpeg.SIZE.search(whole.data).start(1)
    told = whole.copy()
    told[at : at + 4] = list(height.to_bytes(2, "big") + width.to_bytes(2, "big"))
    assert jpeg.decoded(told) is None


def test_bits_that_fell_over_never_break_anything(whole):
    dice = np.random.default_rng(2)
    for _ in range(200):
        hit = dice.random(len(whole)) < 0.0005
        bent = np.where(hit, dice.integers(0, 256, len(whole)), whole).astype(np.uint8)
        seen = jpeg.decoded(bent)
        assert seen is None or seen.ndim == 3


class Webcam:
    """OpenCV's capture of a V4L2 device that gives JPEGs, once it was asked for them raw."""

    def __init__(self, data: Callable[[int], np.ndarray]) -> None:
        self._data, self._number, self.is_raw = data, itertools.count(), False

    def grab(self) -> bool:
        time.sleep(0.01)
        return True

    def retrieve(self) -> tuple[bool, np.ndarray]:
        assert self.is_raw, "OpenCV would call damaged ones well"
        return True, self._data(next(self._number)).reshape(1, -1)

    def get(self, what: int) -> float:
        return float(cv2.VideoWriter.fourcc(*"MJPG")) if what == cv2.CAP_PROP_FOURCC else 0.0

    def set(self, what: int, value: float) -> bool:
        assert (what, value) == (cv2.CAP_PROP_CONVERT_RGB, 0)
        self.is_raw = True
        return True


def frames(webcam: Webcam, count: int):
    settings = CameraSettings(source="/dev/video0", fps=100, timeout_s=0.5)
    return list(itertools.islice(video._live(webcam, settings, lambda: 100.0), count))


def test_a_damaged_one_among_them_is_left_out_and_counted(whole, picture):
    cable = Webcam(lambda n: whole[:3000] if n % 3 == 2 else whole)
    seen = frames(cable, 6)
    assert [frame.dropped for frame in seen] == [0, 0, 1, 0, 1, 0]
    assert {frame.image.shape for frame in seen} == {picture.shape}


def test_nothing_but_damaged_ones_is_a_format_that_cannot_be_read(whole):
    with pytest.raises(CameraError, match="nothing that can be read") as found:
        frames(Webcam(lambda n: whole if n < 3 else whole[:3000]), 100)
    assert found.value.fault == "camera_format"


class Choosy:
    """A webcam that gives so many pictures a second, raw and as JPEGs, as OpenCV tells it."""

    def __init__(self, fps: dict[str, float]) -> None:
        self._fps, self.code, self.asked = fps, "YUYV", 30.0

    def get(self, what: int) -> float:
        if what == cv2.CAP_PROP_FOURCC:
            return float(cv2.VideoWriter.fourcc(*self.code))
        return min(self.asked, self._fps[self.code])

    def set(self, what: int, value: float) -> bool:
        if what == cv2.CAP_PROP_FOURCC:
            self.code = int(value).to_bytes(4, "little").decode()
        else:
            self.asked = value
        return True


@pytest.mark.parametrize(
    ("fps", "code", "given"),
    [
        ({"YUYV": 30.0, "MJPG": 30.0}, "YUYV", 30.0),
        ({"YUYV": 10.0, "MJPG": 30.0}, "MJPG", 30.0),
        ({"YUYV": 10.0, "MJPG": 10.0}, "YUYV", 10.0),
        ({"YUYV": 10.0}, "YUYV", 10.0),
    ],
)
def test_jpegs_are_asked_for_where_raw_pictures_are_too_few(
    monkeypatch, tmp_path, fps, code, given
):
    monkeypatch.setattr(v4l2, "formats", lambda _device: list(fps))
    webcam = Choosy(fps)
    jpeg.where_faster(webcam, tmp_path / "video0", 30.0)
    assert webcam.code == code
    assert webcam.get(cv2.CAP_PROP_FPS) == given
