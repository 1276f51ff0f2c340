"""One face's expression: freed of what lids and rest make of it, smoothed, named after a dwell.

Valence and arousal have no true labels here; they are the polarity and intensity of the shown
expression, derived from its probabilities (places on the circumplex: Russell 1980, rounded [E]).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

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

LOWERED, RAISED = 0.2, 0.45
"""Openness of the eyes up to which sorrow is not believed, and from which it fully is [E]."""


@dataclass(frozen=True, slots=True)
class MoodState:
    """Smoothed probabilities, the label shown, and one that waits for its dwell to pass.

    ``smooth`` sums to less than 1 where part of the expression could not be read.
    """

    read_ns: int
    smooth: tuple[float, ...]
    shown: int
    coming: int
    coming_ns: int
    mood: Mood


def readable(emotion: tuple[float, ...] | None) -> tuple[float, ...] | None:
    """Probabilities that sum to 1; None for what no network could have meant."""
    if emotion is None or len(emotion) != len(EMOTIONS):
        return None
    total = sum(emotion)
    if not (math.isfinite(total) and min(emotion) >= 0.0 and total > 0.0):
        return None
    return tuple([p / total for p in emotion])


def gated(emotion: tuple[float, ...], eyes_open: float | None) -> tuple[float, ...]:
    """Lowered or closed eyes are not sorrow, whatever the network makes of them.

    What they made of it is left out, and the sum then falls short of 1 by what could not be read:
    so a sleeper is ``uncertain``, and a laugh with narrowed eyes stays one. Eyes that are not seen
    gate nothing.
    """
    if eyes_open is None or eyes_open >= RAISED:
        return emotion
    believed = max(0.0, (eyes_open - LOWERED) / (RAISED - LOWERED))
    return (*emotion[:SAD], emotion[SAD] * believed, *emotion[SAD + 1 :])


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
        return MoodState(t_ns, now, label, label, t_ns, _mood(now, label))
    smooth = now
    if rules.smooth_s:
        keep = math.exp((state.read_ns - t_ns) / (rules.smooth_s * NS))
        smooth = tuple([b + keep * (a - b) for a, b in zip(state.smooth, now, strict=True)])
    label = _label(smooth, rules)
    coming_ns = state.coming_ns if label == state.coming else t_ns
    held = t_ns - coming_ns >= rules.dwell_s * NS
    shown = label if held else state.shown
    return MoodState(t_ns, smooth, shown, label, coming_ns, _mood(smooth, shown))


def _label(smooth: tuple[float, ...], rules: MoodRules) -> int:
    certain = CERTAIN if rules.certain is None else rules.certain
    best = max(smooth)
    return smooth.index(best) if best >= certain else len(EMOTIONS)


def _mood(smooth: tuple[float, ...], shown: int) -> Mood:
    confidence = max(smooth) if shown == len(EMOTIONS) else smooth[shown]
    each = max(0.0, 1.0 - sum(smooth)) / len(smooth)  # what was not read says nothing
    spread = tuple([p + each for p in smooth])
    return Mood(LABELS[shown], confidence, spread, _dot(smooth, VALENCE), _dot(smooth, AROUSAL))


def _dot(smooth: tuple[float, ...], weights: tuple[float, ...]) -> float:
    return sum([p * w for p, w in zip(smooth, weights, strict=True)])
