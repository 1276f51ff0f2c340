"""How long a frame has waited in a buffer, told from the stream's clock and ours.

The smallest difference seen between the two is the delay of a frame that waited for nobody; one
later than that by ``LATE`` intervals has been waiting, and newer ones wait behind it. Unless it was
us who waited for it, or skipping brings no newer one: streams without times of their own are
stamped as if they came at their nominal rate, and one that is slower would seem later with each.
"""

from __future__ import annotations

LATE = 1.5
"""Frame intervals behind the newest after which a frame is skipped."""

IN_VAIN = 4
"""Frames skipped in a row of which none was less late: there is no newer one to be had by it."""

THERE_ALREADY = 0.1
"""Of an interval: a frame that took no longer to get had been waiting for us."""


def passed_over(gap_ns: float, interval_ns: float, waited_ns: int) -> int:
    """Frames that a driver wrote over because nobody came for them.

    They show as a gap in the stamps (``gap_ns`` from one frame to the next) before a frame that was
    there already. A gap that was waited through is the camera's own: it takes its time in the dark.
    """
    if waited_ns > THERE_ALREADY * interval_ns:
        return 0
    return max(0, round(gap_ns / interval_ns) - 1)


class Lateness:
    """Call it with every frame: how late it is, and whether it is to be skipped."""

    def __init__(self, interval_ns: float) -> None:
        self._interval_ns = interval_ns
        self._delay_ns: float | None = None
        self._worst_ns = 0.0
        self._in_vain = 0

    def __call__(self, stamp_ns: float, now_ns: int, waited_ns: int) -> tuple[float, bool]:
        """A frame stamped ``stamp_ns`` came at ``now_ns``, after it was waited for so long."""
        behind_ns = now_ns - stamp_ns
        best_ns = behind_ns if self._delay_ns is None else min(self._delay_ns, behind_ns)
        late_ns = behind_ns - best_ns
        self._delay_ns = best_ns
        allowed_ns = LATE * self._interval_ns
        if late_ns <= allowed_ns:
            self._worst_ns, self._in_vain = 0.0, 0
            return late_ns, False
        fresh = waited_ns > self._interval_ns / 2 and late_ns <= waited_ns + allowed_ns
        self._in_vain = 0 if late_ns < self._worst_ns else self._in_vain + 1
        self._worst_ns = late_ns
        if fresh or self._in_vain >= IN_VAIN:
            self._delay_ns, self._worst_ns, self._in_vain = behind_ns, 0.0, 0
            return 0.0, False
        self._delay_ns += 0.001 * late_ns  # clocks drift: forget the best slowly
        return late_ns, True
