"""The parts of the world that a driver looks at, by name: from the eyes where they can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.judge.states.rules import CLUSTER

if TYPE_CHECKING:
    from edge.judge.states.rules import AttentionRules

FORWARD, DOWN, UP = "forward", "down", "up"

Angles = tuple[float, float]
"""Yaw and pitch in degrees from straight ahead, left and up positive."""


def zone(
    head: Angles,
    gaze: Angles | None,
    rules: AttentionRules,
    *,
    right_hand: bool,
    lowered: bool = False,
) -> str:
    """The name of the zone that is looked at; ``gaze`` None: the eyes cannot be read.

    ``lowered``: for they are under lowered lids and a bent head, see ``looking``.
    """
    if head[1] < -rules.down_deg or (gaze is not None and gaze[1] < -rules.gaze_down_deg):
        return DOWN
    if gaze is None:
        return DOWN if lowered else _by_head(head, rules, right_hand=right_hand)
    yaw, pitch = gaze[0] / rules.gaze_yaw_deg, gaze[1] / rules.gaze_pitch_deg
    if yaw * yaw + pitch * pitch <= 1.0:
        return FORWARD
    boxed = _box(gaze, rules, right_hand=right_hand)
    if boxed is not None:
        return boxed
    turned = _by_head(head, rules, right_hand=right_hand)
    if turned.startswith("mirror"):  # the eyes are on their way there, or beyond it
        return turned
    if abs(yaw) >= abs(pitch):
        return _side(gaze[0])
    return UP if pitch > 0 else DOWN


def free(name: str) -> bool:
    """Whether the first second there is part of driving: mirrors and instruments (AttenD)."""
    return name == CLUSTER or name.startswith("mirror")


def aside(name: str) -> bool:
    """Whether the head turns to look there: one that nods off does not."""
    return name.startswith(("side", "mirror"))


def _by_head(head: Angles, rules: AttentionRules, *, right_hand: bool) -> str:
    yaw, pitch = head
    if abs(yaw) <= rules.yaw_deg and pitch <= rules.up_deg:
        return FORWARD
    boxed = _box(head, rules, right_hand=right_hand)
    if boxed is not None and boxed != CLUSTER:
        return boxed
    return _side(yaw) if abs(yaw) > rules.yaw_deg else UP


def _box(angles: Angles, rules: AttentionRules, *, right_hand: bool) -> str | None:
    yaw, pitch = -angles[0] if right_hand else angles[0], angles[1]
    for box in rules.mirrors:
        inside = box.yaw_from_deg <= yaw <= box.yaw_to_deg
        if inside and box.pitch_from_deg <= pitch <= box.pitch_to_deg:
            return box.name
    return None


def _side(yaw_deg: float) -> str:
    return "side_left" if yaw_deg > 0 else "side_right"
