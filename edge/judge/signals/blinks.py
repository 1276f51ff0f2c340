"""Blinks: short dips of the openness, and their statistics.

A blink is judged against the moments before it, not against a fixed threshold: at 24 frames a
second the deepest look at a quick one shows an eye half open. Its ends are where the openness
passes half the way down and up again (the duration at half amplitude of the blink literature), read
between frames on a straight line.
"""

from __future__ import annotations

import math
from operator import itemgetter
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from edge.judge.signals.closure import BLINK_NS, dragged
from edge.types import NS, Mark

if TYPE_CHECKING:
    from edge.judge.signals.lids import Look

RISE_S, SINK_S = 0.15, 0.5
"""Time constants of the level that a blink is measured against: eyes that have just opened are
open, lids that sink may come back [E]."""

FALLING = 0.85
"""Under this share of the level it may be a dip; noise of the landmarks stays above [E]."""

SHUT, SHALLOW = 0.4, 0.62
"""A dip goes under half the level, or nearly so and then quickly: a quick blink between two frames
is seen half shut, but lids that follow a glance down, or a laugh, are so for longer."""

QUICK_NS, DROP_NS = NS // 5, NS * 15 // 100
"""A shallow dip is a blink if it lasts no longer than 0.2 s (alert blinks: 111 +- 51 ms) and its
fall no longer than 0.15 s: a glance down rests there for longer (fixations: 0.2 s and more)."""

LONGEST_DIP_NS, LONGEST_SLIP_NS = NS * 3 // 2, NS * 3 // 10
"""What has not come up again by then is how the eyes are now; a slip goes no deeper than noise
[E]."""

LEAST_LEVEL = 0.35
"""Eyes narrower than this before the dip are squinting or shut: no blink is told from them."""

LEAST_NS, LONG_NS = NS * 4 // 100, NS
"""0.06 s to 0.5 s is a blink (less 20 ms for the frame grid), 0.5 to 1.0 s a long one; longer is a
closure and judged as such (Johns; Wilkinson; driver state table)."""

WINDOW_NS, ENOUGH = 180 * NS, 10
"""Statistics over 3 minutes, from 10 blinks on."""

USUAL_NS, USUAL_ENOUGH = 180 * NS, 20
"""This driver's own blinks are those of the first 3 minutes (Friedrichs & Yang: 3 to 15), and at
least 20 of them: fewer give no spread."""

BIAS, TAIL_WEIGHT, SPEED_WEIGHT, TAIL_SD = -1.0, 14.6, -0.8, 2.0
"""Log odds of drowsy against alert: the share of blinks longer than the own mean by 2 SD, and
the mean speed of the lids in SD. Fitted by bench/drowsiness.py on UTA-RLDD: AUC 0.86 on people
that were held out, against 0.76 for the mean length alone. The bias is the fitted -0.4 lowered for
fewer false alarms [E]."""

LEAST_SD_MS = 20.0
"""No spread smaller than the frame grid can show at 15 a second, less what it averages out [E]."""

OPENNESS = itemgetter(1)

GAP_NS = NS // 4
"""Unseen for longer: whatever happened in it was not seen."""

SLOW_NS = 10 * NS
"""What was counted before is no figure of now after so long [E]."""


class Blink(Struct, frozen=True):
    """When it ended, how long it was at half depth, and depth / length in 1/s."""

    end_ns: int
    lasted_ns: int
    speed: float


class Usual(Struct, frozen=True):
    """This driver's own blinks while awake: mean and SD of length (ms) and of lid speed (1/s)."""

    mean_ms: float
    sd_ms: float
    speed: float
    speed_sd: float


class BlinkState(Struct, frozen=True):
    """The level before, the dip that is under way, and the blinks of the last 3 minutes."""

    seen_ns: int | None = None
    openness: float = 0.0
    level: float | None = None
    dip: tuple[tuple[int, float], ...] = ()  # its looks, the last one before it first
    pitch_deg: float | None = None
    fell_deg: float = 0.0
    blinks: tuple[Blink, ...] = ()
    mean_ms: float | None = None
    long_share: float | None = None
    watched_ns: int = 0
    usual: Usual | None = None
    drowsy: float | None = None


def advance_blinks(state: BlinkState, t_ns: int, look: Look) -> tuple[BlinkState, tuple[Mark, ...]]:
    """Take one look; a mark comes out when a blink is over."""
    opening = look.openness
    if opening is None:
        return state, ()
    before_ns = state.seen_ns
    if before_ns is None or t_ns - before_ns > GAP_NS or state.level is None:
        return (
            replace(state, seen_ns=t_ns, openness=opening, level=opening, dip=()),
            (),
        )
    if state.dip:
        return _in_a_dip(state, t_ns, look, opening)
    falling = FALLING * state.level
    wide = state.openness >= falling and state.level >= LEAST_LEVEL
    if opening < falling and wide and not look.low:
        dip = ((before_ns, state.openness), (t_ns, opening))
        return replace(state, seen_ns=t_ns, openness=opening, dip=dip, fell_deg=0.0), ()
    return (
        replace(
            state,
            seen_ns=t_ns,
            openness=opening,
            # Before the dip: lids that shut move what is read of the head by up to 5 degrees.
            pitch_deg=look.pitch_deg,
            level=_levelled(state, t_ns, opening),
            watched_ns=state.watched_ns + t_ns - before_ns,
        ),
        (),
    )


def forgotten(state: BlinkState, t_ns: int) -> BlinkState:
    """Without blinks older than the window; call now and then while the eyes are not seen."""
    if state.blinks and state.blinks[0].end_ns < t_ns - WINDOW_NS:
        kept = tuple(blink for blink in state.blinks if blink.end_ns >= t_ns - WINDOW_NS)
        return _counted(replace(state, blinks=kept))
    return state


