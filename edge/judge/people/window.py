"""Sums over the window that is under way, and the summary that is read off them.

Everything is weighted by time, in seconds. Time in which a face was not seen is in no sum, so it
can be called neither neutral nor anything else.
"""

from __future__ import annotations

import math
from operator import add, attrgetter
from typing import TYPE_CHECKING

from msgspec import Struct

from edge.judge.people.derived import MARKED, Course, attitude
from edge.judge.people.mood import LABELS
from edge.types import NS, AttentionIndex, MoodSummary, Spread

if TYPE_CHECKING:
    from edge.types import Mood, Person

LABEL_AT = {name: at for at, name in enumerate(LABELS)}


class Window(Struct, frozen=True):
    """``spent``: seconds by label, ``uncertain`` last; each mean is a sum and the time it is over.

    ``t`` counts seconds from the beginning of the window.
    """

    seen: float = 0.0
    looks: int = 0
    transitions: int = 0
    spent: tuple[float, ...] = (0.0,) * len(LABELS)
    valid: float = 0.0
    confidence: float = 0.0
    t: float = 0.0
    tt: float = 0.0
    v: float = 0.0
    tv: float = 0.0
    vv: float = 0.0
    a: float = 0.0
    aa: float = 0.0
    positive: float = 0.0
    negative: float = 0.0
    calm: float = 0.0
    calm_over: float = 0.0
    confused: float = 0.0
    confused_over: float = 0.0
    attention: float = 0.0
    head: float = 0.0
    head_over: float = 0.0
    eyes: float = 0.0
    eyes_over: float = 0.0
    worried: float = 0.0
    worried_over: float = 0.0
    gaze: float = 0.0
    gaze_over: float = 0.0


EMPTY = Window()
_NAMES = [name for name in Window.__struct_fields__ if name != "spent"]
_SUMS = attrgetter(*_NAMES)


def added(
    window: Window, before: Person, now: Person, at_s: float, since_s: float, *, read: bool
) -> Window:
    """With ``since_s`` up to ``at_s`` of the window, in which the face was followed.

    The time goes to the label that was shown until now; values that change gradually count as
    they are now. A mood that is None was not read, and so takes no time.
    """
    old, new = before.mood, now.mood
    read = new is not None
    valid_s = since_s if read and old is not None else 0.0
    v, a, sure = (0.0, 0.0, 0.0) if new is None else (new.valence, new.arousal, new.confidence)
    wv = valid_s * v
    attention = now.attention
    eyes = None if attention is None else attention.eyes
    gaze = None if attention is None else attention.gaze
    return Window(
        window.seen + since_s,
        window.looks + read,
        window.transitions + (valid_s > 0.0 and _label(old) != _label(new)),
        _spent(window.spent, old, valid_s),
        window.valid + valid_s,
        window.confidence + valid_s * sure,
        window.t + valid_s * at_s,
        window.tt + valid_s * at_s * at_s,
        window.v + wv,
        window.tv + wv * at_s,
        window.vv + wv * v,
        window.a + valid_s * a,
        window.aa + valid_s * a * a,
        window.positive + (valid_s if v > MARKED else 0.0),
        window.negative + (valid_s if v < -MARKED else 0.0),
        window.calm + since_s * (now.calm or 0.0),
        window.calm_over + (0.0 if now.calm is None else since_s),
        window.confused + since_s * (now.confused or 0.0),
        window.confused_over + (0.0 if now.confused is None else since_s),
        window.attention + (0.0 if attention is None else since_s * attention.value),
        window.head + (0.0 if attention is None else since_s * attention.head),
        window.head_over + (0.0 if attention is None else since_s),
        window.eyes + since_s * (eyes or 0.0),
        window.eyes_over + (0.0 if eyes is None else since_s),
        window.worried + since_s * (now.worried or 0.0),
        window.worried_over + (0.0 if now.worried is None else since_s),
        window.gaze + since_s * (gaze or 0.0),
        window.gaze_over + (0.0 if gaze is None else since_s),
    )


def together(a: Window, b: Window) -> Window:
    """Two faces' windows as one: the scene's."""
    sums = dict(zip(_NAMES, map(add, _SUMS(a), _SUMS(b)), strict=True))
    return Window(spent=tuple(map(add, a.spent, b.spent)), **sums)


def summarised(
    window: Window, track: int | None, start_ns: int, end_ns: int, *, emotion: bool
) -> MoodSummary:
    """What is said of a window. Without ``emotion`` only times and attention."""
    length_s = (end_ns - start_ns) / NS
    course = Course(
        window.valid, window.t, window.tt, window.v, window.tv, window.positive, window.negative
    )
    share = {}
    if emotion:
        parts = (s / window.valid if window.valid else 0.0 for s in window.spent)
        share = dict(zip(LABELS, parts, strict=True))
    valid = window.valid > 0.0
    slope = course.slope
    return MoodSummary(
        start_ns=start_ns,
        end_ns=end_ns,
        valid_s=window.valid,
        looks=window.looks,
        dominant=max(share, key=share.__getitem__) if share and valid else None,
        confidence=window.confidence / window.valid if valid else None,
        share=share,
        valence=_spread(window.v, window.vv, window.valid),
        arousal=_spread(window.a, window.aa, window.valid),
        transitions=window.transitions,
        track=track,
        seen_s=window.seen,
        unseen=1.0 - min(1.0, window.seen / length_s) if length_s else 1.0,
        valence_trend=None if slope is None else slope * 60.0,
        attitude=attitude(course, length_s),
        calm=_mean(window.calm, window.calm_over),
        confused=_mean(window.confused, window.confused_over),
        attention=_attention(window),
        worried=_mean(window.worried, window.worried_over),
    )


def _label(mood: Mood | None) -> str | None:
    return None if mood is None else mood.label


def _spent(spent: tuple[float, ...], mood: Mood | None, valid_s: float) -> tuple[float, ...]:
    if mood is None or not valid_s:
        return spent
    at = LABEL_AT[mood.label]
    return (*spent[:at], spent[at] + valid_s, *spent[at + 1 :])


def _attention(window: Window) -> AttentionIndex | None:
    value = _mean(window.attention, window.head_over)
    head = _mean(window.head, window.head_over)
    if value is None or head is None:
        return None
    gaze = _mean(window.gaze, window.gaze_over)
    return AttentionIndex(value, head, gaze, _mean(window.eyes, window.eyes_over))


def _mean(total: float, over: float) -> float | None:
    return total / over if over else None


def _spread(total: float, squares: float, weight: float) -> Spread | None:
    if not weight:
        return None
    mean = total / weight
    return Spread(mean, math.sqrt(max(0.0, squares / weight - mean * mean)))
