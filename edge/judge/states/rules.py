"""The numbers behind the states: after how many seconds what is said.

Sources: ``NCAP`` = Euro NCAP Safe Driving / Driver Engagement v1.1 (2025); ``ADDW`` = EU 2023/2590;
``P80`` = Wierwille 1994; ``openpilot`` = its driver monitoring policy; ``[E]`` = our own choice,
to be tuned on films.
"""

from __future__ import annotations

from typing import Annotated

from edge.judge.agree import agree
from edge.types import Settings, between


class DrowsinessRules(Settings, frozen=True, kw_only=True):
    """The family of closed eyes: enter after so long shut, leave after so long open."""

    pre_s: Annotated[float, between(0.5, 1.5)] = 1.0  # Bosch US10105104B2
    microsleep_s: Annotated[float, between(1.0, 2.0)] = 1.5  # NCAP 1-2 s; Guardian 1.5 s
    sleep_s: Annotated[float, between(2.0, 5.0)] = 3.0  # NCAP
    unresponsive_s: Annotated[float, between(4.0, 15.0)] = 6.0  # NCAP
    lost_s: Annotated[float, between(1.0, 30.0)] = 3.0  # face gone so long right after sleep
    pre_open_s: Annotated[float, between(0.1, 2.0)] = 0.3
    microsleep_open_s: Annotated[float, between(0.3, 5.0)] = 1.0
    sleep_open_s: Annotated[float, between(1.0, 10.0)] = 3.0
    deep_share: Annotated[float, between(0.0, 1.0)] = 0.5  # below: squinting, not closed

    def __post_init__(self) -> None:
        """Refuse rules that contradict each other."""
        agree(
            self.pre_s <= self.microsleep_s < self.sleep_s < self.unresponsive_s,
            "pre_s <= microsleep_s < sleep_s < unresponsive_s",
            pre_s=self.pre_s,
            microsleep_s=self.microsleep_s,
            sleep_s=self.sleep_s,
            unresponsive_s=self.unresponsive_s,
        )
        agree(
            self.pre_open_s <= self.microsleep_open_s <= self.sleep_open_s,
            "pre_open_s <= microsleep_open_s <= sleep_open_s",
            pre_open_s=self.pre_open_s,
            microsleep_open_s=self.microsleep_open_s,
            sleep_open_s=self.sleep_open_s,
        )


class FatigueRules(Settings, frozen=True, kw_only=True):
    """The drowsy states. PERCLOS: NSTSCE 15 %, DDWS field test 8 and 12 %, PMC11055081 30 %."""

    advisory: Annotated[float, between(0.02, 0.5)] = 0.08
    advisory_exit: Annotated[float, between(0.01, 0.5)] = 0.06
    advisory_s: Annotated[float, between(0.0, 60.0)] = 10.0
    drowsy60: Annotated[float, between(0.05, 0.5)] = 0.15
    drowsy180: Annotated[float, between(0.05, 0.5)] = 0.10
    drowsy60_exit: Annotated[float, between(0.02, 0.5)] = 0.10
    drowsy180_exit: Annotated[float, between(0.02, 0.5)] = 0.08
    with_evidence: Annotated[float, between(0.03, 0.5)] = 0.12  # enough beside a second sign
    severe: Annotated[float, between(0.1, 0.9)] = 0.30
    severe_exit: Annotated[float, between(0.05, 0.9)] = 0.20
    clear_s: Annotated[float, between(1.0, 600.0)] = 60.0
    long_share: Annotated[float, between(0.02, 1.0)] = 0.20  # of blinks over 0.5 s: Johns
    slow_blinks: Annotated[float, between(1.05, 3.0)] = 1.4  # mean against the driver's own

    def __post_init__(self) -> None:
        """Refuse rules that contradict each other."""
        for low, high in (
            ("advisory_exit", "advisory"),
            ("drowsy60_exit", "drowsy60"),
            ("drowsy180_exit", "drowsy180"),
            ("severe_exit", "severe"),
            ("with_evidence", "drowsy60"),
            ("drowsy60", "severe"),
        ):
            below, above = getattr(self, low), getattr(self, high)
            agree(below < above, f"{low} < {high}", **{low: below, high: above})


