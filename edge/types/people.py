"""What is judged of every face in the picture: expression, actions, attitude, attention.

``attention`` and ``eyes_open`` are physical states and are judged everywhere. All the rest is
emotion in the sense of the law and stays None where the profile does not allow it.
"""

from __future__ import annotations

from msgspec import Struct


class Mood(Struct, frozen=True):
    """The shown expression, smoothed: label from ``EMOTIONS`` or ``uncertain``.

    ``probabilities``: order of ``EMOTIONS``, sum 1; smoothed, without what this face shows at rest.
    ``between``: where it is uncertain, the fewest emotions that are certain enough together.
    ``valence`` (-1..1) and ``arousal`` (-1..1): polarity and intensity of what is shown.
    """

    label: str
    confidence: float
    probabilities: tuple[float, ...] = ()
    valence: float = 0.0
    arousal: float = 0.0
    between: tuple[str, ...] = ()


class AttentionIndex(Struct, frozen=True):
    """How much somebody is with it, 0..1, and the parts that ``value`` is the product of.

    ``head``: it points ahead; ``gaze``: so do the eyes; ``eyes``: they are open. A part that was
    not seen is None and counts for nothing.
    """

    value: float
    head: float
    gaze: float | None = None
    eyes: float | None = None


class Person(Struct, frozen=True):
    """One face in the picture, as of its last look: a fraction of a second ago at the most.

    ``actions``: 0..1 in the order of ``ACTIONS``, against this face at rest; an action whose part
    of the face was not seen is None. ``actions_trusted``: whether each may be believed (head turned
    by 25 degrees or less, face large enough, part in sight). ``eyes_open``: 0 shut .. 1 as wide as
    usual. ``calm``, ``worried``, ``confused`` (0..1) are derived, no network was trained for them;
    ``attitude``: ``like``, ``dislike``, ``ambivalent`` or ``indifferent``. ``rest_known``: how far
    the face at rest is learnt, 0..1.
    """

    track: int
    mood: Mood | None = None
    actions: tuple[float | None, ...] | None = None
    actions_trusted: tuple[bool, ...] | None = None
    calm: float | None = None
    confused: float | None = None
    attitude: str | None = None
    attention: AttentionIndex | None = None
    eyes_open: float | None = None
    rest_known: float = 0.0
    worried: float | None = None


class Spread(Struct, frozen=True):
    """Mean and standard deviation over a window."""

    mean: float
    sd: float


class MoodSummary(Struct, frozen=True):
    """One window of one face, or of the whole scene (``track`` None): everything by time.

    ``seen_s``: time in which the face was in sight (the scene: anybody's); ``unseen``: share of the
    window in which it was not, never counted as neutral. ``valid_s``: time in which its expression
    was read, the scene's all faces together; ``share`` sums to 1 over it, or to 0 where there is
    none. ``looks``: how often it was read. ``valence_trend``: change a minute along the straight
    line that fits best. Where emotion is not allowed only times and ``attention`` are filled.
    """

    start_ns: int
    end_ns: int
    valid_s: float
    looks: int
    dominant: str | None
    confidence: float | None
    share: dict[str, float]
    valence: Spread | None
    arousal: Spread | None
    transitions: int
    track: int | None = None
    seen_s: float = 0.0
    unseen: float = 1.0
    valence_trend: float | None = None
    attitude: str | None = None
    calm: float | None = None
    confused: float | None = None
    attention: AttentionIndex | None = None
    worried: float | None = None
