"""The bands of a timeline that are bars: what each face was called, and alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from edge.analysis.write.palette import COLOURS, INK, LEVELS, PALE, Panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from edge.analysis import results as r
    from edge.analysis.bins import Bins

RIBBON = 0.78
"""Height of a ribbon, in rows."""


def _ribbons(axes: Axes, _bins: Bins, summary: r.Summary) -> None:
    """What was said of each face, the longest seen on top; as long as they say the same, once."""
    length_s = max(summary.duration_s, 0.1)
    tracks = _tracks(summary)
    for span in summary.shown:
        if span.track not in tracks:
            continue
        row, wide_s = tracks.index(span.track), span.end_s - span.start_s
        names = span.between or [span.label]
        high = RIBBON / len(names)
        for at, name in enumerate(names):  # what it is between, one above the other, pale
            axes.barh(
                row - RIBBON / 2 + (at + 0.5) * high,
                wide_s,
                left=span.start_s,
                height=high,
                color=COLOURS.get(name, COLOURS["uncertain"]),
                alpha=0.5 if span.between else 1.0,
            )
        faint = "#546e7a" if span.label == "uncertain" else INK
        for words in (" or ".join(span.between), "/".join(span.between), span.label):
            if words and wide_s > 0.0065 * len(words) * length_s:
                middle = span.start_s + wide_s / 2
                axes.text(middle, row, words, ha="center", va="center", fontsize=9, color=faint)
                break
    axes.set(ylim=(len(tracks) - 0.45, -0.55), yticks=[])
    if len(tracks) > 1:
        axes.set_yticks(range(len(tracks)), [f"face {track}" for track in tracks])


def _tracks(summary: r.Summary) -> list[int]:
    longest = sorted(summary.people, key=lambda p: (-p.seen_s, p.track or 0))
    return [person.track for person in longest[:5] if person.track is not None]


def _alerts(axes: Axes, _bins: Bins, summary: r.Summary) -> None:
    length_s = max(summary.duration_s, 0.1)
    rows = _rows(summary)
    for row, bars in enumerate(rows):
        for bar in bars:
            _bar(axes, row, bar, length_s)
    axes.set(ylim=(max(len(rows), 1) - 0.45, -0.55), yticks=[])
    if not rows:
        axes.text(0.5, 0.5, "none", transform=axes.transAxes, ha="center", va="center", color=PALE)


class Bar(Struct, frozen=True):
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


ribbons = Panel(
    "shown",
    lambda _, summary: bool(summary.shown),
    lambda summary: 0.32 * max(1, len(_tracks(summary))),
    _ribbons,
)
alerts = Panel(
    "alerts", lambda *_: True, lambda summary: 0.34 * max(1, len(_rows(summary))), _alerts
)
