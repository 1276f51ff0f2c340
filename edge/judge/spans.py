"""Spans of time and shares of it: what every window here is read off.

A span is ``(start_ns, end_ns)``. Tuples of spans are in order and do not overlap.
"""

from __future__ import annotations

from msgspec import Struct

Span = tuple[int, int]


def extended(spans: tuple[Span, ...], start_ns: int, end_ns: int, keep_ns: int) -> tuple[Span, ...]:
    """With ``start_ns..end_ns`` at the end, joined where it touches; without what is too old."""
    if spans and spans[-1][1] >= start_ns:
        grown: tuple[Span, ...] = (*spans[:-1], (spans[-1][0], end_ns))
    else:
        grown = (*spans, (start_ns, end_ns))
    return recent(grown, end_ns - keep_ns)


def recent(spans: tuple[Span, ...], from_ns: int) -> tuple[Span, ...]:
    """Without the spans that ended before ``from_ns``."""
    if spans and spans[0][1] < from_ns:
        return tuple(span for span in spans if span[1] >= from_ns)
    return spans


def within(spans: tuple[Span, ...], from_ns: int) -> int:
    """Nanoseconds of the spans that lie after ``from_ns``."""
    total = 0
    for start, end in reversed(spans):
        if end <= from_ns:
            break
        total += end - max(start, from_ns)
    return total


class Shares(Struct, frozen=True):
    """Time by value, in bins of ``step`` from ``low`` on: medians without keeping every look."""

    low: float
    step: float
    bins: tuple[int, ...]
    total_ns: int = 0


def shares(low: float, high: float, step: float) -> Shares:
    """No time spent yet; values outside ``low..high`` will count at the nearest end."""
    return Shares(low, step, (0,) * (round((high - low) / step) + 1))


def spent(state: Shares, value: float, ns: int) -> Shares:
    """``ns`` more at ``value``."""
    bins = state.bins
    at = min(len(bins) - 1, max(0, round((value - state.low) / state.step)))
    return Shares(
        state.low,
        state.step,
        (*bins[:at], bins[at] + ns, *bins[at + 1 :]),
        state.total_ns + ns,
    )


def quantile(state: Shares, part: float) -> float | None:
    """The value under which ``part`` of the time was spent; None where there was none."""
    if not state.total_ns:
        return None
    wanted, sum_ns = part * state.total_ns, 0
    for at, ns in enumerate(state.bins):
        if ns and sum_ns + ns >= wanted:
            inside = (wanted - sum_ns) / ns - 0.5  # spread evenly over its bin
            return state.low + (at + inside) * state.step
        sum_ns += ns
    return state.low + (len(state.bins) - 1) * state.step
