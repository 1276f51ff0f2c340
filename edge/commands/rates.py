"""What the rungs of the ladder of heat and power mean in looks a second, as values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from edge.types import NS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from edge.types import Frame

EXPRESSION_HZ = 1.25
"""Any slower, and the moments between two looks would count as unseen (``rules.people.look_s``)."""

LEAST_LOOKS_HZ, LEAST_FPS = 8.0, 6.0
"""PERCLOS wants five looks a second at the very least: these leave room for jitter."""


class Rates(Struct, frozen=True):
    """Expressions a second and face, looks a second (None: every frame), frames of the camera."""

    expression_hz: float
    looks_hz: float | None
    fps: float


def rates(given_up: int, expression_hz: float, fps: float) -> Rates:
    """What is left after so many rungs. Half of 30 frames still shows blinks; a third does not."""
    if given_up >= 1:
        expression_hz = min(expression_hz, EXPRESSION_HZ)
    looks_hz = max(fps / 2, min(fps, LEAST_LOOKS_HZ)) if given_up >= 2 else None
    if given_up >= 3:
        fps = max(fps / 3, min(fps, LEAST_FPS))
        looks_hz = fps
    return Rates(expression_hz, looks_hz, fps)


def thinned(frames: Iterable[Frame], looks_hz: Callable[[], float | None]) -> Iterator[Frame]:
    """Those frames that are due at a rate that is asked for anew with each."""
    last_ns: int | None = None
    for frame in frames:
        hz = looks_hz()
        due = hz is None or last_ns is None or not 0 <= frame.t_ns - last_ns < 0.75 * NS / hz
        if due:
            last_ns = frame.t_ns
            yield frame
