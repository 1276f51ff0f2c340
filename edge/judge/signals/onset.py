"""Where a closure began: out of open eyes at once, out of lowered ones only when they fall."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from edge.types import NS

if TYPE_CHECKING:
    from edge.judge.signals.closure import EyeState
    from edge.judge.signals.rules import EyeRules

LEVEL_S = 0.5
"""Time constant of the level that the lids fall from, slower than they fall; that of where they are
now is half of it [E]."""

SETTLED_NS = NS // 4
"""Lids that have been down for so long will not fall any further: the start is found [E]. Down
means on average, since even shut eyes are read half open at times."""

LEAD = 20
"""So many looks are remembered of it at most: each must stand above all after it."""


def levelled(level: float | None, opening: float, passed_ns: int) -> float:
    """How open the eyes have been of late; ``level`` None: not known yet."""
    if level is None:
        return opening
    return level + min(1.0, passed_ns / (LEVEL_S * NS)) * (opening - level)


def led(state: EyeState, t_ns: int, between_ns: int, opening: float, rules: EyeRules) -> EyeState:
    """Move the start of a closure out of lowered lids to where these fall, half of the way.

    Somebody who looks down reads little more than shut, or a little less: what comes before the
    fall was no closure. ``lead`` holds the looks before this one that stand above all that came
    after them: midway to the next look, what they read, and the deep time until then.
    """
    first = state.first_ns == t_ns
    floor = opening if first else min(state.floor, opening)
    passed_ns = 2 * (t_ns - between_ns)
    mean = opening if first else levelled(state.mean, opening, 2 * passed_ns)
    begun = t_ns - state.first_ns >= SETTLED_NS
    level = opening if state.level is None else state.level
    if not begun:  # a film may begin here, and one look is not much to go by
        level = max(level, opening)
    elif mean >= rules.deep_below:  # lowered, perhaps to stay so
        level = levelled(level, opening, passed_ns)
    lead = () if first else state.lead
    before = state.openness
    if before is not None:  # else the first look of all shows the eyes so
        while lead and lead[-1][1] <= before:
            lead = lead[:-1]
        deep = opening < rules.deep_below and not first  # this look's own part of it
        deep_ns = max(0, state.deep_ns - (t_ns - between_ns if deep else 0))
        lead = (*lead[-LEAD:], (between_ns, before, deep_ns))
    since_ns = t_ns if state.shut_since_ns is None else state.shut_since_ns
    half = (level + floor) / 2
    deep_before_ns = 0 if first else state.deep_before_ns
    if level >= rules.deep_below and half < rules.shut_below:
        since_ns, deep_before_ns = next(
            ((at, deep) for at, above, deep in reversed(lead) if above >= half),
            (since_ns, deep_before_ns),
        )
    settled = begun and mean < rules.deep_below
    return replace(
        state,
        shut_since_ns=since_ns,
        level=level,
        floor=floor,
        mean=mean,
        lead=() if settled else lead,
        deep_before_ns=deep_before_ns,
        settled=settled,
    )
