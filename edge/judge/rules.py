"""All the rules in one value, and those of who is judged, how fast, and how it is said.

Sources: ``NCAP`` = Euro NCAP Safe Driving / Driver Engagement v1.1 (2025); ``[E]`` = our own
choice, to be tuned on films.
"""

from __future__ import annotations

from typing import Annotated, Literal

from edge.judge.agree import agree
from edge.judge.people.rules import MoodRules, PeopleRules
from edge.judge.signals.rules import CalibrationRules, EyeRules
from edge.judge.states.rules import (
    AttentionRules,
    DrowsinessRules,
    EffortRules,
    FatigueRules,
    SightRules,
)
from edge.types import Settings, between


class PresenceRules(Settings, frozen=True, kw_only=True):
    """Who is judged, when the face counts as lost, and when the seat as empty. All [E].

    ``driver_side``: the side of the car on which the driver sits; "any" takes whoever is largest
    and stays with them. The picture is taken to be unmirrored, from in front of the driver.
    """

    driver_side: Literal["left", "right", "any"] = "any"
    lost_s: Annotated[float, between(0.5, 30.0)] = 2.0
    found_s: Annotated[float, between(0.1, 10.0)] = 1.0
    vacant_s: Annotated[float, between(5.0, 3600.0)] = 60.0
    after_closure_s: Annotated[float, between(0.0, 60.0)] = 5.0  # lost so soon after: a warning
    same_s: Annotated[float, between(0.5, 60.0)] = 5.0  # gone for longer: may be someone else

    def __post_init__(self) -> None:
        """Refuse rules that contradict each other."""
        agree(
            self.lost_s < self.vacant_s,
            "lost_s < vacant_s",
            lost_s=self.lost_s,
            vacant_s=self.vacant_s,
        )


class AlertRules(Settings, frozen=True, kw_only=True):
    """How often an open episode is said again, and for how long an ack keeps cautions quiet."""

    update_s: Annotated[float, between(1.0, 60.0)] = 5.0
    microsleep_update_s: Annotated[float, between(1.0, 60.0)] = 2.0
    ack_s: Annotated[float, between(1.0, 300.0)] = 30.0


class SpeedRules(Settings, frozen=True, kw_only=True):
    """Bands of speed, km/h. An unknown speed is judged as the fastest band: never late."""

    enabled: bool = True  # from the profile: ignored where nobody drives
    stale_s: Annotated[float, between(0.5, 60.0)] = 5.0
    measure_kmh: Annotated[float, between(0.0, 50.0)] = 10.0  # below: only closed eyes
    distraction_kmh: Annotated[float, between(0.0, 100.0)] = 20.0  # NCAP: transient states
    drowsy_kmh: Annotated[float, between(0.0, 130.0)] = 50.0  # NCAP: functional from here
    ddaw_kmh: Annotated[float, between(0.0, 200.0)] = 70.0  # EU 2021/1341: active above

    def __post_init__(self) -> None:
        """Refuse rules that contradict each other."""
        names = ("measure_kmh", "distraction_kmh", "drowsy_kmh", "ddaw_kmh")
        bands = {name: getattr(self, name) for name in names}
        agree(list(bands.values()) == sorted(bands.values()), " <= ".join(names), **bands)


class Rules(Settings, frozen=True, kw_only=True):
    """All of them. ``Rules()`` is what ships for a vehicle."""

    eyes: EyeRules = EyeRules()
    calibration: CalibrationRules = CalibrationRules()
    drowsiness: DrowsinessRules = DrowsinessRules()
    fatigue: FatigueRules = FatigueRules()
    attention: AttentionRules = AttentionRules()
    sight: SightRules = SightRules()
    presence: PresenceRules = PresenceRules()
    speed: SpeedRules = SpeedRules()
    people: PeopleRules = PeopleRules()
    mood: MoodRules = MoodRules()
    alerts: AlertRules = AlertRules()
    effort: EffortRules = EffortRules()
    emotion: bool = True  # set from the profile; off: no expression is judged at all
