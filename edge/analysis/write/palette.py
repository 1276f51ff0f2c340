"""What the bands of a timeline share, and pictures and pages with them: colours, and the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes

    from edge.analysis import results as r
    from edge.analysis.bins import Bins

COLOURS = {
    "happy": "#f6c445",
    "surprise": "#8fd3c1",
    "neutral": "#dfe5e8",
    "contempt": "#b58a6a",
    "disgust": "#8aa05a",
    "fear": "#8e7cc3",
    "anger": "#d9534a",
    "sad": "#6f9bd1",
    "uncertain": "#eceff1",
}
DERIVED = {"calm": "#a5c8a8", "worried": "#7e6bb0", "confused": "#c8a06a"}
LEVELS = ("#cfd8dc", "#90caf9", "#ffcc80", "#ef6c00", "#c62828", "#6a1b9a")
INK, PALE = "#263238", "#78909c"


class Panel(Struct, frozen=True):
    """A band: its name at the left, whether there is anything to show, how high, how drawn."""

    name: str
    shows: Callable[[Bins, r.Summary], bool]
    height: Callable[[r.Summary], float]
    draw: Callable[[Axes, Bins, r.Summary], None]


def clock(t_s: float, length_s: float) -> str:
    """Seconds as one reads them: 12 s, or 1:05, or 1:02:05 in a long video."""
    if length_s < 120:
        return f"{t_s:g} s"
    minutes, seconds = divmod(round(t_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
