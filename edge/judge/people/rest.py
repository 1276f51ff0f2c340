"""The personal neutral: what this face shows when nothing moves, learnt and taken off.

Networks call a face sad whose corners of the mouth hang by nature. What a face shows at rest for
most of the time is that face, not a feeling. It is learnt by time, slowly, only from quiet looks
with open eyes; joy, surprise and fear are never taken for rest. What is taken off is bounded, so
that a change against rest always comes through.
"""

from __future__ import annotations

import math

from msgspec import Struct

from edge.types import ACTIONS, EMOTIONS

RESTING = tuple(name in {"neutral", "sad", "anger", "disgust", "contempt"} for name in EMOTIONS)
"""What a face with a shut mouth can read at rest; while it shows more, learning is frozen."""

MEMORY_S = 600.0
"""Time constant of forgetting [E]."""

FIRST_S = 20.0
"""Rest of less says nothing of a person yet: whoever is sad for so long is sad [E]."""

USUAL = math.log(0.1)
"""An emotion with a tenth of the odds of neutral at rest needs no correction [E]."""

BOUND = 4.0
"""Log odds that are taken off at the most: a factor of 55 [E]."""

FLOOR = 1e-4
"""Probabilities below are all the same: int8 logits tell no more."""

QUIET_DEG, QUIET_CHANGE = 4.0, 0.6
"""Head and expression that stray less than this are at rest (expression: sum of changes) [E]."""

ACTIONS_FIRST_S, ACTIONS_S = 5.0, 30.0
"""Actions are measured against people's average until so much rest has been seen [E]."""

ACTIONS_BOUND = 0.6


class Rest(Struct, frozen=True):
    """Seconds by leading emotion, the mean log odds against neutral of each, the actions' mean."""

    spent_s: tuple[float, ...] = (0.0,) * len(EMOTIONS)
    odds: tuple[tuple[float, ...] | None, ...] = (None,) * len(EMOTIONS)
    excess: tuple[float, ...] | None = None
    known: float = 0.0
    actions_s: float = 0.0
    actions: tuple[float, ...] | None = None


def learnt(
    rest: Rest,
    emotion: tuple[float, ...],
    actions: tuple[float, ...] | None,
    since_s: float,
    rest_s: float,
) -> Rest:
    """With one more quiet look, which stands for ``since_s``."""
    lead = max(range(len(emotion)), key=emotion.__getitem__)
    keep = math.exp(-since_s / MEMORY_S)
    spent = [s * keep for s in rest.spent_s]
    spent[lead] += since_s
    if not RESTING[lead]:  # counts as time, but a laugh is never how a face is made
        return _settled(tuple(spent), rest.odds, rest.actions_s, rest.actions, rest_s)
    base = math.log(max(FLOOR, emotion[0]))
    now = tuple(math.log(max(FLOOR, p)) - base for p in emotion)
    part = since_s / spent[lead] if spent[lead] else 1.0
    odds = (*rest.odds[:lead], _mixed(rest.odds[lead], now, part), *rest.odds[lead + 1 :])
    actions_s, mean = rest.actions_s, rest.actions
    if actions is not None:
        actions_s = actions_s * keep + since_s
        mean = _mixed(mean, actions, since_s / actions_s if actions_s else 1.0)
    return _settled(tuple(spent), odds, actions_s, mean, rest_s)


def without_rest(emotion: tuple[float, ...], rest: Rest) -> tuple[float, ...]:
    """Probabilities with what the face shows at rest taken off, in log odds; of the same sum."""
    if rest.excess is None:
        return emotion
    lowered = [p * math.exp(-e) for p, e in zip(emotion, rest.excess, strict=True)]
    scale = sum(emotion) / max(1e-12, sum(lowered))
    return tuple([p * scale for p in lowered])


def action_at_rest(rest: Rest) -> tuple[float, ...]:
    """What each action reads at rest, as far as it is known and at most ``ACTIONS_BOUND``."""
    if rest.actions is None:
        return (0.0,) * len(ACTIONS)
    part = _part(rest.actions_s, ACTIONS_FIRST_S, ACTIONS_S)
    return tuple(part * min(ACTIONS_BOUND, max(-ACTIONS_BOUND, a)) for a in rest.actions)


def _settled(
    spent: tuple[float, ...],
    odds: tuple[tuple[float, ...] | None, ...],
    actions_s: float,
    actions: tuple[float, ...] | None,
    rest_s: float,
) -> Rest:
    usual = max(range(len(spent)), key=spent.__getitem__)
    known = _part(spent[usual], FIRST_S, rest_s)
    mean = odds[usual]
    if not known or mean is None or not RESTING[usual] or spent[usual] < sum(spent) / 2:
        return Rest(spent, odds, None, 0.0, actions_s, actions)
    excess = tuple(known * min(BOUND, max(0.0, o - USUAL)) for o in mean[1:])
    if not any(excess):
        return Rest(spent, odds, None, known, actions_s, actions)
    return Rest(spent, odds, (0.0, *excess), known, actions_s, actions)


def _mixed(old: tuple[float, ...] | None, new: tuple[float, ...], part: float) -> tuple[float, ...]:
    if old is None:
        return new
    return tuple(a + part * (b - a) for a, b in zip(old, new, strict=True))


def _part(value: float, start: float, end: float) -> float:
    return min(1.0, max(0.0, (value - start) / (end - start)))
