"""The page to aim by, if there is one, beside the loop: what it is shown, and when no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.config import EMOTION_FORBIDDEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.commands.desk import Desk
    from edge.commands.upright import Upright
    from edge.page.server import Page
    from edge.types import Frame, Observation, Step


class Showing:
    """Hands on what is looked at; without a page, nothing."""

    def __init__(self, page: Page | None, upright: Upright | None = None) -> None:
        """``page``: one that is open already. ``upright``: tells it whether the camera is."""
        self._page = page
        self._upright = upright
        self._said = False

    def watch(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        """Pass frames on."""
        if self._page is None:
            return frames
        kept = self._page.watch(frames)
        return kept if self._upright is None else self._upright.watch(kept, self._page)

    def note(self, observations: Iterator[Observation]) -> Iterator[Observation]:
        """Pass observations on."""
        return observations if self._page is None else self._page.note(observations)

    def __call__(self, step: Step, fps: float | None) -> None:
        """What was judged of the last of both."""
        if self._page is not None:
            self._page.show(step if self._upright is None else self._upright.told(step), fps)

    def obey(self, desk: Desk) -> None:
        """What was changed from outside holds for the page at once: a restart may wait its turn."""
        if self._page is None:
            return
        if desk.config.profile in EMOTION_FORBIDDEN:
            self._page.close()
        elif not desk.kept.controls.capture:
            self._page.forget()

    def told(self) -> bool:
        """Whether anybody is shown anything: what ``info`` says now."""
        self._said = self._page is not None and self._page.open
        return self._said

    def over(self) -> bool:
        """Whether ``info`` still says so of a page that has ended."""
        return self._said and self._page is not None and not self._page.open
