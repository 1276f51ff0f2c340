"""Whether somebody has asked the service to stop: SIGTERM of systemd, Ctrl-C of who tries it.

Asked for, never thrown in: an exception out of a signal's handler comes up wherever Python happens
to be, also in the middle of somebody's C that calls Python, where it is lost (the service would
run on) or, in msgspec 0.22 while it reads a class's hints, a crash. Whoever waits for more than a
moment asks here, so that a stop is answered within 2 s.
"""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNALS = (signal.SIGTERM, signal.SIGINT)

_asked = False


def leave_at_once() -> None:
    """From now on a stop ends the process there and then: nothing is open, so nothing is lost."""
    for number in SIGNALS:
        signal.signal(number, lambda _number, _frame: os._exit(0))


@contextmanager
def listening(*more: signal.Signals) -> Iterator[None]:
    """In here a stop is noted instead, and ``asked``; ``more``: what else is one."""
    global _asked  # noqa: PLW0603 - signals are the process's, and so is this
    before = {number: signal.signal(number, _note) for number in (*SIGNALS, *more)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _asked = False


def asked() -> bool:
    """Whether it is time to go."""
    return _asked


def _note(_number: int, _frame: object) -> None:
    global _asked  # noqa: PLW0603 - as above
    _asked = True
