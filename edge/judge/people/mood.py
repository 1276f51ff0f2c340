"""One face's expression: freed of what lids and rest make of it, smoothed, named after a dwell.

Valence and arousal have no true labels here; they are the polarity and intensity of the shown
expression, derived from its probabilities (places on the circumplex: Russell 1980, rounded [E]).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec import Struct

from edge.judge.people.rest import without_rest
from edge.judge.people.rules import CERTAIN
from edge.types import EMOTIONS, NS, Mood

if TYPE_CHECKING:
    from edge.judge.people.rest import Rest
    from edge.judge.people.rules import MoodRules

UNCERTAIN = "uncertain"
LABELS = (*EMOTIONS, UNCERTAIN)
SAD = EMOTIONS.index("sad")

#          neutral happy surprise  sad  anger disgust  fear contempt
VALENCE = (0.0, 0.8, 0.1, -0.7, -0.6, -0.7, -0.6, -0.5)
AROUSAL = (0.0, 0.4, 0.7, -0.3, 0.7, 0.3, 0.7, 0.1)

AGAIN = 3.0
"""An emotion that comes after a doubt as long as the dwell need last only such a part of it [E]."""

LOWERED, RAISED = 0.2, 0.45
"""Openness of the eyes up to which sorrow is fully doubted, and from which it is not [E]."""

DOUBT = 1.5
"""Log odds that lowered lids take off sorrow (a factor of 4.5): ``python -m bench.naming``."""


class MoodState(Struct, frozen=True):
    """Smoothed probabilities, the label shown, and one that waits for its dwell to pass.

    ``coming_ns``: since when the readings have said it; ``held_ns``: when they last said what is
    shown.
    """

    read_ns: int
    smooth: tuple[float, ...]
    shown: int
    coming: int
    coming_ns: int
    held_ns: int
    mood: Mood


def readable(emotion: tuple[float, ...] | None) -> tuple[float, ...] | None:
    """Probabilities that sum to 1; None for what no network could have meant."""
    if emotion is None or len(emotion) != len(EMOTIONS):
        return None
    total = sum(emotion)
    if not (math.isfinite(total) and min(emotion) >= 0.0 and total > 0.0):
        return None
    return tuple([p / total for p in emotion])


def gated(
    emotion: tuple[float, ...], eyes_open: float | None, doubt: float = DOUBT
) -> tuple[float, ...]:
    """Lowered or closed eyes are not sorrow by themselves: the rest of the face must say it too.

    People look down, blink and sleep far more often than in the pictures that the network learnt
    sorrow from. So ``doubt`` is taken off its log odds, in part while the lids are half lowered,
    and what it loses goes to the others in proportion. Eyes that are not seen gate nothing.
    """
    if eyes_open is None or eyes_open >= RAISED:
        return emotion
    lowered = min(1.0, (RAISED - eyes_open) / (RAISED - LOWERED))
    sad = emotion[SAD] * math.exp(-doubt * lowered)
    scale = 1.0 / max(1e-12, 1.0 - emotion[SAD] + sad)
    return tuple([scale * (sad if i == SAD else p) for i, p in enumerate(emotion)])


def advance_mood(
    state: MoodState | None,
    t_ns: int,
    emotion: tuple[float, ...],
    eyes_open: float | None,
    rest: Rest,
    rules: MoodRules,
) -> MoodState:
    """One reading at ``t_ns``; ``state`` None: nothing is known from before."""
    now = without_rest(gated(emotion, eyes_open), rest)
    if state is None:
        label = _label(now, rules)
        return MoodState(t_ns, now, label, label, t_ns, t_ns, _mood(now, label, rules))
    smooth = now
    if rules.smooth_s:
        keep = math.exp((state.read_ns - t_ns) / (rules.smooth_s * NS))
        smooth = tuple([b + keep * (a - b) for a, b in zip(state.smooth, now, strict=True)])
    label = _label(smooth, rules)
    coming_ns = state.coming_ns if label == state.coming else t_ns
    lasted_s, gone_s = (t_ns - coming_ns) / NS, (t_ns - state.held_ns) / NS
    shown = state.shown
    if lasted_s >= rules.dwell_s or (
        # what is shown has not been true for so long: an emotion need not wait as long again
        label < len(EMOTIONS) and gone_s >= rules.dwell_s and lasted_s >= rules.dwell_s / AGAIN
    ):
        shown = label
    held_ns = t_ns if label == shown else state.held_ns
    return MoodState(t_ns, smooth, shown, label, coming_ns, held_ns, _mood(smooth, shown, rules))


def _label(smooth: tuple[float, ...], rules: MoodRules) -> int:
    best = max(smooth)
    return smooth.index(best) if best >= _certain(rules) else len(EMOTIONS)


def _mood(smooth: tuple[float, ...], shown: int, rules: MoodRules) -> Mood:
    uncertain = shown == len(EMOTIONS)
    return Mood(
        LABELS[shown],
        max(smooth) if uncertain else smooth[shown],
        smooth,
        _dot(smooth, VALENCE),
        _dot(smooth, AROUSAL),
        _between(smooth, _certain(rules)) if uncertain else (),
    )


def _between(smooth: tuple[float, ...], certain: float) -> tuple[str, ...]:
    """The fewest emotions that are certain enough together, the likeliest first; at least two."""
    order = sorted(range(len(smooth)), key=lambda i: -smooth[i])
    names: list[str] = []
    total = 0.0
    for i in order:
        if total >= certain and len(names) > 1:
            break
        names.append(EMOTIONS[i])
        total += smooth[i]
    return tuple(names)


def _certain(rules: MoodRules) -> float:
    return CERTAIN if rules.certain is None else rules.certain


def _dot(smooth: tuple[float, ...], weights: tuple[float, ...]) -> float:
    return sum([p * w for p, w in zip(smooth, weights, strict=True)])
