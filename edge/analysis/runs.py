"""A run over many files: what came of each, and all of them together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec import UNSET, UnsetType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edge.analysis import results as r

SCHEMA = "analysis_run/1.0"

Status = Literal["complete", "partial", "interrupted", "failed", "not_begun"]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a run. ``why``: what is wrong with it; ``written``: files, below the folder."""

    file: str
    status: Status
    why: str | None = None
    kind: str | None = None
    frames: int = 0
    duration_s: float | None = None
    faces: int | None = None
    attention: float | None = None
    eyes_shut: float | None = None
    alerts: list[str] = []
    shown: dict[str, float] | UnsetType = UNSET
    dominant: str | UnsetType | None = UNSET
    valence: float | UnsetType | None = UNSET
    written: list[str] = []


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """Everything. ``photos_shown``: faces by expression; ``videos_shown_s``: seconds by it."""

    schema: str
    profile: str
    files: int
    failed: int
    photos: int
    videos: int
    faces_in_photos: int
    video_s: float
    alerts: int
    photos_shown: dict[str, int] | UnsetType = UNSET
    videos_shown_s: dict[str, float] | UnsetType = UNSET
    entries: list[Entry]


def entry(source: r.Source, summary: r.Summary, written: list[str]) -> Entry:
    """A file that was looked at."""
    scene = summary.scene
    photo = source.kind == "photo"
    return Entry(
        file=source.file,
        status=summary.ended,
        why=summary.why,
        kind=source.kind,
        frames=summary.frames,
        duration_s=None if photo else summary.duration_s,
        faces=summary.faces_most,
        attention=scene.attention,
        eyes_shut=scene.eyes_shut,
        alerts=[alert.type for alert in summary.alerts if alert.reason != "escalated"],
        shown=scene.share,
        dominant=scene.dominant,
        valence=scene.valence,
        written=written,
    )


def together(entries: list[Entry], profile: str, *, emotion: bool) -> Run:
    """All files of a run."""
    photos = [e for e in entries if e.kind == "photo"]
    videos = [e for e in entries if e.kind not in {None, "photo"}]
    return Run(
        schema=SCHEMA,
        profile=profile,
        files=len(entries),
        failed=sum(e.status != "complete" for e in entries),
        photos=len(photos),
        videos=len(videos),
        faces_in_photos=sum(e.faces or 0 for e in photos),
        video_s=round(sum(e.duration_s or 0.0 for e in videos), 3),
        alerts=sum(len(e.alerts) for e in entries),
        photos_shown=_shown((e, e.faces or 0) for e in photos) if emotion else UNSET,
        videos_shown_s=_seconds((e, e.duration_s or 0.0) for e in videos) if emotion else UNSET,
        entries=entries,
    )


def _seconds(weighted: Iterable[tuple[Entry, float]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for each, weight in weighted:
        for name, share in (each.shown or {}).items():
            total[name] = total.get(name, 0.0) + share * weight
    return {k: round(v, 2) for k, v in sorted(total.items(), key=lambda item: (-item[1], item[0]))}


def _shown(weighted: Iterable[tuple[Entry, float]]) -> dict[str, int]:
    return {name: round(count) for name, count in _seconds(weighted).items() if round(count)}
