"""All that judging remembers, in one value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from edge.judge.alerts import AlertState
from edge.judge.driver import DriverState
from edge.judge.people.faces import PeopleState
from edge.judge.signals.blinks import BlinkState
from edge.judge.signals.calibration import CalibrationState
from edge.judge.signals.closure import EyeState
from edge.judge.signals.direction import DirectionState
from edge.judge.signals.gestures import GestureState
from edge.judge.speed import Fastest
from edge.judge.states.closed_eyes import ClosedState
from edge.judge.states.distraction import AttentionState
from edge.judge.states.effort import EffortState
from edge.judge.states.fatigue import FatigueState, Signs
from edge.judge.states.sight import SightState

if TYPE_CHECKING:
    from edge.types import Gaze, Step


class State(Struct, frozen=True):
    """All that judging remembers. A value: the same state and observation give the same step."""

    t_ns: int | None = None
    interval_ns: float | None = None
    driver: DriverState = DriverState()
    calibration: CalibrationState = CalibrationState()
    direction: DirectionState = DirectionState()
    looking: DirectionState = DirectionState()  # the same for the eyes
    gaze: Gaze | None = None  # of this look
    eyes: EyeState = EyeState()
    blinks: BlinkState = BlinkState()
    gestures: GestureState = GestureState()
    sight: SightState = SightState()
    pace: Fastest = Fastest()  # by which it is judged where somebody looks
    pace_tired: Fastest = Fastest()  # the same for how tired they are
    attention: AttentionState = AttentionState()
    closed: ClosedState = ClosedState()
    fatigue: FatigueState = FatigueState()
    people: PeopleState = PeopleState()
    effort: EffortState = EffortState()
    alerts: AlertState = AlertState()
    signs: Signs = Signs()
    signs_ns: int = 0
    quiet_ns: int | None = None  # no cautions until then: somebody has acknowledged
    last: Step | None = None
    far: bool = False  # the last picture was left out, since its time was far from the one before
    waiting: tuple[str, ...] = ()  # requests that came with a picture that was left out
