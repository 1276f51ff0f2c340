"""Pages that stand alone: no script, nothing fetched, one file to send to somebody."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import jinja2
from msgspec import UNSET

from edge import __version__
from edge.analysis.moments import key
from edge.analysis.write.palette import COLOURS, clock
from edge.analysis.write.timeline import pinned

if TYPE_CHECKING:
    from edge.analysis import results as r
    from edge.analysis.moments import Key
    from edge.analysis.runs import Run


def report(
    source: r.Source, summary: r.Summary, timeline: bytes, thumbnails: dict[Key, str]
) -> bytes:
    """The page of a video: its timeline, the moments worth a look, who was there."""
    numbers = {key(moment): n for n, moment in enumerate(pinned(summary), start=1)}
    text = (
        _templates()
        .get_template("report.html.j2")
        .render(
            source=source,
            summary=summary,
            timeline=_inline(timeline),
            moments=[(numbers.get(key(m)), m, thumbnails.get(key(m))) for m in summary.moments],
            thumbnails=bool(thumbnails),
            emotion=summary.scene.share is not UNSET,
            clock=lambda t_s: clock(round(t_s, 1), summary.duration_s),
        )
    )
    return str(text).encode()


def overview(run: Run, thumbnails: dict[str, str]) -> bytes:
    """The page of a folder, or of several files; ``thumbnails`` of photos by file."""
    template = _templates().get_template("overview.html.j2")
    emotion = run.photos_shown is not UNSET
    text = template.render(run=run, thumbnails=thumbnails, emotion=emotion, clock=clock)
    return str(text).encode()


@cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("edge.analysis.write", "pages"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.globals.update(colours=COLOURS, version=__version__)
    environment.globals["portions"] = _portions
    environment.tests["page"] = lambda name: name.endswith(".html")
    environment.filters["percent"] = lambda value: "–" if value is None else f"{value:.0%}"
    environment.filters["signed"] = lambda value: "–" if value is None else f"{value:+.2f}"
    return environment


def _portions(counts: dict[str, float]) -> dict[str, float]:
    total = sum(counts.values()) or 1.0
    return {name: count / total for name, count in counts.items()}


def _inline(svg: bytes) -> str:
    """The drawing without the head that only a file of its own needs."""
    text = svg.decode()
    return text[text.index("<svg") :]
