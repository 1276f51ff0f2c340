"""Small pictures of the moments worth a look, kept only where somebody asked for them."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from edge.analysis import photo
from edge.analysis.moments import key
from edge.analysis.write.pictures import thumbnail

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edge.analysis import results as r
    from edge.analysis.moments import Key, Moments

MOST = 150
"""Pictures held at once; before there are more, those go whose moment is no longer possible."""


class Album:
    """Takes every frame, keeps the few that show a moment."""

    def __init__(self) -> None:
        """Empty."""
        self._held: dict[Key, NDArray[np.uint8]] = {}

    def add(
        self, wanted: list[Key], image: NDArray[np.uint8], frame: r.Frame, moments: Moments
    ) -> None:
        """Keep uint8[H, W, 3] as the picture of the moments that want it."""
        for each in wanted:
            self._held[each] = thumbnail(image, each[2], frame)
        if len(self._held) > MOST:
            possible = moments.possible()
            alerts = [each for each in self._held if each[0] == "alert"][: MOST // 3]
            keep = possible | set(alerts)
            self._held = {each: held for each, held in self._held.items() if each in keep}

    def jpegs(self, moments: list[r.Moment]) -> dict[Key, str]:
        """Pictures of the moments, as text that a page can hold."""
        return {
            key(moment): inline(self._held[key(moment)])
            for moment in moments
            if key(moment) in self._held
        }


def inline(image: NDArray[np.uint8]) -> str:
    """uint8[H, W, 3] RGB as text that a page can hold."""
    return base64.b64encode(photo.jpeg(image, 80)).decode()
