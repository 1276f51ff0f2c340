"""A stop is asked for, not thrown in: whoever waits for pictures looks for it."""

from __future__ import annotations

import os
import signal
from itertools import islice

import cv2
import numpy as np
import pytest

from edge.device import stop
from edge.device.camera import CameraSettings, frames


def ask(number: signal.Signals = signal.SIGTERM) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", stop.SIGNALS)
def test_a_stop_is_noted_and_what_was_before_comes_back(number):
    before = signal.getsignal(number)
    with stop.listening():
        assert not stop.asked()
        ask(number)
        assert stop.asked()
        ask(number)  # impatience changes nothing
    assert not stop.asked()
    assert signal.getsignal(number) is before


def test_pictures_and_clips_end_with_it(tmp_path, sleeper):
    for number in range(3):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.zeros((120, 160, 3), np.uint8))
    for source in (str(tmp_path), str(sleeper)):
        with stop.listening(), frames(CameraSettings(source=source, loop=True)) as camera:
            assert len(list(islice(camera, 2))) == 2
            ask()
            assert list(camera) == []