class Zone(Settings, frozen=True, kw_only=True):
    """A part of the world by head direction: degrees from straight ahead, left and up positive."""

    name: str
    yaw_from_deg: Annotated[float, between(-90.0, 90.0)]
    yaw_to_deg: Annotated[float, between(-90.0, 90.0)]
    pitch_from_deg: Annotated[float, between(-90.0, 90.0)]
    pitch_to_deg: Annotated[float, between(-90.0, 90.0)]

    def __post_init__(self) -> None:
        """Refuse a box that is inside out."""
        for way in ("yaw", "pitch"):
            start, end = getattr(self, f"{way}_from_deg"), getattr(self, f"{way}_to_deg")
            names = {f"{way}_from_deg": start, f"{way}_to_deg": end}
            agree(start < end, f"{self.name}: {way}_from_deg < {way}_to_deg", **names)


MIRRORS = (
    Zone(name="mirror_inner", yaw_from_deg=-45, yaw_to_deg=-23, pitch_from_deg=0, pitch_to_deg=30),
    Zone(name="mirror_left", yaw_from_deg=23, yaw_to_deg=50, pitch_from_deg=-12, pitch_to_deg=10),
    Zone(
        name="mirror_right", yaw_from_deg=-65, yaw_to_deg=-45, pitch_from_deg=-12, pitch_to_deg=10
    ),
    Zone(name="cluster", yaw_from_deg=-22, yaw_to_deg=22, pitch_from_deg=-30, pitch_to_deg=-10),
)
"""Where the mirrors are for somebody who drives on the left seat, turned over for the right; and
the instruments, which are only looked at with the eyes: a head bent so far is in ``down`` [E]."""

CLUSTER = "cluster"


class AttentionRules(Settings, frozen=True, kw_only=True):
    """Where the head may point, and for how long not ahead."""

    enabled: bool = True  # from the profile: off where nobody drives
    phone: bool = False  # phone_suspect is beta
    yaw_deg: Annotated[float, between(10.0, 60.0)] = 23.0  # openpilot: head alone
    down_deg: Annotated[float, between(5.0, 60.0)] = 18.0  # openpilot: head alone
    up_deg: Annotated[float, between(10.0, 60.0)] = 30.0
    gaze_yaw_deg: Annotated[float, between(10.0, 60.0)] = 22.0  # half axes of an ellipse, measured
    gaze_pitch_deg: Annotated[float, between(5.0, 60.0)] = 14.0
    gaze_down_deg: Annotated[float, between(10.0, 60.0)] = 30.0  # ADDW: area 3
    gaze_sure: Annotated[float, between(0.1, 1.0)] = 0.5  # confidence of a look that is used [E]
    gaze_spread_deg: Annotated[float, between(4.0, 60.0)] = 20.0  # scattered more: head alone [E]
    glance_deg: Annotated[float, between(2.0, 30.0)] = 10.0  # a head this straight: eyes alone
    long_s: Annotated[float, between(1.0, 10.0)] = 3.0  # NCAP 3-4 s; ADDW at most 3.5 s
    unsure_s: Annotated[float, between(0.0, 1.5)] = 1.0  # ADDW: 1.5 s more, NCAP: 4 s in all
    side_s: Annotated[float, between(1.0, 10.0)] = 4.0
    side_slow_s: Annotated[float, between(3.0, 30.0)] = 12.0  # below ``side_kmh``: crossings
    side_kmh: Annotated[float, between(5.0, 100.0)] = 30.0
    mirror_free_s: Annotated[float, between(0.0, 3.0)] = 1.0  # AttenD: the first second is free
    warn_s: Annotated[float, between(2.0, 15.0)] = 5.0  # openpilot 3 / 5 / 11
    respond_s: Annotated[float, between(1.0, 15.0)] = 3.0  # NCAP: then unresponsive
    forward_s: Annotated[float, between(0.2, 5.0)] = 1.0
    flicker_s: Annotated[float, between(0.0, 1.0)] = 0.3  # ADDW: in-out-in resets nothing
    vats_s: Annotated[float, between(2.0, 30.0)] = 10.0  # NCAP
    vats_window_s: Annotated[float, between(5.0, 120.0)] = 30.0
    vats_forward_s: Annotated[float, between(0.5, 10.0)] = 2.0
    learn_s: Annotated[float, between(5.0, 600.0)] = 60.0  # openpilot; half where speed is unknown
    learn_kmh: Annotated[float, between(0.0, 130.0)] = 47.0
    mirrors: tuple[Zone, ...] = MIRRORS

    def __post_init__(self) -> None:
        """Refuse rules that contradict each other."""
        for low, high in (
            ("long_s", "warn_s"),
            ("flicker_s", "forward_s"),
            ("vats_s", "vats_window_s"),
            ("forward_s", "vats_forward_s"),
            ("side_s", "side_slow_s"),
            ("gaze_pitch_deg", "gaze_down_deg"),
        ):
            below, above = getattr(self, low), getattr(self, high)
            agree(below < above, f"{low} < {high}", **{low: below, high: above})


