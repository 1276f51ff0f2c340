"""Photos and videos to analyse: the pinned ones, and those that are made bad on purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from edge import analyze
from edge.analysis.film import Writer

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def portrait(media) -> Path:
    """One laughing man, 572 x 562."""
    return media / "single_face.jpg"


@pytest.fixture(scope="session")
def group(media) -> Path:
    """Five people, 1000 x 667."""
    return media / "multi_face.jpg"


@pytest.fixture(scope="session")
def blink(media) -> Path:
    """2.4 s of one face that blinks."""
    return media / "single_face.mp4"


@pytest.fixture(scope="session")
def pixels(portrait) -> np.ndarray:
    """The portrait as an array."""
    return np.asarray(Image.open(portrait).convert("RGB"))


@pytest.fixture(scope="session")
def sleeper_analysis(sleeper):
    """Everything about the sleeper, looked at once."""
    return analyze(sleeper)


@pytest.fixture
def film(tmp_path, pixels):
    """Make a video of the portrait with frames at the given seconds."""

    def make(times_s: list[float], name: str = "made.mp4") -> Path:
        path = tmp_path / name
        with path.open("wb") as file:
            writer = Writer(file, pixels.shape[1], pixels.shape[0])
            for t_s in times_s:
                writer.add(round(t_s * 1e9), pixels)
            writer.close()
        return path

    return make
