"""What is odd, in words, and once: a log that repeats itself every frame is a log nobody reads."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from edge.types import NS

if TYPE_CHECKING:
    from edge.types import Step

WORDS = {
    "time_stands_still": "the camera's time stands still; such frames are left out",
    "time_runs_backwards": "the camera's time runs backwards; late frames are left out, and a "
    "clock that was set back ends what was open",
    "time_jumps": "more than a minute between two frames; nothing is assumed of the time between",
    "time_astray": "the time of a single frame is far from that of all others; it is left out",
    "not_a_number": "a network gave a number that is none; it counts as not seen",
    "too_many_faces": "more faces than a vehicle has seats; the ones beyond are not looked at",
}

AGAIN_NS = 600 * NS
"""What was well for ten minutes is worth a line when it comes back."""

log = logging.getLogger("mien.judge")


class Journal:
    """Logs each oddity when it begins; goes on being silent while it lasts."""

    def __init__(self) -> None:
        """Nothing was odd yet."""
        self._last_ns: dict[str, int] = {}

    def __call__(self, step: Step) -> None:
        """Take note of one step."""
        for name in step.odd:
            last_ns = self._last_ns.get(name)
            if last_ns is None or abs(step.t_ns - last_ns) > AGAIN_NS:
                log.warning("%s", WORDS[name])
            self._last_ns[name] = step.t_ns
