"""A video as one picture that needs no legend: every area and every bar says itself what it is.

The same slices give the same bytes: no dates, and ids in the SVG from a fixed salt.
"""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from edge.analysis.write.bands import attention, derived, eyes, feelings, valence
from edge.analysis.write.bars import alerts, ribbons
from edge.analysis.write.palette import clock

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from edge.analysis import results as r
    from edge.analysis.bins import Bins

STYLE: Any = {  # a dict of matplotlib's own few hundred names
    "svg.hashsalt": "mien",
    "svg.fonttype": "path",
    "text.parse_math": False,  # a file may be called $a$.mp4
    "font.family": "DejaVu Sans",  # ships with matplotlib: the same everywhere
    "font.size": 9.5,
    "axes.edgecolor": "#90a4ae",
    "axes.linewidth": 0.8,
    "text.color": "#263238",
    "axes.labelcolor": "#263238",
    "xtick.color": "#546e7a",
    "ytick.color": "#546e7a",
    "hatch.linewidth": 0.5,
    "hatch.color": "#b0bec5",
}

INK, PALE = "#263238", "#78909c"
PINS = 12
"""Moments that get a number at the top: the weightiest; the page lists them under it."""


def draw(bins: Bins, source: r.Source, summary: r.Summary) -> tuple[bytes, bytes]:
    """The picture as PNG and as SVG."""
    with mpl.rc_context(STYLE), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of letters in a name that the font has not
        figure = _figure(bins, source, summary)
        png, svg = io.BytesIO(), io.BytesIO()
        FigureCanvasAgg(figure)
        figure.savefig(png, format="png", metadata={"Software": None})
        FigureCanvasSVG(figure)
        figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
    return png.getvalue(), svg.getvalue()


def pinned(summary: r.Summary) -> list[r.Moment]:
    """The moments with a number, in order of time: the first is 1."""
    heaviest = sorted(summary.moments, key=lambda m: (-m.weight, m.t_s, m.text))[:PINS]
    return sorted(heaviest, key=lambda m: (m.t_s, m.kind, m.text))


def _figure(bins: Bins, source: r.Source, summary: r.Summary) -> Figure:
    panels = [
        panel
        for panel in (feelings, ribbons, valence, derived, eyes, attention, alerts)
        if panel.shows(bins, summary)
    ]
    heights = [panel.height(summary) for panel in panels]
    inches = sum(heights) + 0.22 * len(panels) + 1.25
    figure = Figure(figsize=(13, inches), dpi=120, facecolor="white")
    top, bottom = 1 - 0.95 / inches, 0.5 / inches
    rows = figure.subplots(
        len(panels),
        1,
        sharex=True,
        squeeze=False,
        gridspec_kw={
            "height_ratios": heights,
            "hspace": 0.22 * len(panels) / max(0.1, sum(heights)),
            "left": 0.085,
            "right": 0.985,
            "top": top,
            "bottom": bottom,
        },
    )[:, 0]
    for axes, panel in zip(rows, panels, strict=True):
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(axis="y", length=0)
        axes.tick_params(axis="x", length=0, labelbottom=False)
        axes.grid(axis="x", color="#eceff1", linewidth=0.8)
        axes.set_axisbelow(True)
        axes.set_title("")
        panel.draw(axes, bins, summary)
        if len(axes.get_yticks()) > 2 or any(
            t.get_text()[:4] == "face" for t in axes.get_yticklabels()
        ):
            continue  # its rows have names
        axes.text(
            -0.012,
            0.5,
            panel.name,
            transform=axes.transAxes,
            ha="right",
            va="center",
            fontsize=10.5,
            fontweight="bold",
            linespacing=1.3,
        )
    length_s = max(summary.duration_s, 0.1)
    last = rows[-1]
    last.set_xlim(0, length_s)
    last.xaxis.set_major_locator(MaxNLocator(12, steps=[1, 1.5, 2, 3, 5, 6, 10]))
    last.xaxis.set_major_formatter(FuncFormatter(lambda s, _: clock(s, length_s)))
    last.tick_params(axis="x", length=3, labelbottom=True)
    _pins(rows[0], summary, length_s)
    _head(figure, source, summary, inches)
    return figure


def _pins(axes: Axes, summary: r.Summary, length_s: float) -> None:
    """Numbers above the first panel, as the page lists them; close ones stand on each other."""
    ends = [-1.0, -1.0, -1.0]
    for number, moment in enumerate(pinned(summary), start=1):
        at = moment.t_s / length_s
        row = next((i for i, end in enumerate(ends) if at >= end), 0)
        at = max(at, ends[row])  # where all rows are taken it moves to the right
        ends[row] = at + 0.018
        axes.annotate(
            str(number),
            (at, 1.0),
            xycoords="axes fraction",
            xytext=(0, 9 + 13 * row),
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=7.5,
            color="white",
            bbox={"boxstyle": "circle,pad=0.25", "facecolor": "#455a64", "edgecolor": "none"},
            annotation_clip=False,
        )


def _head(figure: Figure, source: r.Source, summary: r.Summary, inches: float) -> None:
    name = source.file.rpartition("/")[2]
    figure.text(0.085, 1 - 0.26 / inches, name, fontsize=14, fontweight="bold", va="center")
    figure.text(0.985, 1 - 0.26 / inches, _line(summary), ha="right", va="center", color="#546e7a")


def _line(summary: r.Summary) -> str:
    parts = [f"{clock(summary.duration_s, summary.duration_s)} min"]
    if summary.duration_s < 120:
        parts = [f"{summary.duration_s:.1f} s"]
    if summary.faces_most > 1:
        parts.append(f"up to {summary.faces_most} faces; means over them")
    if summary.scene.unseen > 0.005:
        parts.append(f"nobody in sight {summary.scene.unseen:.0%}")
    if summary.ended != "complete":
        parts.append(f"{summary.ended}: {summary.why}")
    elif summary.why is not None:
        parts.append(summary.why)
    return "  ·  ".join(parts)
