"""PERCLOS (P80): the share of the time seen in which the eyes were more than 80 % covered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.judge.signals.closure import under_way
from edge.judge.spans import within
from edge.types import NS

if TYPE_CHECKING:
    from edge.judge.signals.closure import EyeState
    from edge.judge.signals.rules import EyeRules


def perclos(state: EyeState, t_ns: int, window_s: float, rules: EyeRules) -> float | None:
    """PERCLOS over the last ``window_s``: deep closed time / time seen, 0..1 (Wierwille 1994).

    None until half the window was seen, and where less than ``perclos_coverage`` of it was.
    """
    if not state.valid:
        return None
    from_ns = t_ns - round(window_s * NS)
    seen_ns = within(state.valid, from_ns)
    spanned_ns = min(t_ns - from_ns, t_ns - state.valid[0][0])
    if seen_ns < window_s / 2 * NS or seen_ns < rules.perclos_coverage * spanned_ns:
        return None
    deep_ns = 0.0
    for closure in (*state.closures, *under_way(state, rules)):
        if closure.end_ns > from_ns:
            inside_ns = closure.end_ns - max(closure.start_ns, from_ns)
            deep_ns += closure.deep_ns * inside_ns / (closure.end_ns - closure.start_ns)
    return min(1.0, deep_ns / seen_ns)


def valid_ratio(state: EyeState, t_ns: int) -> float | None:
    """Share of the last minute (or of what there has been) in which the eyes were seen."""
    if not state.valid:
        return None
    from_ns = max(t_ns - 60 * NS, state.valid[0][0])
    return within(state.valid, from_ns) / (t_ns - from_ns) if t_ns > from_ns else None
