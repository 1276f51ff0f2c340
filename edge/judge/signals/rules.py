"""The numbers behind the signals: when an eye is shut, and what a driver's own open eyes are.

Sources: ``NCAP`` = Euro NCAP Safe Driving / Driver Engagement v1.1 (2025); ``ADDW`` = EU 2023/2590;
``P80`` = Wierwille 1994; ``openpilot`` = its driver monitoring policy; ``[E]`` = our own choice,
to be tuned on films.
"""

from __future__ import annotations

from typing import Annotated

from edge.judge.agree import agree
from edge.types import Settings, between

DEEP = 0.24
"""P80, 80 % of the eye covered (Wierwille 1994), as these networks read it: shut eyes read 0.09 to
0.24 on seven stills in eight of ``eyes/faces``, never 0, lowered ones of the pinned clip from 0.28.
At 0.20 a quarter of the shut ones were none (``python -m bench.drowsiness`` counts them)."""


class EyeRules(Settings, frozen=True, kw_only=True):
    """When an eye can be judged, when it is shut, and over which time that is counted."""

    ear_open: Annotated[float, between(0.15, 0.45)] = 0.26  # US10740633B2: 0.257 +- 0.021
    ear_shut: Annotated[float, between(0.02, 0.30)] = 0.26 / 3  # [E]
    shut_below: Annotated[float, between(0.05, 0.6)] = 0.30  # US11144756B2
    open_above: Annotated[float, between(0.1, 0.9)] = 0.50
    deep_below: Annotated[float, between(0.05, 0.5)] = DEEP
    bridge_s: Annotated[float, between(0.0, 0.5)] = 0.10  # an open flicker inside a closure
    gap_s: Annotated[float, between(0.1, 2.0)] = 0.5  # longer unseen: nothing is assumed [E]
    confidence: Annotated[float, between(0.0, 1.0)] = 0.6  # of a face whose eyes are believed
    yaw_deg: Annotated[float, between(10.0, 90.0)] = 45.0  # turned further: one eye is hidden
    low_deg: Annotated[float, between(5.0, 45.0)] = 12.0  # head lower than this: no closure begins
    perclos_min_closure_s: Annotated[float, between(0.0, 1.0)] = 0.25  # blinks are not PERCLOS
    perclos_coverage: Annotated[float, between(0.1, 1.0)] = 0.60
    perclos_fps: Annotated[float, between(1.0, 30.0)] = 4.5  # hard floor 5, less a tenth of jitter
    blink_fps: Annotated[float, between(5.0, 60.0)] = 14.0  # 15 less jitter; arXiv 2511.19519

    def __post_init__(self) -> None:
        """Refuse rules that contradict each other."""
        deep, shut, wide = self.deep_below, self.shut_below, self.open_above
        agree(
            deep <= shut < wide,
            "deep_below <= shut_below < open_above",
            deep_below=deep,
            shut_below=shut,
            open_above=wide,
        )
        agree(
            self.ear_open - self.ear_shut >= 0.08,  # no room between shut and open [E]
            "ear_open at least 0.08 above ear_shut",
            ear_open=self.ear_open,
            ear_shut=self.ear_shut,
        )


class CalibrationRules(Settings, frozen=True, kw_only=True):
    """How a driver's own open eyes are learnt. Friedrichs & Yang; US10740633B2; [E]."""

    provisional_s: Annotated[float, between(0.5, 30.0)] = 3.0  # 90 frames at 30 a second
    ready_s: Annotated[float, between(5.0, 600.0)] = 60.0
    yaw_deg: Annotated[float, between(5.0, 45.0)] = 15.0  # only faces that look this straight
    may_fall_to: Annotated[float, between(0.5, 1.0)] = 0.9  # sleepy drivers open less
    least_open: Annotated[float, between(0.1, 0.3)] = 0.15
    most_open: Annotated[float, between(0.3, 0.9)] = 0.45
    least_range: Annotated[float, between(0.01, 0.3)] = 0.08
    step: Annotated[float, between(0.05, 0.9)] = 0.18  # a change of the open eye that is a re-seed
    reseed_floor: Annotated[float, between(0.3, 1.0)] = 0.75  # same driver: not lower than this

    def __post_init__(self) -> None:
        """Refuse rules that contradict each other."""
        agree(
            self.provisional_s < self.ready_s,
            "provisional_s < ready_s",
            provisional_s=self.provisional_s,
            ready_s=self.ready_s,
        )
        agree(
            self.least_open < self.most_open,
            "least_open < most_open",
            least_open=self.least_open,
            most_open=self.most_open,
        )
