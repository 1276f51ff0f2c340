"""What a timeline is drawn from: means over slices of time, never more than ``MOST`` of them.

Slices begin fine; when they no longer fit, every two become one of twice the length. So a minute
is drawn frame by frame, an hour by seconds, and both take the same memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET, Struct, field

from edge.types import EMOTIONS

if TYPE_CHECKING:
    from edge.analysis import results as r

MOST = 1200
FINEST_S = 0.05
STANDS_S = 1.0

FELT = ("valence", "arousal", "calm", "worried", "confused")
VALUES = (*FELT, "attention", "eyes_open", "openness")
"""``eyes_open`` and the rest: means over faces; ``openness`` is the driver's own."""


class Slice(Struct):
    """Sums over one slice, weighted by seconds; faces count each for itself."""

    passed_s: float = 0.0
    anybody_s: float = 0.0
    faces_s: float = 0.0
    shut_s: float = 0.0
    closed_s: float = 0.0  # how long a closure had lasted by then: its start is settled afterwards
    level: int = 0
    emotion: list[float] = field(default_factory=lambda: [0.0] * len(EMOTIONS))
    emotion_s: float = 0.0
    sums: dict[str, float] = field(default_factory=lambda: dict.fromkeys(VALUES, 0.0))
    weights: dict[str, float] = field(default_factory=lambda: dict.fromkeys(VALUES, 0.0))

    def mean(self, name: str) -> float | None:
        """None where it was not seen in this slice."""
        return self.sums[name] / self.weights[name] if self.weights[name] else None

    def join(self, other: Slice) -> None:
        """Become both."""
        self.passed_s += other.passed_s
        self.anybody_s += other.anybody_s
        self.faces_s += other.faces_s
        self.shut_s += other.shut_s
        self.closed_s = max(self.closed_s, other.closed_s)
        self.level = max(self.level, other.level)
        self.emotion = [a + b for a, b in zip(self.emotion, other.emotion, strict=True)]
        self.emotion_s += other.emotion_s
        for name in VALUES:
            self.sums[name] += other.sums[name]
            self.weights[name] += other.weights[name]

    def add(self, frame: r.Frame, span_s: float) -> None:
        """Count ``frame`` for ``span_s``."""
        self.passed_s += span_s
        self.anybody_s += span_s * bool(frame.faces)
        self.faces_s += span_s * len(frame.faces)
        for face in frame.faces:
            if face.attention is not None:
                self._value("attention", face.attention.value, span_s)
            self._value("eyes_open", face.eyes_open, span_s)
            emotion = face.emotion
            if emotion is UNSET or emotion is None:
                continue
            for name in FELT:
                self._value(name, getattr(emotion, name), span_s)
            self.emotion_s += span_s
            for index, name in enumerate(EMOTIONS):
                self.emotion[index] += emotion.probabilities.get(name, 0.0) * span_s
        if frame.driver is not None:
            self.level = max(self.level, frame.driver.level)
            self.shut_s += span_s * bool(frame.driver.eyes_shut)
            self.closed_s = max(self.closed_s, frame.driver.closed_s)
            self._value("openness", frame.driver.eyes_open, span_s)

    def _value(self, name: str, value: float | None, span_s: float) -> None:
        if value is not None:
            self.sums[name] += value * span_s
            self.weights[name] += span_s


class Bins:
    """Takes every frame once, in order."""

    def __init__(self) -> None:
        """One slice would be too many for nothing."""
        self.slices: list[Slice] = []
        self.length_s = FINEST_S
        self._last: r.Frame | None = None

    def add(self, frame: r.Frame) -> None:
        """Take the next frame; the one before it stood until now."""
        if self._last is not None:
            self._spread(self._last, min(frame.t_s, self._last.t_s + STANDS_S))
        self._last = frame

    def _spread(self, frame: r.Frame, until_s: float) -> None:
        at_s = frame.t_s
        while until_s - at_s > 1e-9:
            index = int(at_s / self.length_s + 1e-9)
            while index >= MOST:
                self._halve()
                index = int(at_s / self.length_s + 1e-9)
            while index >= len(self.slices):
                self.slices.append(Slice())
            end_s = min(until_s, (index + 1) * self.length_s)
            self.slices[index].add(frame, max(0.0, end_s - at_s))
            at_s = max(end_s, at_s + 1e-6)

    def _halve(self) -> None:
        for first, second in zip(self.slices[::2], self.slices[1::2], strict=False):
            first.join(second)
        self.slices = self.slices[::2]
        self.length_s *= 2
