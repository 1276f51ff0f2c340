"""How looks at people become something worth saying. All [E]: our own choice, tuned on clips."""

from __future__ import annotations

from typing import Annotated

from edge.types import Settings, between

CERTAIN = 0.72
"""Probability from which an emotion is named, where no model's manifest says otherwise."""


class PeopleRules(Settings, frozen=True, kw_only=True):
    """How long a look at a face may speak for, and how long a summary is."""

    look_s: Annotated[float, between(0.1, 15.0)] = 1.5
    window_s: Annotated[float, between(1.0, 3600.0)] = 60.0


class MoodRules(Settings, frozen=True, kw_only=True):
    """``certain`` left out: as measured of the network (``uncertain_below`` in its manifest)."""

    smooth_s: Annotated[float, between(0.0, 10.0)] = 0.5
    dwell_s: Annotated[float, between(0.0, 10.0)] = 0.7
    certain: Annotated[float, between(0.2, 0.99)] | None = None
    rest_s: Annotated[float, between(30.0, 3600.0)] = 120.0  # until a face at rest is known
    attitude_s: Annotated[float, between(5.0, 300.0)] = 10.0  # what an attitude is read off
