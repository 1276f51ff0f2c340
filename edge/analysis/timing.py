"""When a picture of a film was taken, where the file's own clock is missing, set back or set ahead.

Dashcams write files that begin again at 0 in the middle (``cat a.ts b.ts``), raw H.264 has no
times at all, and a camera's clock may be set while it records. The time that is given goes on.
"""

from __future__ import annotations

from edge.types import NS

AHEAD_S = 10.0
"""Further ahead is a clock that was set, in formats that allow it: FFmpeg's dts_delta_threshold."""

BACK_S = 0.1
"""So little back, for one picture, is unsteadiness: the next one is in its place again."""

NAMED = 3
"""Jumps that are said by their time; of more, only how many."""


class Timing:
    """Takes the stamp of every picture, in order; gives the time since the first one."""

    def __init__(self, rate: float, *, leaps: bool) -> None:
        """``rate``: a second, where no stamp says better; ``leaps``: stamps may leap ahead."""
        self.rate, self.leaps = rate, leaps
        self.t_ns = -1
        self.unstamped = 0
        self.jumps_ns: list[int] = []
        self._added_ns: int | None = None  # to a stamp, to make it a time; none was seen yet
        self._steady = False  # the last picture came later than the one before it, as it should

    def __call__(self, stamp_ns: int | None) -> int:
        """Nanoseconds, each later than the last."""
        before_ns = self.t_ns
        next_ns = 0 if before_ns < 0 else before_ns + round(NS / self.rate)
        if stamp_ns is None:
            self.unstamped += 1
            self.t_ns = next_ns
            return self.t_ns
        if self._added_ns is None:
            self._added_ns = next_ns - stamp_ns
        ahead_ns = stamp_ns + self._added_ns - before_ns
        if 0 < ahead_ns <= AHEAD_S * NS or (ahead_ns > 0 and not self.leaps):
            self.t_ns, self._steady = before_ns + ahead_ns, True
        elif -BACK_S * NS < ahead_ns <= 0 and self._steady:
            self.t_ns, self._steady = before_ns + 1, False
        else:
            self.t_ns, self._steady = next_ns, False
            self._added_ns = next_ns - stamp_ns
            if abs(ahead_ns) >= BACK_S * NS:
                self.jumps_ns.append(next_ns)
        return self.t_ns

    def said(self) -> list[str]:
        """What is odd about the times, in words."""
        said = []
        if self.unstamped and self.t_ns > 0:
            which = "no times in it" if self._added_ns is None else "times are missing"
            said.append(f"{which}: {self.rate:.4g} pictures a second assumed")
        if self.jumps_ns:
            named = ", ".join(f"{t_ns / NS:.1f}" for t_ns in self.jumps_ns[:NAMED])
            more = len(self.jumps_ns) - NAMED
            text = f"its clock jumps at {named} s" + (f" and {more} times more" if more > 0 else "")
            said.append(f"{text}: taken as if nothing lay between")
        return said
