"""All that is written of one file: opened when its first picture is there, kept when it is done."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, BinaryIO, Self

from msgspec import Struct

from edge.analysis import photo
from edge.analysis.bins import Bins
from edge.analysis.film import Writer
from edge.analysis.record import Record
from edge.analysis.write import page, pictures, timeline
from edge.analysis.write.album import Album, inline
from edge.analysis.write.drafts import Draft, written
from edge.analysis.write.streams import CsvStream, JsonStream

if TYPE_CHECKING:
    from pathlib import Path, PurePath
    from types import TracebackType

    from edge.analysis import results as r
    from edge.analysis.looking import Look


class Wishes(Struct, frozen=True):
    """What is to be written, and where; without ``out`` only tables, to standard output."""

    out: Path | None
    json: bool = False
    csv: bool = False
    timeline: bool = False
    report: bool = False
    annotate: bool = False
    thumbnails: bool = False


class Outputs:
    """Of one file. Inside ``with``; what was not kept by ``end`` is taken away."""

    def __init__(
        self,
        wishes: Wishes,
        stem: PurePath,
        source: r.Source,
        shared: CsvStream | None,
        stdout: BinaryIO,
        *,
        emotion: bool,
    ) -> None:
        """``shared``: a table for this file and others. Raises ``OSError``."""
        self._wishes, self._stem, self._source, self._shared = wishes, stem, source, shared
        self._still = source.kind == "photo"
        self.record = Record(emotion=emotion)
        self._bins = Bins()
        self._album = Album() if wishes.thumbnails else None
        self._drafts: list[Draft] = []
        self._written: list[str] = []
        self._film: Writer | None = None
        self.thumbnail: str | None = None
        with ExitStack() as opening:
            self._json = self._csv = None
            if wishes.json:
                self._json = JsonStream(self._place(opening, ".json") or stdout, source)
            if wishes.csv and shared is None:
                self._csv = CsvStream(self._place(opening, ".csv") or stdout, emotion=emotion)
            self._stack = opening.pop_all()

    def __enter__(self) -> Self:
        """Everything is open."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take away what was not kept."""
        if self._film is not None:
            self._film.drop()
        self._stack.close()

    def add(self, look: Look) -> None:
        """Take the next picture. Raises ``OSError``."""
        frame = look.result
        wanted = self.record.add(frame, look.step, look.first_ns)
        if self._album is not None:
            self._album.add(wanted, look.frame.image, frame, self.record.moments)
            if self._still:
                self.thumbnail = inline(pictures.annotated_small(look.frame.image, frame))
        if not self._still:
            self._bins.add(frame)
        if self._json is not None:
            self._json.add(frame)
        if self._csv is not None:
            self._csv.add(self._source.file, frame)
        if self._shared is not None:
            self._shared.add(self._source.file, frame)
        if self._wishes.annotate:
            self._draw(look)

    def end(self, ended: r.Ended, why: str | None) -> tuple[r.Summary, list[str]]:
        """Write the rest; everything gets its name. Raises ``OSError``."""
        summary = self.record.summary(ended, why)
        if self._json is not None:
            self._json.end(summary)
        if self._film is not None:
            film, self._film = self._film, None
            film.close()
        for draft in self._drafts:  # first what took long; the rest is drawn from it in a second
            draft.keep()
        wishes = self._wishes
        if not self._still and (wishes.timeline or wishes.report):
            png, svg = timeline.draw(self._bins, self._source, summary)
            if wishes.timeline:
                self._write(".timeline.png", png)
                self._write(".timeline.svg", svg)
            if wishes.report:
                thumbnails = self._album.jpegs(summary.moments) if self._album else {}
                self._write(".html", page.report(self._source, summary, svg, thumbnails))
        return summary, sorted(self._written)

    def _draw(self, look: Look) -> None:
        drawn = pictures.annotated(look.frame.image, look.result)
        if self._still:
            self._write(".annotated.jpg", photo.jpeg(drawn, 92))
            return
        if self._film is None:
            file = self._place(self._stack, ".annotated.mp4")
            assert file is not None  # noqa: S101 - pictures are never asked for without a folder
            self._film = Writer(file, drawn.shape[1], drawn.shape[0])
        self._film.add(look.frame.t_ns - look.first_ns, drawn)

    def _path(self, suffix: str) -> Path | None:
        out = self._wishes.out
        if out is None:
            return None
        name = self._stem.with_name(self._stem.name + suffix)
        self._written.append(name.as_posix())
        return out / name

    def _place(self, stack: ExitStack, suffix: str) -> BinaryIO | None:
        path = self._path(suffix)
        if path is None:
            return None
        self._drafts.append(stack.enter_context(Draft(path)))
        return self._drafts[-1].file

    def _write(self, suffix: str, content: bytes) -> None:
        path = self._path(suffix)
        if path is not None:
            written(path, content)
