"""What can be set about seeing. Apart from ``sight``, so that reading it loads no OpenCV."""

from __future__ import annotations

from typing import Annotated

from edge.types import Settings, between


class SightSettings(Settings, frozen=True, kw_only=True):
    """What looking costs: faces followed at once, and how often the rarer models run."""

    faces: Annotated[int, between(1, 4)] = 4
    detect_every_s: Annotated[float, between(0.1, 60.0)] = 1.0
    detect_score: Annotated[float, between(0.1, 0.99)] = 0.5
    expression_hz: Annotated[float, between(0.1, 30.0)] = 3.0
