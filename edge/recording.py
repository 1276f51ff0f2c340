"""Observations to and from JSON lines: what ``--record`` writes and ``replay`` reads.

The first line names the format. There are no pixels in an observation, so none can get here.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from edge.types import Observation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

FORMAT = "mien-recording/1"

log = logging.getLogger("mien")


class RecordingError(Exception):
    """A recording that cannot be read; the text names the file and the line."""


class _Head(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    version: str = ""


def record(
    observations: Iterable[Observation], file: BinaryIO, version: str
) -> Iterator[Observation]:
    """Pass observations on, and write each as one line to ``file`` on the way."""
    encoder = msgspec.json.Encoder(decimal_format="number")
    file.write(encoder.encode(_Head(FORMAT, version)) + b"\n")
    for seen in observations:
        file.write(encoder.encode(seen) + b"\n")
        yield seen


def read(path: Path) -> Iterator[Observation]:
    """The observations of a recording, in order. Raises ``RecordingError``.

    A last line without its end is what a power cut leaves: it is left out with a warning.
    """
    decoder = msgspec.json.Decoder(Observation)
    try:
        with path.open("rb") as file:
            _check_head(file.readline(), path)
            for number, line in enumerate(file, start=2):
                try:
                    yield decoder.decode(line)
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    if not line.endswith(b"\n"):
                        log.warning("%s: line %d: cut off, and left out", path, number)
                        return
                    msg = f"{path}: line {number}: not an observation: {error}"
                    raise RecordingError(msg) from error
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}"
        raise RecordingError(msg) from error


def _check_head(line: bytes, path: Path) -> None:
    try:
        head = msgspec.json.decode(line, type=_Head)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        msg = f"{path}: line 1: not a recording of observations"
        raise RecordingError(msg) from error
    if head.format != FORMAT:
        msg = f"{path}: line 1: format is {head.format!r}, expected {FORMAT!r}"
        raise RecordingError(msg)
