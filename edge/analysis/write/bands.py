"""The bands of a timeline that are areas over time; each labels itself where it has room."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.analysis.write.palette import COLOURS, DERIVED, INK, PALE, Panel
from edge.types import EMOTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from edge.analysis import results as r
    from edge.analysis.bins import Bins, Slice

ORDER = ("happy", "surprise", "neutral", "contempt", "disgust", "fear", "anger", "sad")
"""From the bottom: pleasant below, unpleasant above, so that valence is the shape of the border."""

ROOM_S, ROOM = 0.05, 0.075
"""An area is labelled where it is that wide (of the length) and that high (of the band)."""


def _edges(bins: Bins) -> NDArray[np.float64]:
    """Both ends of each slice, as ``_steps`` has the values."""
    return np.repeat(np.arange(len(bins.slices) + 1, dtype=np.float64) * bins.length_s, 2)[1:-1]


def _means(bins: Bins, name: str) -> NDArray[np.float64]:
    means = [piece.mean(name) for piece in bins.slices]
    return np.array([np.nan if mean is None else mean for mean in means])


def _steps(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each value at both ends of its slice, so that one beside a gap is drawn to its end."""
    return np.repeat(values, 2)


def _spans(flags: list[bool], length_s: float) -> list[tuple[float, float]]:
    edges = [i for i, (a, b) in enumerate(pairwise([False, *flags, False])) if a != b]
    return [(a * length_s, b * length_s) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _feelings(axes: Axes, bins: Bins, summary: r.Summary) -> None:
    edges = _edges(bins)
    shares = np.array([_shares(piece) for piece in bins.slices]).T
    below = np.zeros(shares.shape[1])
    for name, share in zip(ORDER, shares, strict=True):
        above = below + share
        axes.fill_between(edges, _steps(below), _steps(above), color=COLOURS[name], linewidth=0)
        _inside(axes, bins, name, below, above)
        below = above
    for missing, text in ((True, "nobody in sight"), (False, "expression not read")):
        flags = [
            not piece.emotion_s and (piece.anybody_s < piece.passed_s / 2) == missing
            for piece in bins.slices
        ]
        for start_s, end_s in _spans(flags, bins.length_s):
            _hatched(axes, start_s, end_s, text, summary.duration_s)
    axes.set(ylim=(0, 1), yticks=[])


def _shares(piece: Slice) -> list[float]:
    if not piece.emotion_s:
        return [np.nan] * len(ORDER)
    by_name = dict(zip(EMOTIONS, piece.emotion, strict=True))
    total = sum(piece.emotion) or 1.0
    return [by_name[name] / total for name in ORDER]


def _inside(
    axes: Axes, bins: Bins, name: str, below: NDArray[np.float64], above: NDArray[np.float64]
) -> None:
    """The emotion's name wherever its area has room for it: once in each of its longest spans."""
    thick = np.nan_to_num(above - below)
    width = len(thick) * bins.length_s
    spans = [
        (a, b) for a, b in _spans(list(thick >= ROOM), bins.length_s) if b - a >= ROOM_S * width
    ]
    for start_s, end_s in sorted(spans, key=lambda s: s[0] - s[1])[:4]:
        first, last = round(start_s / bins.length_s), round(end_s / bins.length_s)
        half = round(0.0045 * len(name) * len(thick))  # no name runs over the edge of the band
        first, last = max(first, half), min(last, len(thick) - half)
        if last <= first:
            continue
        inner = thick[first:last]
        reach = max(1, int(ROOM_S * len(thick) / 2))
        evened = np.array(
            [inner[max(0, i - reach) : i + reach + 1].min() for i in range(len(inner))]
        )
        centred = evened - np.abs(np.linspace(-0.1, 0.1, len(inner)))
        at = first + int(centred.argmax())
        axes.text(
            (at + 0.5) * bins.length_s,
            float(below[at] + above[at]) / 2,
            name,
            ha="center",
            va="center",
            fontsize=11 if thick[at] > 0.25 else 8.5,
            color=INK,
        )


def _hatched(axes: Axes, start_s: float, end_s: float, text: str, length_s: float) -> None:
    axes.axvspan(start_s, end_s, facecolor="white", edgecolor="#b0bec5", hatch="////", linewidth=0)
    if end_s - start_s >= 0.1 * length_s:
        _note(axes, (start_s + end_s) / 2, 0.5, text)


def _note(axes: Axes, x: float, y: float, text: str, **more: Any) -> None:
    box = {"boxstyle": "round,pad=0.25", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}
    axes.text(x, y, text, ha="center", va="center", fontsize=9, color=PALE, bbox=box, **more)


def _valence(axes: Axes, bins: Bins, summary: r.Summary) -> None:
    edges, values = _edges(bins), _means(bins, "valence")
    shown = _steps(values)
    axes.fill_between(edges, 0, np.clip(shown, 0, None), color="#f6c445", alpha=0.65)
    axes.fill_between(edges, 0, np.clip(shown, None, 0), color="#6f9bd1", alpha=0.65)
    axes.plot(edges, shown, color="#455a64", linewidth=1.2)
    axes.axhline(0, color="#90a4ae", linewidth=0.8)
    axes.set(ylim=(-1, 1), yticks=[])
    for y, text in ((0.78, "pleasant"), (-0.78, "unpleasant")):
        axes.text(
            *(0.004, (y + 1) / 2, text),
            transform=axes.transAxes,
            va="center",
            color=PALE,
            bbox={"boxstyle": "round,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.7},
        )
    _ended(axes, bins, _means(bins, "arousal"), "arousal", "#b0447a")
    del summary


def _ended(axes: Axes, bins: Bins, values: NDArray[np.float64], name: str, colour: str) -> None:
    """A thin line that bears its name where it is highest."""
    if np.isnan(values).all():
        return
    axes.step(_edges(bins), _steps(values), where="post", color=colour, linewidth=1, ls=(0, (4, 2)))
    at = int(np.nanargmax(values))
    x = np.clip((at + 0.5) / len(values), 0.05, 0.95)
    y = min(0.92, (float(values[at]) + 1) / 2 + 0.1)
    axes.text(x, y, name, transform=axes.transAxes, ha="center", fontsize=9, color=colour)


def _derived(axes: Axes, bins: Bins, summary: r.Summary) -> None:
    """Three rows, each from its line up: what a rule makes of the rest; stronger from a half on."""
    del summary
    edges = _edges(bins)
    for row, (name, colour) in enumerate(DERIVED.items()):
        values = _steps(np.nan_to_num(_means(bins, name)))
        foot = 2.0 - row
        for shown, alpha in ((values, 0.45), (np.where(values >= 0.5, values, 0.0), 1.0)):
            axes.fill_between(edges, foot, foot + 0.9 * shown, color=colour, alpha=alpha, lw=0)
        axes.axhline(foot, color="#cfd8dc", linewidth=0.8)
    axes.set(ylim=(0, 3), yticks=[2.45, 1.45, 0.45], yticklabels=list(DERIVED))
    axes.text(1.0, 0.97, "by rule", transform=axes.transAxes, ha="right", va="top", color=PALE)


def _eyes(axes: Axes, bins: Bins, summary: r.Summary) -> None:
    edges = _edges(bins)
    openness = _means(bins, "openness")
    axes.fill_between(edges, 0, _steps(np.clip(openness, 0, 1)), color="#4db6ac", alpha=0.55, lw=0)
    flags = [piece.shut_s > piece.passed_s / 2 for piece in bins.slices]
    for first_s, end_s in _spans(flags, bins.length_s):
        within = bins.slices[round(first_s / bins.length_s) : round(end_s / bins.length_s)]
        closed_s = max(piece.closed_s for piece in within)
        start_s = max(first_s, end_s - closed_s)
        axes.axvspan(start_s, end_s, color="#37474f", alpha=0.9, linewidth=0)
        if end_s - start_s >= 0.05 * summary.duration_s:
            text = f"shut {end_s - start_s:.1f} s"
            axes.text(*((start_s + end_s) / 2, 0.5, text), ha="center", va="center", color="white")
    seen = np.isnan(openness) & ~np.array(flags, dtype=bool)
    for start_s, end_s in _spans(list(seen), bins.length_s):
        _hatched(axes, start_s, end_s, "eyes not seen", summary.duration_s)
    axes.set(ylim=(0, 1), yticks=[0.08, 0.92], yticklabels=["shut", "open"])


def _attention(axes: Axes, bins: Bins, summary: r.Summary) -> None:
    values = _means(bins, "attention")
    axes.fill_between(_edges(bins), 0, _steps(values), color="#7986cb", alpha=0.5, linewidth=0)
    for start_s, end_s in _spans(list(np.isnan(values)), bins.length_s):
        _hatched(axes, start_s, end_s, "not seen", summary.duration_s)
    axes.set(ylim=(0, 1), yticks=[0.08, 0.92], yticklabels=["away", "here"])


def _has(name: str) -> Callable[[Bins, r.Summary], bool]:
    return lambda bins, _: any(piece.weights[name] for piece in bins.slices)


feelings = Panel("emotions", _has("valence"), lambda _: 2.6, _feelings)
valence = Panel("valence", _has("valence"), lambda _: 1.25, _valence)
derived = Panel("derived", _has("worried"), lambda _: 1.0, _derived)
eyes = Panel("eyes", lambda *_: True, lambda _: 0.7, _eyes)
attention = Panel("attention", _has("attention"), lambda _: 0.7, _attention)
