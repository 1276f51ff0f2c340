"""Sources that are files: what they give, and what they say when they cannot."""

from __future__ import annotations

import time

import cv2
import numpy as np
import pytest

from edge.device.camera import CameraError, CameraSettings, frames
from edge.types import NS


def all_of(source: object, **settings: object) -> list:
    settings = {"realtime": False, **settings}
    with frames(CameraSettings(source=source, **settings)) as camera:
        return list(camera)


def test_a_clip_gives_every_frame_with_its_own_time(sleeper):
    seen = all_of(str(sleeper))
    assert len(seen) == 472
    assert seen[0].image.shape == (360, 640, 3)
    assert seen[0].image.flags.c_contiguous
    steps = np.diff([frame.t_ns for frame in seen])
    assert steps == pytest.approx(NS / 23.976, rel=0.01)


def test_colours_come_as_red_green_blue(sleeper):
    skin = all_of(str(sleeper))[200].image[120:160, 380:420].reshape(-1, 3).mean(axis=0)
    assert skin[0] > skin[1] > skin[2]


@pytest.mark.parametrize(("degrees", "turns"), [(90, -1), (180, 2), (270, 1)])
def test_a_file_is_turned_like_any_camera_and_so_is_a_picture(sleeper, media, degrees, turns):
    for source in (sleeper, media / "single_face.jpg"):
        with frames(CameraSettings(source=str(source), realtime=False)) as camera:
            plain = next(camera)
        with frames(CameraSettings(source=str(source), realtime=False, rotate=degrees)) as camera:
            turned = next(camera)
        assert np.array_equal(turned.image, np.rot90(plain.image, turns))
        assert turned.image.flags.c_contiguous
        assert turned.t_ns == plain.t_ns


def test_a_picture_that_is_turned_has_the_size_that_was_asked_for():
    assert CameraSettings(rotate=180).shape == (480, 640)
    assert CameraSettings(rotate=90).shape == (640, 480)


def test_a_clip_in_real_time_lasts_as_long_as_it_lasts(media):
    seen = all_of(str(media / "single_face.mp4"), realtime=True)
    dropped = sum(frame.dropped for frame in seen)  # a machine that stood still begins late
    assert (seen[-1].t_ns - seen[0].t_ns) / NS == pytest.approx(2.37, abs=0.01 + dropped / 30)
    assert len(seen) + dropped == 72


def test_whoever_is_slow_gets_the_newest_frame_and_is_told_how_many_were_dropped(media):
    settings = CameraSettings(source=str(media / "single_face.mp4"), realtime=True, loop=True)
    with frames(settings) as camera:
        first = next(camera)
        time.sleep(0.5)  # a stage that is far too slow
        later = next(camera)
    missed = (later.t_ns - first.t_ns) * 30 / NS
    assert missed > 13
    assert later.dropped == pytest.approx(missed - 1, abs=1)


def test_a_clip_that_loops_goes_on_in_time(media):
    settings = CameraSettings(source=str(media / "single_face.mp4"), realtime=False, loop=True)
    with frames(settings) as camera:
        times = [next(camera).t_ns for _ in range(160)]
    assert np.diff(times) == pytest.approx(NS / 30, rel=0.05)


def test_a_folder_gives_its_pictures_in_order_and_passes_over_what_is_none(tmp_path, caplog):
    for i in (2, 0, 1):
        cv2.imwrite(str(tmp_path / f"{i}.png"), np.full((40, 60, 3), 80 * i, np.uint8))
    (tmp_path / "1b.jpg").write_text("not a picture", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not asked", encoding="utf-8")
    seen = all_of(str(tmp_path), fps=10)
    assert [frame.image[0, 0, 0] for frame in seen] == [0, 80, 160]
    assert np.diff([frame.t_ns for frame in seen]).tolist() == [NS // 10, NS // 10]
    assert "1b.jpg: not a picture that can be read; left out" in caplog.text


def test_a_single_picture_is_a_single_frame(media):
    (frame,) = all_of(str(media / "single_face.jpg"))
    assert frame.image.ndim == 3


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("gone.mp4", None, "gone.mp4: no such file"),
        ("empty.mp4", b"", "empty.mp4: the file is empty"),
        ("notes.mp4", b"these are notes" * 100, "notes.mp4: not a video that can be read"),
        ("gone.jpg", None, "gone.jpg: no such file"),
        ("bad.jpg", b"no picture", "none of its 1 picture(s) can be read"),
    ],
)
def test_a_file_that_gives_nothing_is_named_with_its_reason(tmp_path, name, content, words):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(CameraError) as refusal:
        all_of(str(tmp_path / name))
    assert words in str(refusal.value)


def test_half_a_clip_gives_what_it_has(sleeper, tmp_path):
    content = sleeper.read_bytes()
    half = tmp_path / "half.mp4"
    half.write_bytes(content[: len(content) // 2])
    assert 100 < len(all_of(str(half))) < 472


def test_a_folder_without_pictures_says_what_it_looks_for(tmp_path):
    with pytest.raises(CameraError, match=r"no pictures in this folder \(\.bmp, \.jpeg"):
        all_of(str(tmp_path))


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (9, "/dev/video9: there is no such device"),
        ("/dev/video9", "/dev/video9: there is no such device"),
        ("/dev/null", "/dev/null: cannot be opened: in use by another program, or no camera"),
        ("/dev/pts", "/dev/pts: cannot be opened: Is a directory"),
        ("rtsp://user:hush@127.0.0.1:9/x", "rtsp://127.0.0.1:9/x: cannot be opened"),
        ("picamera2", "picamera2 cannot be imported"),
        ("picamera2:one", "picamera2"),
    ],
)
def test_a_camera_that_is_not_there_is_named_without_its_password(source, words):
    with pytest.raises(CameraError) as refusal:
        all_of(source)
    assert words in str(refusal.value)
    assert "hush" not in str(refusal.value)
