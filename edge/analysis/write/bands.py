"""The bands of a timeline, from top to bottom; each labels itself where it has room."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.types import EMOTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from edge.analysis import results as r
    from edge.analysis.bins import Bins, Slice

ORDER = ("happy", "surprise", "neutral", "contempt", "disgust", "fear", "anger", "sad")
"""From the bottom: pleasant below, unpleasant above, so that valence is the shape of the border."""

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
LEVELS = ("#cfd8dc", "#90caf9", "#ffcc80", "#ef6c00", "#c62828", "#6a1b9a")
INK, PALE = "#263238", "#78909c"

ROOM_S, ROOM = 0.05, 0.075
"""An area is labelled where it is that wide (of the length) and that high (of the band)."""


@dataclass(frozen=True, slots=True)
class Panel:
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


def _eyes(axes: Axes, bins: Bins, summary: r.Summary) -> None:
    edges = _edges(bins)
    openness = _means(bins, "openness")
    axes.fill_between(edges, 0, _steps(np.clip(openness, 0, 1)), color="#4db6ac", alpha=0.55, lw=0)
    flags = [piece.shut_s > piece.passed_s / 2 for piece in bins.slices]
    for start_s, end_s in _spans(flags, bins.length_s):
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


def _alerts(axes: Axes, _bins: Bins, summary: r.Summary) -> None:
    length_s = max(summary.duration_s, 0.1)
    rows = _rows(summary)
    for row, bars in enumerate(rows):
        for bar in bars:
            _bar(axes, row, bar, length_s)
    axes.set(ylim=(max(len(rows), 1) - 0.45, -0.55), yticks=[])
    if not rows:
        axes.text(0.5, 0.5, "none", transform=axes.transAxes, ha="center", va="center", color=PALE)


@dataclass(frozen=True, slots=True)
class Bar:
    """A piece of an alert: from where it took over from the milder one, which began ``from_s``."""

    from_s: float
    start_s: float
    end_s: float
    level: int
    text: str


def _rows(summary: r.Summary) -> list[list[Bar]]:
    """Bars in as few rows as keep them apart. One that grew into the next has no words."""
    grown: dict[float, float] = {}
    rows: list[list[Bar]] = []
    for alert in summary.alerts:
        end_s = summary.duration_s if alert.end_s is None else alert.end_s
        text = f"{alert.type.replace('_', ' ')} {end_s - alert.start_s:.1f} s"
        start_s = grown.pop(alert.start_s, alert.start_s)
        if alert.reason == "escalated":
            grown[alert.start_s] = end_s
            text = ""
        bar = Bar(alert.start_s, start_s, end_s, alert.level, text)
        fitting = [row for row in rows if row[-1].end_s <= start_s]
        if fitting:
            fitting[0].append(bar)
        else:
            rows.append([bar])
    return rows[:8]


def _bar(axes: Axes, row: int, bar: Bar, length_s: float) -> None:
    span_s = max(bar.end_s - bar.start_s, length_s / 300)
    axes.barh(row, span_s, left=bar.start_s, height=0.72, align="center", color=LEVELS[bar.level])
    wide, gap = 0.0085 * len(bar.text) * length_s, length_s / 200
    bright = "white" if bar.level >= 3 else INK
    if span_s > wide:
        middle = bar.start_s + span_s / 2
        axes.text(middle, row, bar.text, ha="center", va="center", color=bright)
    elif bar.start_s + span_s + wide < length_s:
        axes.text(bar.start_s + span_s + gap, row, bar.text, va="center", color=INK)
    else:
        axes.text(bar.from_s - gap, row, bar.text, ha="right", va="center", color=INK)


def _has(name: str) -> Callable[[Bins, r.Summary], bool]:
    return lambda bins, _: any(piece.weights[name] for piece in bins.slices)


def _ribbons(axes: Axes, _bins: Bins, summary: r.Summary) -> None:
    """What was said of each face, the longest seen on top; as long as they say the same, once."""
    length_s = max(summary.duration_s, 0.1)
    tracks = _tracks(summary)
    for span in summary.shown:
        if span.track not in tracks:
            continue
        row, wide_s = tracks.index(span.track), span.end_s - span.start_s
        colour = COLOURS.get(span.label, COLOURS["uncertain"])
        axes.barh(row, wide_s, left=span.start_s, height=0.78, align="center", color=colour)
        if wide_s > 0.009 * len(span.label) * length_s:
            middle = span.start_s + wide_s / 2
            faint = PALE if span.label == "uncertain" else INK
            axes.text(middle, row, span.label, ha="center", va="center", fontsize=9, color=faint)
    axes.set(ylim=(len(tracks) - 0.45, -0.55), yticks=[])
    if len(tracks) > 1:
        axes.set_yticks(range(len(tracks)), [f"face {track}" for track in tracks])


def _tracks(summary: r.Summary) -> list[int]:
    longest = sorted(summary.people, key=lambda p: (-p.seen_s, p.track or 0))
    return [person.track for person in longest[:5] if person.track is not None]


feelings = Panel("emotions", _has("valence"), lambda _: 2.6, _feelings)
ribbons = Panel(
    "shown",
    lambda _, summary: bool(summary.shown),
    lambda summary: 0.32 * max(1, len(_tracks(summary))),
    _ribbons,
)
valence = Panel("valence", _has("valence"), lambda _: 1.25, _valence)
eyes = Panel("eyes", lambda *_: True, lambda _: 0.7, _eyes)
attention = Panel("attention", _has("attention"), lambda _: 0.7, _attention)
alerts = Panel(
    "alerts", lambda *_: True, lambda summary: 0.34 * max(1, len(_rows(summary))), _alerts
)
