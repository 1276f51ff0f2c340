"""What no network was trained for, by rules written down: calm, worried, confused, attitude.

All of them are derived and are said to be so wherever they are told (``docs/expressions.md``).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec import Struct

from edge.types import ACTIONS, EMOTIONS

if TYPE_CHECKING:
    from edge.judge.people.actions import Actions
    from edge.types import Mood

AROUSED, UNHAPPY = 0.4, 0.5
"""Arousal and negative valence at which nothing is left of calm [E]."""

STIRRED_DEG = 10.0
"""A head that strays so far from its own mean within seconds is not calm [E]."""

TENSE = tuple(ACTIONS.index(name) for name in ("au04", "au20"))
"""Brows drawn together and lips stretched: tension (FACS: anger, fear)."""

FROWN, TIGHT = ACTIONS.index("au04"), ACTIONS.index("au07")
HAPPY, ANGER = EMOTIONS.index("happy"), EMOTIONS.index("anger")
SAD, FEAR, SURPRISE = (EMOTIONS.index(name) for name in ("sad", "fear", "surprise"))

TILT_DEG = 15.0
"""A head tilted so far asks a question as clearly as tightened lids do [E]."""

LEAST_S = 3.0
"""Nobody has an attitude that shows within less [E]."""

MARKED, SOME = 0.2, 0.2
"""Valence beyond ``MARKED`` is positive or negative; less than a share ``SOME`` is chance [E]."""


def calm(mood: Mood, actions: Actions | None, stir_deg: float) -> float:
    """0..1: a still head, little arousal, no unhappiness and no tension.

    (1 - arousal / 0.4) x (1 + valence / 0.5, at most 1) x (1 - stray / 10 degrees) x (1 - the
    stronger of au04 and au20); each factor between 0 and 1, an action not seen counts for nothing.
    """
    quiet = 1.0 - _unit(mood.arousal / AROUSED)
    content = 1.0 - _unit(-mood.valence / UNHAPPY)
    still = 1.0 - _unit(stir_deg / STIRRED_DEG)
    tense = 0.0 if actions is None else max(actions[i] or 0.0 for i in TENSE)
    return quiet * content * still * (1.0 - tense)


def worried(mood: Mood) -> float:
    """0..1: sorrow and fear, and surprise as far as it keeps their company and not joy's.

    w + the lesser of w and p(surprise) x w / (w + p(happy)), where w = p(sad) + p(fear). The
    network has no such word, nor have the people who named its pictures; of those, the part who
    named what the rule counts is the same on average (``python -m bench.naming``).
    """
    p = mood.probabilities
    apart = p[SAD] + p[FEAR]
    if apart <= 0.0:
        return 0.0
    return min(1.0, apart + min(apart, p[SURPRISE]) * apart / (apart + p[HAPPY]))


def confused(mood: Mood, actions: Actions | None, roll_deg: float | None) -> float | None:
    """0..1: brows drawn together with tightened lids or a tilted head, but no joy and no anger.

    The lesser of au04 and of the greater of au07 and tilt / 15 degrees, times the probability of
    neither happy nor anger (au04 with au07 is the pair that goes with confusion: Craig et al.
    2008, Grafsgaard et al. 2011). None where the brows were not measured.
    """
    frown = None if actions is None else actions[FROWN]
    if actions is None or frown is None:
        return None
    tilt = 0.0 if roll_deg is None else _unit(abs(roll_deg) / TILT_DEG)
    asks = max(actions[TIGHT] or 0.0, tilt)
    other = mood.probabilities[HAPPY] + mood.probabilities[ANGER]
    return min(frown, asks) * max(0.0, 1.0 - other)


class Course(Struct, frozen=True):
    """Valence over time as sums from which the best straight line is read; weights in seconds.

    ``t`` counts back from now (0, then negative) in a fading course, forward from its beginning in
    one that keeps everything.
    """

    weight: float = 0.0
    t: float = 0.0
    tt: float = 0.0
    v: float = 0.0
    tv: float = 0.0
    positive: float = 0.0
    negative: float = 0.0

    @property
    def mean(self) -> float:
        """Mean valence; 0 where nothing was seen."""
        return self.v / self.weight if self.weight else 0.0

    @property
    def slope(self) -> float | None:
        """Change of valence a second; None where there is too little to tell."""
        if not self.weight:
            return None
        spread = self.tt / self.weight - (self.t / self.weight) ** 2
        if spread < 0.1:
            return None
        return (self.tv / self.weight - self.t / self.weight * self.mean) / spread


def faded(course: Course, valence: float, since_s: float, constant_s: float) -> Course:
    """``since_s`` further, with what was seen in it; what is older than ``constant_s`` fades."""
    keep = math.exp(-since_s / constant_s)
    w, t, v = course.weight, course.t, course.v
    return Course(
        keep * w + since_s,
        keep * (t - since_s * w),
        keep * (course.tt - 2 * since_s * t + since_s * since_s * w),
        keep * v + since_s * valence,
        keep * (course.tv - since_s * v),
        keep * course.positive + (since_s if valence > MARKED else 0.0),
        keep * course.negative + (since_s if valence < -MARKED else 0.0),
    )


def attitude(course: Course, now_s: float = 0.0) -> str | None:
    """``like``, ``dislike``, ``ambivalent``, ``indifferent``; None for under 3 seconds seen.

    Ambivalent: valence was beyond 0.2 in both directions, each for a fifth of the time or more.
    Else what counts is where the straight line through the valence has come to at ``now_s`` of the
    course: above 0.2 is like, below -0.2 dislike; so a trend counts as well as a height.
    """
    if course.weight < LEAST_S:
        return None
    if min(course.positive, course.negative) >= SOME * course.weight:
        return "ambivalent"
    here = course.mean + (course.slope or 0.0) * (now_s - course.t / course.weight)
    if here > MARKED:
        return "like"
    return "dislike" if here < -MARKED else "indifferent"


def _unit(value: float) -> float:
    return min(1.0, max(0.0, value))