class EffortRules(Settings, frozen=True, kw_only=True):
    """How hot the board may get before it looks less, a rung at a time, and when it looks more.

    The firmware of a Pi 4 and 5 clocks the processor down from 80 °C on, and hard from 85 °C: the
    first rung comes before that, so that what is given up is chosen and not suffered.
    """

    first_c: Annotated[float, between(40.0, 100.0)] = 75.0  # expression
    second_c: Annotated[float, between(40.0, 100.0)] = 79.0  # landmarks
    third_c: Annotated[float, between(40.0, 100.0)] = 82.0  # frames
    cooler_c: Annotated[float, between(1.0, 20.0)] = 5.0  # below a rung's mark to climb back [E]
    climb_s: Annotated[float, between(2.0, 120.0)] = 10.0  # a rung takes as long to show [E]
    back_s: Annotated[float, between(5.0, 600.0)] = 60.0  # cool and well fed for so long [E]

    def __post_init__(self) -> None:
        """Refuse rules that contradict each other."""
        agree(
            self.first_c < self.second_c < self.third_c,
            "first_c < second_c < third_c",
            first_c=self.first_c,
            second_c=self.second_c,
            third_c=self.third_c,
        )


class SightRules(Settings, frozen=True, kw_only=True):
    """When the eyes cannot be read, and when the picture itself says nothing. NCAP 10 s; [E]."""

    unreadable_s: Annotated[float, between(1.0, 60.0)] = 10.0
    unreadable_window_s: Annotated[float, between(2.0, 120.0)] = 15.0
    readable_s: Annotated[float, between(0.5, 60.0)] = 5.0
    blocked_s: Annotated[float, between(0.5, 30.0)] = 2.0
    blind_spread: Annotated[float, between(0.0, 0.2)] = 0.02  # the clips: 0.18 to 0.30
    dark_mean: Annotated[float, between(0.0, 0.5)] = 0.03
    low_mean: Annotated[float, between(0.0, 0.5)] = 0.12

    def __post_init__(self) -> None:
        """Refuse rules that contradict each other."""
        agree(
            self.unreadable_s < self.unreadable_window_s,
            "unreadable_s < unreadable_window_s",
            unreadable_s=self.unreadable_s,
            unreadable_window_s=self.unreadable_window_s,
        )
        agree(
            self.dark_mean < self.low_mean,
            "dark_mean < low_mean",
            dark_mean=self.dark_mean,
            low_mean=self.low_mean,
        )
