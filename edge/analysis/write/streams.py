"""JSON and CSV, written frame by frame, so that an hour needs no more memory than a minute."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, BinaryIO

import msgspec
from msgspec import UNSET

from edge.analysis import results as r
from edge.analysis import table
from edge.types import EMOTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edge.analysis.runs import Run


class JsonStream:
    """One ``Analysis``, a line a frame. ``end`` makes it a whole document."""

    def __init__(self, file: BinaryIO, source: r.Source) -> None:
        """Write the head."""
        self._file = file
        self._encoder = msgspec.json.Encoder()
        self._between = b""
        head = self._encoder.encode(source)
        file.write(b'{"schema":"%b","source":%b,"frames":[\n' % (r.SCHEMA.encode(), head))

    def add(self, frame: r.Frame) -> None:
        """Write one frame."""
        self._file.write(self._between + self._encoder.encode(frame))
        self._between = b",\n"

    def end(self, summary: r.Summary) -> None:
        """Write what is known at the end."""
        self._file.write(b'\n],"summary":%b}\n' % self._encoder.encode(summary))


class CsvStream:
    """One table with a head; a row is whole or not there."""

    def __init__(
        self, file: BinaryIO, *, emotion: bool = True, head: Iterable[str] | None = None
    ) -> None:
        """Write the names of the columns; of faces and frames, unless others are given."""
        self._file, self._emotion = file, emotion
        self._line = io.StringIO()
        self._writer = csv.writer(self._line, lineterminator="\r\n")  # RFC 4180
        self.row(table.columns(emotion=emotion) if head is None else head)

    def add(self, name: str, frame: r.Frame) -> None:
        """Write the rows of one frame."""
        for row in table.rows(name, frame, emotion=self._emotion):
            self.row(row)

    def row(self, cells: Iterable[table.Cell]) -> None:
        """Write one row. Text that a spreadsheet would take for a formula is made a path."""
        self._writer.writerow([_tame(cell) for cell in cells])
        self._file.write(self._line.getvalue().encode())
        self._line.seek(0)
        self._line.truncate()


def summary(run: Run) -> bytes:
    """One row for each file of a run."""
    file = io.BytesIO()
    emotion = run.photos_shown is not UNSET
    names = ("file", "status", "why", "kind", "frames", "duration_s", "faces")
    means = ("attention", "eyes_shut", *(("dominant", "valence") if emotion else ()))
    shown = (*EMOTIONS, "uncertain") if emotion else ()
    stream = CsvStream(file, head=(*names, *means, "alerts", *(f"share_{n}" for n in shown)))
    for entry in run.entries:
        known = {} if entry.shown is UNSET or not entry.shown else entry.shown
        values = [getattr(entry, name) for name in (*names, *means)]
        stream.row(
            [
                *(None if value is UNSET else value for value in values),
                " ".join(entry.alerts) or None,
                *(known.get(name, 0.0) if known else None for name in shown),
            ]
        )
    return file.getvalue()


def _tame(cell: table.Cell) -> table.Cell:
    return f"./{cell}" if isinstance(cell, str) and cell[:1] in {"=", "+", "-", "@"} else cell
