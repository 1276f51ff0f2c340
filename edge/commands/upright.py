"""For whoever aims a camera: whether it stands on its head, asked once a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from edge.types import NS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from edge.page.server import Page
    from edge.types import Frame, Step

EVERY_NS = NS


class Upright:
    """Adds ``camera_rotate_D`` to the faults of a step where two looks in a row said so."""

    def __init__(self, on_its_head: Callable[[Frame], bool], rotate: int) -> None:
        """``rotate``: degrees by which pictures are turned already."""
        self._on_its_head = on_its_head
        self._fault = f"camera_rotate_{(rotate + 180) % 360}"
        self._looked_ns: int | None = None
        self._in_a_row = 0

    def watch(self, frames: Iterable[Frame], page: Page) -> Iterator[Frame]:
        """Pass frames on, looking at one a second as long as the page is open."""
        for frame in frames:
            due = self._looked_ns is None or not 0 <= frame.t_ns - self._looked_ns < EVERY_NS
            if due and page.open:
                self._looked_ns = frame.t_ns
                self._in_a_row = self._in_a_row + 1 if self._on_its_head(frame) else 0
            yield frame

    def told(self, step: Step) -> Step:
        """The step as the page is to show it."""
        if self._in_a_row < 2:
            return step
        return replace(step, faults=(*step.faults, self._fault))
