"""What is logged as a warning or worse, said to subscribers as well: topic ``log``."""

from __future__ import annotations

import logging
import time
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

from edge.tell import messages as m
from edge.tell.report import Said
from edge.types.written import legible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.tell.report import Reporter

    Grumbles = deque[tuple[int, str, str, str]]
    """When it was laid down, level, name and text of each."""

LIMIT, LIMIT_BYTES = 500, 1500
"""Characters of a warning that are said, and their bytes, so that a message holds them (contract,
rule 5: 2 KiB); the journal has all of it."""

WAITING = 100
"""Warnings that may wait for the next frame, or for the broker: the newest."""


class _Ear(logging.Handler):
    """Lays them down; ``logging.handlers`` would load pickle and more for that."""

    def __init__(self, heard: Grumbles) -> None:
        super().__init__(logging.WARNING)
        self._heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        try:
            level, text = record.levelname.lower(), record.getMessage()
        except (TypeError, ValueError):  # words that do not fit what is to stand in them
            self.handleError(record)
        else:
            self._heard.append((time.monotonic_ns(), level, record.name, text))


@contextmanager
def overheard() -> Iterator[Grumbles]:
    """What is logged from here on, by any thread, the oldest first."""
    heard: Grumbles = deque(maxlen=WAITING)
    ear = _Ear(heard)
    logging.getLogger().addHandler(ear)
    try:
        yield heard
    finally:
        logging.getLogger().removeHandler(ear)


def grumbled(heard: Grumbles, reporter: Reporter, t_ns: int) -> Iterator[Said]:
    """A message for each that waits, with the time when it was logged; none waits afterwards."""
    while heard:
        logged_ns, level, name, text = heard.popleft()
        then_ns = max(0, t_ns - (time.monotonic_ns() - logged_ns))
        message = m.Log(**reporter.head("log", then_ns), level=level, code=name, msg=_sayable(text))
        yield Said("log", message, retain=False, qos=0)


def _sayable(text: str) -> str:
    """One line, whatever was logged: a file's name may be no text, or have an end of line in it."""
    # in JSON, a control character is six bytes
    return legible(text[:LIMIT]).encode()[:LIMIT_BYTES].decode(errors="ignore")
