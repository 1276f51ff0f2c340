"""The whole product on one page: frames become observations, observations become steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.judge.advance import advance
from edge.judge.state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from edge.judge.rules import Rules
    from edge.types import Frame, Observation, Step


def observe(frames: Iterable[Frame], see: Callable[[Frame], Observation]) -> Iterator[Observation]:
    """Look at each frame once; its pixels end here."""
    for frame in frames:
        yield see(frame)


def judge(
    observations: Iterable[Observation], rules: Rules | Callable[[], Rules]
) -> Iterator[Step]:
    """Same observations in, same steps out: today, on a laptop, or next year.

    ``rules`` that may change while running are asked for with every observation.
    """
    state = State()
    for seen in observations:
        state, step = advance(state, seen, rules() if callable(rules) else rules)
        yield step
