"""How far an analysis is: a bar on the terminal, and a line for each file that is done."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Self, TextIO

from msgspec import UNSET
from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from rich.progress import TaskID

    from edge.analysis.runs import Entry

OFTEN_S = 0.1


class Progress:
    """Inside ``with``: ``begin`` a file, be ``at`` a time of it, ``say`` what came of it."""

    def __init__(self, files: int, *, talks: bool) -> None:
        """``talks``: lines about files that went well, too, on standard output."""
        self._files, self._number, self._talks = files, 0, talks
        self._shown = _terminal(sys.stderr) and (talks or not _terminal(sys.stdout))
        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[fps]:>5.0f} fps"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            auto_refresh=False,  # a thread would
            transient=True,
            disable=not self._shown,
        )
        self._task: TaskID | None = None
        self._frames = 0
        self._begun_s = self._last_s = self._drawn_s = 0.0

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the bar away."""
        self._bars.stop()

    def begin(self, name: str) -> None:
        """The next file."""
        self._number += 1
        self._frames, self._last_s = 0, 0.0
        self._begun_s = time.monotonic()
        if not self._shown:
            return
        which = f"{self._number}/{self._files} " if self._files > 1 else ""
        text = f"{which}{name.rpartition('/')[2]}".replace("[", r"\[")
        self._task = self._bars.add_task(text, total=None, fps=0.0)

    def at(self, t_s: float, length_s: float | None) -> None:
        """So far into the file that is under way."""
        self._frames += 1
        self._last_s = t_s
        now_s = time.monotonic()
        if self._task is None or now_s - self._drawn_s < OFTEN_S:
            return
        self._drawn_s = now_s
        fps = self._frames / max(1e-3, now_s - self._begun_s)
        self._bars.update(self._task, completed=t_s, total=length_s, fps=fps)
        self._bars.refresh()

    def say(self, entry: Entry) -> None:
        """What came of a file: a line, with the reason where nothing did."""
        if self._task is not None:
            self._bars.remove_task(self._task)
            self._task = None
            self._bars.refresh()
        if entry.why is not None or entry.status in {"failed", "not_begun"}:
            print(f"mien analyze: {entry.file}: {entry.why}", file=sys.stderr)
        if self._talks and entry.status not in {"failed", "not_begun"}:
            passed_s = max(1e-3, time.monotonic() - self._begun_s)
            print(f"{entry.file}: {_found(entry)}{_pace(entry, passed_s)}", flush=True)

    def end(self, entries: list[Entry], out: Path | None) -> None:
        """The last line."""
        if self._talks and (out is not None or len(entries) > 1):
            bad = sum(entry.status != "complete" for entry in entries)
            well = (
                f"{len(entries) - bad} of {len(entries)} files" if bad else f"{len(entries)} file"
            )
            well += "s" if not bad and len(entries) > 1 else ""
            print(f"{well} well" + ("" if out is None else f"; written to {out}"))


def _terminal(stream: TextIO | None) -> bool:
    """Of standard streams, which a shell may have closed."""
    return stream is not None and stream.isatty()


def _found(entry: Entry) -> str:
    faces = f"{entry.faces or 'no'} face{'' if entry.faces == 1 else 's'}"
    parts = [faces if entry.duration_s is None else f"{entry.duration_s:.1f} s, {faces}"]
    if entry.shown is not UNSET and entry.shown:
        parts.append(
            ", ".join(f"{name} {part:.0%}" for name, part in list(entry.shown.items())[:3])
        )
    if entry.alerts:
        parts.append("alerts: " + ", ".join(dict.fromkeys(entry.alerts)).replace("_", " "))
    return "; ".join(parts)


def _pace(entry: Entry, passed_s: float) -> str:
    if not entry.duration_s or entry.frames < 50:
        return ""
    return f"  ({entry.frames / passed_s:.0f} fps, {entry.duration_s / passed_s:.1f}× real time)"
