"""Where the eyes look, from where this driver looks when driving: only what can be relied on.

In a blink irises go down with the lids, and behind some glasses they are read anywhere. So a look
must be sure of itself, none counts while the lids are on the way, and a driver whose gaze scatters
even while the head points ahead is judged by the head alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.judge.signals.closure import is_shut
from edge.judge.signals.direction import advance_direction, relative
from edge.types import NS

if TYPE_CHECKING:
    from edge.judge.signals.blinks import BlinkState
    from edge.judge.signals.closure import EyeState
    from edge.judge.signals.direction import DirectionState
    from edge.judge.states.rules import AttentionRules
    from edge.types import FaceReading, Gaze

BLINK_NS = NS * 3 // 10
"""Lids that are down for longer are not blinking: somebody looks down [E]."""


def read(
    face: FaceReading, t_ns: int, eyes: EyeState, blinks: BlinkState, least: float
) -> Gaze | None:
    """The gaze of this look; None where it is not sure, or the lids are moving."""
    gaze = face.gaze
    if gaze is None or not gaze.confidence >= least or is_shut(eyes):
        return None
    if blinks.dip and t_ns - blinks.dip[0][0] <= BLINK_NS:
        return None
    return gaze


def lowered(eyes: EyeState, t_ns: int) -> bool:
    """Lids have looked shut under a bent head for longer than a blink.

    Somebody asleep reads so, and somebody who reads what lies in the lap. Which of the two cannot
    be told, so no closure begins; but neither sees the road [E].
    """
    return eyes.bowed_ns is not None and t_ns - eyes.bowed_ns > BLINK_NS


def advance_looking(
    state: DirectionState,
    t_ns: int,
    gaze: Gaze | None,
    head: tuple[float, float] | None,
    speed_kmh: float | None,
    rules: AttentionRules,
) -> DirectionState:
    """Learn where the eyes look while the head points ahead. ``head``: degrees from there."""
    if head is None or abs(head[0]) > rules.yaw_deg or abs(head[1]) > rules.down_deg:
        return state
    return advance_direction(state, t_ns, gaze, speed_kmh, rules, watch=False)


def looking(
    state: DirectionState, gaze: Gaze | None, rules: AttentionRules
) -> tuple[float, float] | None:
    """Yaw and pitch of the gaze from straight ahead; None until that is known well enough."""
    if not usable(state, rules):
        return None
    return relative(gaze, state)


def usable(state: DirectionState, rules: AttentionRules) -> bool:
    """Whether this driver's gaze can be judged."""
    ahead = state.ahead
    return ahead is not None and ahead.sure and ahead.spread_deg <= rules.gaze_spread_deg
