"""Where the head points, or the eyes, measured from where this driver looks when driving.

No camera sits straight ahead, and every pair of eyes reads some degrees aside: the forward
direction is the median of where they point while driving, learnt, renewed and forgotten after six
minutes (openpilot's policy).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from edge.judge.spans import Shares, quantile, shares, spent
from edge.types import NS

if TYPE_CHECKING:
    from edge.judge.states.rules import AttentionRules
    from edge.types import Gaze, Pose, Remembered

ANGLES = shares(-90.0, 90.0, 2.0)
PROVISIONAL_NS, GUESS_NS = 3 * NS, 30 * NS
BLOCK_NS = 180 * NS
"""Two blocks of three minutes: what is older than six is forgotten."""

LOOK_NS = NS // 2
"""One look speaks for no longer than this [E]."""

OFTEN_NS = NS // 6
"""Medians over minutes need no more than some looks a second."""

MOVED_NS, MOVED_DEG, STEADY_DEG = 60 * NS, 12.0, 6.0
"""A head that points steadily elsewhere for a minute is a camera that was moved [E]."""


class Directions(Struct, frozen=True):
    """Time by direction, both angles."""

    yaw: Shares = ANGLES
    pitch: Shares = ANGLES


class Ahead(Struct, frozen=True):
    """Straight ahead, in the camera's degrees. ``sure``: learnt, not a first guess.

    ``spread_deg``: between the quartiles of what it was learnt from, the wider of yaw and pitch.
    """

    yaw_deg: float
    pitch_deg: float
    sure: bool = False
    spread_deg: float = 0.0

    @property
    def angles(self) -> tuple[float, float]:
        """Yaw and pitch."""
        return self.yaw_deg, self.pitch_deg


class DirectionState(Struct, frozen=True):
    """What is learnt of straight ahead; ``off``: what was seen since it was last looked at."""

    seen_ns: int | None = None
    now: Directions = Directions()
    before: Directions = Directions()
    ahead: Ahead | None = None
    learnt_ns: int = 0
    off: Directions = Directions()
    was: Ahead | None = None  # straight ahead when ``off`` began
    moved: bool = False
    slow: Directions = Directions()  # what was seen of late while nobody drove fast enough to learn


def pointed(past: Remembered) -> DirectionState:
    """Straight ahead as it was when the device last ran: a first guess, since cameras are moved."""
    if past.yaw_deg is None or past.pitch_deg is None:
        return DirectionState()
    if not math.isfinite(past.yaw_deg + past.pitch_deg):
        return DirectionState()
    return DirectionState(ahead=Ahead(past.yaw_deg, past.pitch_deg))


def relative(pose: Pose | Gaze | None, state: DirectionState) -> tuple[float, float] | None:
    """Yaw and pitch from straight ahead, in degrees; from the camera until that is known."""
    if pose is None:
        return None
    if state.ahead is None:
        return pose.yaw_deg, pose.pitch_deg
    return pose.yaw_deg - state.ahead.yaw_deg, pose.pitch_deg - state.ahead.pitch_deg


def advance_direction(
    state: DirectionState,
    t_ns: int,
    pose: Pose | Gaze | None,
    speed_kmh: float | None,
    rules: AttentionRules,
    *,
    watch: bool = True,
) -> DirectionState:
    """Learn from one look. ``speed_kmh`` None: unknown; half the time must do.

    ``watch``: notice that the camera was moved; not now, where that look may be of a slumped head.
    """
    if pose is None:
        return state
    passed_ns = 0 if state.seen_ns is None else min(LOOK_NS, t_ns - state.seen_ns)
    if 0 < passed_ns < OFTEN_NS:
        return replace(state, moved=False) if state.moved else state
    state = replace(state, seen_ns=t_ns, moved=False)
    driving = speed_kmh is None or speed_kmh > rules.learn_kmh
    if not passed_ns:
        return state
    if not driving:
        return _guessed(state, pose, passed_ns)
    if watch:
        state = _watched(state, pose, passed_ns)
    if state.moved:
        return state
    yaw, pitch = relative(pose, state) or (0.0, 0.0)
    known = state.ahead is not None and state.ahead.sure
    if known and not (abs(yaw) <= rules.yaw_deg and abs(pitch) <= rules.down_deg):
        return state
    needed_ns = round(rules.learn_s * NS) // (2 if speed_kmh is None else 1)
    return _learnt(_added(state, pose, passed_ns), needed_ns)


def _guessed(state: DirectionState, pose: Pose | Gaze, passed_ns: int) -> DirectionState:
    """Too slow to learn: a first guess, which the next half minute may correct."""
    if state.ahead is not None and state.ahead.sure:
        return state
    before = state.slow if state.slow.yaw.total_ns < GUESS_NS else Directions()
    slow = _spent(before, pose, passed_ns)
    state = replace(state, slow=slow)
    middle = _middle(slow)
    if middle is None or slow.yaw.total_ns < PROVISIONAL_NS:
        return state
    return replace(state, ahead=Ahead(*middle))


def _added(state: DirectionState, pose: Pose | Gaze, passed_ns: int) -> DirectionState:
    now = _spent(state.now, pose, passed_ns)
    if now.yaw.total_ns >= BLOCK_NS:
        return replace(state, now=Directions(), before=now, learnt_ns=0)
    return replace(state, now=now)


def _learnt(state: DirectionState, needed_ns: int) -> DirectionState:
    """Look at the medians every second of learning: cheap, and soon enough."""
    total_ns = state.now.yaw.total_ns
    if total_ns < state.learnt_ns + NS:
        return state
    state = replace(state, learnt_ns=total_ns)
    sum_ns = total_ns + state.before.yaw.total_ns
    if sum_ns < PROVISIONAL_NS:
        return state
    both = Directions(
        _together(state.now.yaw, state.before.yaw),
        _together(state.now.pitch, state.before.pitch),
    )
    middle = _middle(both)
    if middle is None:
        return state
    ahead = Ahead(*middle, sum_ns >= needed_ns, max(_spread(both.yaw), _spread(both.pitch)))
    return replace(state, ahead=ahead)


def _watched(state: DirectionState, pose: Pose | Gaze, passed_ns: int) -> DirectionState:
    """Notice that the camera was moved: steady for a minute, and elsewhere."""
    ahead = state.ahead
    if ahead is None or not ahead.sure:
        return state
    off = _spent(state.off, pose, passed_ns)
    was = state.was or ahead
    if off.yaw.total_ns < MOVED_NS:
        return replace(state, off=off, was=was)
    state = replace(state, off=Directions(), was=ahead)
    middle = _middle(off)
    if middle is None or not (_steady(off.yaw) and _steady(off.pitch)):
        return state
    yaw, pitch = middle
    shift = max(abs(yaw - was.yaw_deg), abs(pitch - was.pitch_deg))
    if shift <= MOVED_DEG:
        return state
    return DirectionState(seen_ns=state.seen_ns, now=off, ahead=Ahead(yaw, pitch), moved=True)


def _spent(seen: Directions, pose: Pose | Gaze, ns: int) -> Directions:
    """``ns`` more of that direction."""
    return Directions(spent(seen.yaw, pose.yaw_deg, ns), spent(seen.pitch, pose.pitch_deg, ns))


def _middle(seen: Directions) -> tuple[float, float] | None:
    """Medians of yaw and pitch; None where nothing was seen."""
    yaw, pitch = quantile(seen.yaw, 0.5), quantile(seen.pitch, 0.5)
    return None if yaw is None or pitch is None else (yaw, pitch)


def _steady(angles: Shares) -> bool:
    return _spread(angles) <= STEADY_DEG


def _spread(angles: Shares) -> float:
    low, high = quantile(angles, 0.25), quantile(angles, 0.75)
    return math.inf if low is None or high is None else high - low


def _together(a: Shares, b: Shares) -> Shares:
    bins = tuple(x + y for x, y in zip(a.bins, b.bins, strict=True))
    return Shares(a.low, a.step, bins, a.total_ns + b.total_ns)
