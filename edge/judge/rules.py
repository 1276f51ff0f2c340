"""The numbers that steer judging, in seconds, each with its source.

Sources: ``NCAP`` = Euro NCAP Safe Driving / Driver Engagement v1.1 (2025); ``P80`` = Wierwille
1994; ``[E]`` = our own choice, to be tuned on films.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from edge.types import Between


@dataclass(frozen=True, slots=True, kw_only=True)
class EyeRules:
    """When an eye is shut, and over which time that is counted."""

    ear_open: Annotated[float, Between(0.15, 0.45)] = 0.26  # US10740633B2: 0.257 +- 0.021
    ear_shut: Annotated[float, Between(0.02, 0.30)] = 0.26 / 3  # [E]
    shut_below: Annotated[float, Between(0.05, 0.6)] = 0.30  # US11144756B2
    open_above: Annotated[float, Between(0.1, 0.9)] = 0.50
    deep_below: Annotated[float, Between(0.05, 0.5)] = 0.20  # P80: 80 % of the eye is covered
    bridge_s: Annotated[float, Between(0.0, 0.5)] = 0.10  # an open flicker inside a closure
    gap_s: Annotated[float, Between(0.1, 2.0)] = 0.5  # longer unseen: nothing is assumed [E]
    perclos_min_closure_s: Annotated[float, Between(0.0, 1.0)] = 0.25  # blinks are not PERCLOS
    perclos_coverage: Annotated[float, Between(0.1, 1.0)] = 0.60

    def __post_init__(self) -> None:
        """Refuse rules that contradict each other."""
        if not self.deep_below <= self.shut_below < self.open_above:
            msg = "deep_below <= shut_below < open_above must hold"
            raise ValueError(msg)
        if self.ear_open - self.ear_shut < 0.08:  # no room between shut and open [E]
            msg = "ear_open must be at least 0.08 above ear_shut"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrowsinessRules:
    """The family of closed eyes: enter after so long shut, leave after so long open."""

    pre_s: Annotated[float, Between(0.5, 1.5)] = 1.0  # Bosch US10105104B2
    microsleep_s: Annotated[float, Between(1.0, 2.0)] = 1.5  # NCAP 1-2 s; Guardian 1.5 s
    sleep_s: Annotated[float, Between(2.0, 5.0)] = 3.0  # NCAP
    unresponsive_s: Annotated[float, Between(4.0, 15.0)] = 6.0  # NCAP
    pre_open_s: Annotated[float, Between(0.1, 2.0)] = 0.3
    microsleep_open_s: Annotated[float, Between(0.3, 5.0)] = 1.0
    sleep_open_s: Annotated[float, Between(1.0, 10.0)] = 3.0
    deep_share: Annotated[float, Between(0.0, 1.0)] = 0.5  # below: squinting, not closed

    def __post_init__(self) -> None:
        """Refuse rules that contradict each other."""
        if not self.pre_s < self.microsleep_s < self.sleep_s < self.unresponsive_s:
            msg = "pre_s < microsleep_s < sleep_s < unresponsive_s must hold"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceRules:
    """When a face counts as lost, and when the seat as empty. All [E]."""

    lost_s: Annotated[float, Between(0.5, 30.0)] = 2.0
    found_s: Annotated[float, Between(0.1, 10.0)] = 1.0
    vacant_s: Annotated[float, Between(5.0, 3600.0)] = 60.0
    after_closure_s: Annotated[float, Between(0.0, 60.0)] = 5.0  # lost so soon after: a warning


@dataclass(frozen=True, slots=True, kw_only=True)
class MoodRules:
    """How an expression becomes something worth saying. All [E]."""

    smooth_s: Annotated[float, Between(0.0, 10.0)] = 1.0
    dwell_s: Annotated[float, Between(0.0, 10.0)] = 0.7
    certain: Annotated[float, Between(0.2, 0.95)] = 0.45
    look_s: Annotated[float, Between(0.1, 5.0)] = 1.0  # how long one look may speak for
    window_s: Annotated[float, Between(1.0, 3600.0)] = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRules:
    """How often an open episode is said again."""

    update_s: Annotated[float, Between(1.0, 60.0)] = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """All of them. ``Rules()`` is what ships."""

    eyes: EyeRules = EyeRules()
    drowsiness: DrowsinessRules = DrowsinessRules()
    presence: PresenceRules = PresenceRules()
    mood: MoodRules = MoodRules()
    alerts: AlertRules = AlertRules()
    emotion: bool = True  # set from the profile; off: no expression is judged at all
