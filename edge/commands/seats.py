"""What a driver's own eyes read, kept by seat over a restart: numbers, and only where asked for.

A seat is a place, not a person: nothing here says who sat in it. Without ``seat`` in config.yaml
nothing is written.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from edge.device import disk
from edge.types import Remembered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from edge.types import Observation, Step

FILE = "seats.json"

log = logging.getLogger("mien")


class Seats:
    """The file of all seats in the state directory, and the one that is watched."""

    def __init__(self, seat: str | None, folder: Path | None) -> None:
        """Read what is kept of ``seat``. A file that cannot be read is said, and begun anew."""
        self._seat = seat
        self._file = None if seat is None or folder is None else folder / FILE
        self._known: dict[str, Remembered] = {}
        self._said: str | None = None
        if self._file is not None and self._file.is_file():
            try:
                data = self._file.read_bytes()
                self._known = msgspec.json.decode(data, type=dict[str, Remembered])
            except (msgspec.DecodeError, ValueError, OSError) as error:  # ValueError: not UTF-8
                log.warning("%s: %s; calibration begins anew", self._file, error)

    def remind(self, observations: Iterable[Observation]) -> Iterator[Observation]:
        """Observations, the first with what is remembered of the seat."""
        past = None if self._seat is None else self._known.get(self._seat)
        for seen in observations:
            yield seen if past is None else replace(seen, remembered=past)
            past = None

    def __call__(self, step: Step) -> None:
        """Keep what has been learnt, when it has been learnt."""
        now = step.calibration
        if self._file is None or self._seat is None or now.state == self._said:
            return
        self._said = now.state
        if now.state != "ready" or now.ear_open is None or now.ear_shut is None:
            return
        learnt = Remembered(now.ear_open, now.ear_shut, now.yaw_deg, now.pitch_deg)
        self._known = {**self._known, self._seat: learnt}
        try:
            disk.replace(
                self._file, msgspec.json.format(msgspec.json.encode(self._known), indent=1)
            )
        except OSError as error:  # a full or read-only disk costs the memory, not the service
            log.warning("%s: %s; calibration is not kept", self._file, error.strerror)
