"""Facial actions by their AU numbers (FACS; Ekman & Friesen 1978), read off the landmarks.

Each is one length on the face, upright by the eyes and in units of the eye distance, set against
what the same length is on a neutral face and on one that shows the action fully. The two references
are medians over people (``python -m models.training.actions`` prints them with the table that says
how well each action tells its emotion). They are people's; the person's own neutral is learnt in
``judge/people/rest.py``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from edge.see import landmarks as lm
from edge.see.face import MEAN_SHAPE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.types import Pose

NEUTRAL = (
    *(0.191, 0.147, -0.339, 0.052, -0.026, -0.055, -0.506, -0.190),
    *(0.275, -0.061, -0.274, 0.517, 0.015, 0.712, -0.081),
)
FULL = (
    *(0.265, 0.209, -0.281, 0.072, 0.018, -0.028, -0.354, -0.110),
    *(0.449, -0.025, -0.187, 0.612, 0.190, 0.841, -0.019),
)
"""Medians of 400 neutral faces; 90th percentiles of faces that show the action's emotion."""

NODDING = (
    *(0.0029, 0.0, -0.0029, 0.0, -0.0014, 0.0, 0.0, -0.0007),
    *(-0.0028, 0.0, -0.0021, 0.0, 0.0, 0.0, 0.0),
)
"""What a length grows by on neutral faces with each degree that the head is raised; without it ten
degrees were a third of a frown or of raised brows. Not of au15, au20 and au26, that tell their
emotions worse without it: an open mouth may read as a raised head."""

OUTER = np.array([lm.RIGHT_EYE, lm.LEFT_EYE])
INNER = OUTER + 8
LOWER = np.array([3, 4, 5, 19, 20, 21])
UPPER = LOWER + 8
BROW_INNER, BROW_OUTER = np.array([46, 51, 56, 61]), np.array([42, 47, 52, 57])
NOSE_BASE, NOSE_WINGS = 109, np.array([112, 113])
CORNERS = np.array([62, 72])
LIP_TOP, LIP_BOTTOM = 77, 67
LIPS_LOWER = np.array([86, 87, 88])
LIPS_UPPER = LIPS_LOWER + 10
ARCH = np.array([64, 70])
"""The lower lip's edge beside the corners: it arches over the middle where the corners go down."""

CHIN = 120

GROUPS = (
    *(np.concatenate([INNER, OUTER]), BROW_INNER, BROW_OUTER, UPPER, LOWER),
    *(NOSE_WINGS, CORNERS, LIPS_LOWER, LIPS_UPPER, ARCH),
)
MEANS = np.zeros((len(GROUPS), len(MEAN_SHAPE)), np.float32)
"""Times the points it gives the mean of each group: one product instead of ten sums."""
for _row, _group in zip(MEANS, GROUPS, strict=True):
    _row[_group] = 1 / len(_group)


def measure(points: NDArray[np.float32], pose: Pose) -> tuple[float, ...]:
    """float32[127, 2] frame pixels -> one length for each of ``ACTIONS``, in eye distances.

    The eye distance is made longer by the turn of the head, so that a turned face keeps its scale;
    what ``NODDING`` has is freed of how far the head is raised.
    """
    across = points[lm.LEFT_EYE] - points[lm.RIGHT_EYE]
    distance = math.hypot(float(across[0]), float(across[1]))
    unit = max(1e-6, distance / max(0.5, math.cos(math.radians(pose.yaw_deg))))
    c, s = (across / max(1e-6, distance)).tolist()
    x = (points[:, 0] * c + points[:, 1] * s) / unit
    y = (points[:, 1] * c - points[:, 0] * s) / unit  # down
    eyes, brow_in, brow_out, upper, lower, wings, corners, lip_low, lip_up, arch = (
        MEANS @ y
    ).tolist()
    inner_brow = eyes - brow_in
    outer_brow = eyes - brow_out
    between = float(x[56] + x[61] - x[46] - x[51]) / 2
    upper_lid = eyes - upper
    lower_lid = eyes - lower
    corner_up = float(y[LIP_TOP] + y[LIP_BOTTOM]) / 2 - corners
    width = float(x[CORNERS[1]] - x[CORNERS[0]])
    lengths = (
        inner_brow,
        outer_brow,
        -inner_brow - between / 2,
        upper_lid,
        lower_lid + corner_up / 2,
        lower_lid - upper_lid / 2,
        eyes - wings - inner_brow / 2,
        float(y[NOSE_BASE] - y[LIP_TOP]),
        corner_up + width / 2,
        arch - float(y[LIP_BOTTOM]),
        float(y[NOSE_BASE]) - (lip_low + lip_up) / 2,
        width - corner_up,
        lip_low - lip_up,
        float(y[CHIN] - y[NOSE_BASE]),
        lower_lid - upper_lid,
    )
    return tuple(
        [length - each * pose.pitch_deg for length, each in zip(lengths, NODDING, strict=True)]
    )


def intensities(lengths: tuple[float, ...]) -> tuple[float, ...]:
    """0 as on an average neutral face, 1 as where the action is shown fully; within -1 and 2.

    Not cut to 0..1 here: this face's own neutral, which may lie on either side of the average, is
    taken off when it is judged.
    """
    return tuple(
        min(2.0, max(-1.0, (length - neutral) / (full - neutral)))
        for length, neutral, full in zip(lengths, NEUTRAL, FULL, strict=True)
    )
