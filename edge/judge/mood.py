"""Expression over time: smoothed by seconds, changed only after a dwell, summed up by window.

Valence and arousal have no true labels here; they are the polarity and intensity of the shown
expression, derived from its probabilities (places on the circumplex: Russell 1980, rounded [E]).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.judge.values import replace
from edge.types import EMOTIONS, NS, Mood, MoodSummary, Spread

if TYPE_CHECKING:
    from edge.judge.rules import MoodRules

UNCERTAIN = "uncertain"

#          neutral happy surprise  sad  anger disgust  fear contempt
VALENCE = (0.0, 0.8, 0.1, -0.7, -0.6, -0.7, -0.6, -0.5)
AROUSAL = (0.0, 0.4, 0.7, -0.3, 0.7, 0.3, 0.7, 0.1)


@dataclass(frozen=True, slots=True)
class Window:
    """Sums over the window that is under way; lengths in ns, weighted by time."""

    start_ns: int
    spent: tuple[tuple[str, int], ...] = ()
    looks: int = 0
    valid_ns: int = 0
    confidence: float = 0.0
    valence: float = 0.0
    valence2: float = 0.0
    arousal: float = 0.0
    arousal2: float = 0.0
    transitions: int = 0


@dataclass(frozen=True, slots=True)
class MoodState:
    """Smoothed probabilities, the label shown, and one that waits for its dwell to pass."""

    look_ns: int | None = None
    smooth: tuple[float, ...] | None = None
    mood: Mood | None = None
    coming: str | None = None
    coming_since_ns: int = 0
    window: Window | None = None


def advance_mood(
    state: MoodState, t_ns: int, emotion: tuple[float, ...] | None, rules: MoodRules
) -> tuple[MoodState, MoodSummary | None]:
    """Take a look (or none) at ``t_ns``; a summary comes out when a window has passed."""
    window = state.window or Window(start_ns=t_ns)
    summary = None
    if t_ns - window.start_ns >= rules.window_s * NS:
        summary = summarise(window, t_ns)
        window = Window(start_ns=t_ns)
    state = replace(state, window=window)
    if state.look_ns is not None and t_ns - state.look_ns > rules.look_s * NS:
        state = MoodState(window=window)  # not seen for too long: nothing is known
    if emotion is None or not all(map(math.isfinite, emotion)):
        return state, summary
    return _look(state, t_ns, emotion, rules), summary


def summarise(window: Window, t_ns: int) -> MoodSummary:
    """Shares by time. Time in which no face was read is left out, never called neutral."""
    valid_ns = window.valid_ns
    spent = dict(window.spent)
    names = (*EMOTIONS, UNCERTAIN)
    share = {name: spent.get(name, 0) / valid_ns if valid_ns else 0.0 for name in names}
    return MoodSummary(
        start_ns=window.start_ns,
        end_ns=t_ns,
        valid_s=valid_ns / NS,
        looks=window.looks,
        dominant=max(share, key=lambda name: share[name]) if valid_ns else None,
        confidence=window.confidence / valid_ns if valid_ns else None,
        share=share,
        valence=_spread(window.valence, window.valence2, valid_ns),
        arousal=_spread(window.arousal, window.arousal2, valid_ns),
        transitions=window.transitions,
        seen_s=valid_ns / NS,
        unseen=1.0 - min(1.0, valid_ns / max(1, t_ns - window.start_ns)),
    )


def _look(state: MoodState, t_ns: int, emotion: tuple[float, ...], rules: MoodRules) -> MoodState:
    since_ns = 0 if state.look_ns is None else t_ns - state.look_ns
    smooth = _smoothed(state.smooth, emotion, since_ns, rules)
    best = max(range(len(smooth)), key=smooth.__getitem__)
    label = EMOTIONS[best] if smooth[best] >= rules.certain else UNCERTAIN
    shown = state.mood.label if state.mood else None
    coming_ns = state.coming_since_ns if label == state.coming else t_ns
    shown_next = label if shown is None or t_ns - coming_ns >= rules.dwell_s * NS else shown
    confidence = smooth[EMOTIONS.index(shown_next)] if shown_next in EMOTIONS else smooth[best]
    window = state.window
    if window is not None and shown is not None:
        window = _add(window, shown, state.mood, since_ns, smooth)
    if window is not None:
        changed = shown is not None and shown_next != shown
        window = replace(window, looks=window.looks + 1, transitions=window.transitions + changed)
    return replace(
        state,
        look_ns=t_ns,
        smooth=smooth,
        mood=Mood(shown_next, confidence, smooth, _dot(smooth, VALENCE), _dot(smooth, AROUSAL)),
        coming=label,
        coming_since_ns=coming_ns,
        window=window,
    )


def _smoothed(
    last: tuple[float, ...] | None,
    emotion: tuple[float, ...],
    since_ns: int,
    rules: MoodRules,
) -> tuple[float, ...]:
    if last is None or rules.smooth_s == 0:
        return emotion
    keep = math.exp(-since_ns / (rules.smooth_s * NS))
    return tuple(keep * a + (1 - keep) * b for a, b in zip(last, emotion, strict=True))


def _add(
    window: Window, label: str, mood: Mood | None, since_ns: int, smooth: tuple[float, ...]
) -> Window:
    spent = dict(window.spent)
    spent[label] = spent.get(label, 0) + since_ns
    valence, arousal = _dot(smooth, VALENCE), _dot(smooth, AROUSAL)
    return replace(
        window,
        spent=tuple(sorted(spent.items())),
        valid_ns=window.valid_ns + since_ns,
        confidence=window.confidence + since_ns * (mood.confidence if mood else 0.0),
        valence=window.valence + since_ns * valence,
        valence2=window.valence2 + since_ns * valence * valence,
        arousal=window.arousal + since_ns * arousal,
        arousal2=window.arousal2 + since_ns * arousal * arousal,
    )


def _dot(smooth: tuple[float, ...], weights: tuple[float, ...]) -> float:
    return sum(p * w for p, w in zip(smooth, weights, strict=True))


def _spread(total: float, squares: float, weight: float) -> Spread | None:
    if not weight:
        return None
    mean = total / weight
    return Spread(mean, math.sqrt(max(0.0, squares / weight - mean * mean)))
