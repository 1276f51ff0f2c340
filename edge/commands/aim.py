"""What ``mien boot`` asks the service for: the page to aim by (``edge.commands.aiming`` says how).

Read at every start, and nearly always not there: so it is a file of its own that imports little.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger("mien")


class Asked(Struct, frozen=True):
    """A page that is asked for; ``until_s`` on the monotonic clock."""

    token: str
    until_s: float
    left: int
    """So many starts more will have it."""

    @property
    def left_s(self) -> float:
        """For how long it may still be open."""
        return self.until_s - time.monotonic()


def asked(file: Path) -> Asked | None:
    """What ``mien boot`` has asked for, None where it has not or the time is over."""
    try:
        found = msgspec.json.decode(file.read_bytes(), type=Asked)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:  # no page is no reason not to watch
        log.warning("%s: no page: %s", file, error)
        return None
    return found if found.left_s > 1 else None