def blinked_since(state: BlinkState, ago_ns: int) -> int:
    """How many blinks ended in the last ``ago_ns``."""
    return sum(
        state.seen_ns is not None and b.end_ns >= state.seen_ns - ago_ns for b in state.blinks
    )


def hidden(state: BlinkState, t_ns: int) -> BlinkState:
    """Pictures come too seldom to see one: of a moment nothing is lost but the dip under way."""
    if state.seen_ns is not None and t_ns - state.seen_ns <= SLOW_NS:
        return forgotten(replace(state, dip=()), t_ns)
    return BlinkState(usual=state.usual)


def _in_a_dip(
    state: BlinkState, t_ns: int, look: Look, opening: float
) -> tuple[BlinkState, tuple[Mark, ...]]:
    level = opening if state.level is None else state.level
    sunk = 0.0
    if look.pitch_deg is not None and state.pitch_deg is not None:
        sunk = state.pitch_deg - look.pitch_deg
    fell = max(state.fell_deg, sunk)
    state = replace(state, seen_ns=t_ns, openness=opening, fell_deg=fell)
    dip = (*state.dip, (t_ns, opening))
    floor = min(dip, key=OPENNESS)[1]
    patience_ns = LONGEST_DIP_NS if floor <= SHALLOW * level else LONGEST_SLIP_NS
    if t_ns - dip[0][0] > patience_ns:  # a closure, or eyes that have become narrow
        return replace(state, level=opening, dip=()), ()
    if opening < (level + floor) / 2:
        return replace(state, dip=dip), ()
    state = replace(state, dip=())
    if floor > SHALLOW * level:
        return state, ()
    since_ns, deep_ns, end_ns = _ends(dip, (level + floor) / 2)
    lasted_ns = end_ns - since_ns
    slow = lasted_ns > QUICK_NS or deep_ns - dip[0][0] > DROP_NS
    pulled = dragged(lasted_ns, fell, sunk)  # suddenly only while the lids are down
    if (floor > SHUT * level and slow) or pulled or not LEAST_NS <= lasted_ns < LONG_NS:
        return state, ()
    name = "blink" if lasted_ns < BLINK_NS else "long_blink"
    blinks = (*state.blinks, Blink(end_ns, lasted_ns, (level - floor) / (lasted_ns / NS)))
    state = _counted(_accustomed(forgotten(replace(state, blinks=blinks), t_ns)))
    return state, (Mark(name, since_ns, end_ns),)


def _ends(dip: tuple[tuple[int, float], ...], half: float) -> tuple[int, int, int]:
    """When the dip passes ``half`` down, is deepest, and passes it up: around its deepest look."""
    deepest = first = last = dip.index(min(dip, key=OPENNESS))
    while first > 1 and dip[first - 1][1] < half:
        first -= 1
    while last < len(dip) - 2 and dip[last + 1][1] < half:
        last += 1
    down = _crossing(half, *dip[first - 1], *dip[first])
    return down, dip[deepest][0], _crossing(half, *dip[last], *dip[last + 1])


def _counted(state: BlinkState) -> BlinkState:
    """With the statistics of the blinks remembered; None for too few."""
    blinks = state.blinks
    if len(blinks) < ENOUGH:
        return replace(state, mean_ms=None, long_share=None, drowsy=None)
    number = len(blinks)
    long = sum(blink.lasted_ns >= BLINK_NS for blink in blinks)
    return replace(
        state,
        mean_ms=sum(blink.lasted_ns for blink in blinks) / number / 1e6,
        long_share=long / number,
        drowsy=None if state.usual is None else _drowsy(blinks, state.usual),
    )


def _accustomed(state: BlinkState) -> BlinkState:
    """Learn what is usual from the first minutes, once."""
    enough = state.watched_ns >= USUAL_NS and len(state.blinks) >= USUAL_ENOUGH
    if state.usual is not None or not enough:
        return state
    mean_ms, sd_ms = _mean_sd([blink.lasted_ns / 1e6 for blink in state.blinks])
    speed, speed_sd = _mean_sd([blink.speed for blink in state.blinks])
    return replace(state, usual=Usual(mean_ms, sd_ms, speed, speed_sd))


def _drowsy(blinks: tuple[Blink, ...], usual: Usual) -> float:
    """How likely these are the blinks of somebody drowsy, 0..1, against the usual ones."""
    longest_ms = usual.mean_ms + TAIL_SD * max(usual.sd_ms, LEAST_SD_MS)
    tail = sum(blink.lasted_ns / 1e6 > longest_ms for blink in blinks) / len(blinks)
    mean = sum(blink.speed for blink in blinks) / len(blinks)
    speed = (mean - usual.speed) / max(usual.speed_sd, 0.1 * usual.speed, 1e-6)
    return 1 / (
        1 + math.exp(-(BIAS + TAIL_WEIGHT * tail + SPEED_WEIGHT * max(-8.0, min(8.0, speed))))
    )


def _mean_sd(values: list[float]) -> tuple[float, float]:
    mean = sum(values) / len(values)
    return mean, math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))


def _levelled(state: BlinkState, t_ns: int, opening: float) -> float:
    level = opening if state.level is None else state.level
    passed_ns = 0 if state.seen_ns is None else t_ns - state.seen_ns
    constant_s = RISE_S if opening > level else SINK_S
    return level + min(1.0, passed_ns / (constant_s * NS)) * (opening - level)


def _crossing(level: float, a_ns: int, a: float, b_ns: int, b: float) -> int:
    """When the straight line from ``a`` to ``b`` passes ``level``."""
    if a == b:
        return (a_ns + b_ns) // 2
    part = min(1.0, max(0.0, (level - a) / (b - a)))
    return a_ns + round(part * (b_ns - a_ns))
