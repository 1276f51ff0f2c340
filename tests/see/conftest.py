"""The models of the manifest, loaded once, and pictures of real faces."""

from __future__ import annotations

import cv2
import numpy as np  # noqa: TC002 - fixtures give it
import pytest

from edge import config
from edge.see.settings import SightSettings
from edge.see.sight import Sight
from edge.types import Frame


@pytest.fixture(scope="session")
def files():
    return config.manifest(config.manifest_path())


@pytest.fixture
def sight(files):
    """Build a fresh pair of eyes, with settings by name."""

    def build(*, emotion: bool = True, **settings: object) -> Sight:
        return Sight.load(files, SightSettings(**settings), emotion=emotion)

    return build


@pytest.fixture(scope="session")
def picture(media):
    """Read one of the pinned pictures: uint8[H, W, 3] RGB."""

    def load(name: str) -> np.ndarray:
        return cv2.imread(str(media / name), cv2.IMREAD_COLOR_RGB)

    return load


@pytest.fixture(scope="session")
def clip(media):
    """Read a pinned clip whole, as frames."""

    def load(name: str) -> list[Frame]:
        capture = cv2.VideoCapture(str(media / name), cv2.CAP_FFMPEG)
        frames = []
        while capture.grab():
            t_ns = round(capture.get(cv2.CAP_PROP_POS_MSEC) * 1e6)
            _, image = capture.retrieve()
            frames.append(Frame(t_ns, cv2.cvtColor(image, cv2.COLOR_BGR2RGB)))
        capture.release()
        return frames

    return load
