"""What this driver's own open and shut eyes read: learnt once, then frozen against sleepiness.

A baseline that follows the eyes down would call half-shut normal. So it is learnt from the first
minute in which the eyes are open and the head is straight, may rise, may fall by a tenth, and is
learnt afresh only for a reason: another driver, a request, a step across a moment in which the
face was covered (glasses), a camera that was moved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from edge.judge.spans import Shares, quantile, shares, spent
from edge.types import NS, Calibration

if TYPE_CHECKING:
    from edge.judge.signals.rules import CalibrationRules, EyeRules
    from edge.types import Remembered

EAR = shares(0.05, 0.55, 0.005)
"""No time spent yet, by eye aspect ratio; a bin is 3 % of an open eye."""

DEEP = shares(0.0, 0.2, 0.005)

BLOCK_NS = 30 * NS
"""A running median of half a minute is what may raise or lower the baseline [E]."""

STEP_NS = 10 * NS
"""The first 10 s after the eyes were covered show whether they look different now [E]."""

OFTEN_NS = NS // 12
"""Medians over seconds need no more than a dozen looks in each."""

REMEMBERED = "remembered"

COVERED_NS = NS
"""Glasses go on or off with a hand before the face: eyes unseen for at least so long [E]."""

SHUTS, SHUT_NS = 5, 2 * NS // 10
"""The shut eye is believed after 5 closures with 0.2 s of deep looks in all."""


class EyeSpan(Struct, frozen=True):
    """The ends of openness in use: eye aspect ratio of the shut and of the open eye."""

    ear_shut: float
    ear_open: float


class CalibrationState(Struct, frozen=True):
    """What has been collected, and what is in use. ``frozen``: the open eye as first learnt."""

    state: str = "uncalibrated"
    reason: str | None = None
    frozen: float | None = None
    span: EyeSpan | None = None
    collected: Shares = EAR
    block: Shares = EAR
    since_cover: Shares | None = None
    deep: Shares = DEEP
    shuts: int = 0
    shut: bool = False
    seen_ns: int | None = None


def started(reason: str) -> CalibrationState:
    """Nothing is known of this face."""
    return CalibrationState(reason=reason)


def resumed(past: Remembered, rules: CalibrationRules, eyes: EyeRules) -> CalibrationState:
    """What was learnt before the device was off is in use until it has been learnt afresh.

    It sets no floor: whoever sits here now may have narrower eyes than whoever sat here then.
    """
    wide, shut = past.ear_open, max(past.ear_shut, shut_end(past.ear_open, eyes))
    if refusal(wide, rules, eyes) is not None or wide - shut < rules.least_range:
        return started("remembered_out_of_range")
    # somebody else may sit there: on a wide-eyed driver's scale narrow open eyes would be shut
    span = EyeSpan(min(shut, eyes.ear_shut), min(wide, eyes.ear_open))
    return CalibrationState(state="stale", reason=REMEMBERED, span=span)


def reseeded(state: CalibrationState, reason: str) -> CalibrationState:
    """Learn again; what was learnt stays in use until then."""
    if state.frozen is None:
        return started(reason)
    return replace(
        state, state="stale", reason=reason, collected=EAR, since_cover=None, deep=DEEP, shuts=0
    )


def eye_span(state: CalibrationState, rules: EyeRules) -> EyeSpan:
    """What openness is measured against now."""
    return state.span or EyeSpan(rules.ear_shut, rules.ear_open)


def advance_calibration(
    state: CalibrationState,
    t_ns: int,
    ear: float | None,
    openness: float | None,
    *,
    shut: bool,
    straight: bool,
    rules: CalibrationRules,
    eyes: EyeRules,
) -> CalibrationState:
    """One look: ``straight`` where the head is near enough to straight ahead to learn from."""
    if ear is None or openness is None:
        return state
    passed_ns = 0 if state.seen_ns is None else t_ns - state.seen_ns
    if passed_ns >= COVERED_NS and state.state == "ready":
        state = replace(state, since_cover=EAR)
    passed_ns = passed_ns if passed_ns <= eyes.gap_s * NS else 0
    if shut:
        return _shut_look(state, t_ns, ear, openness, passed_ns, rules, eyes)
    if 0 < passed_ns < OFTEN_NS and not state.shut:
        return state
    opened = replace(state, seen_ns=t_ns, shut=False)
    if not straight or openness <= eyes.shut_below + 0.05 or not passed_ns:
        return opened
    if state.state == "ready":
        return _followed(opened, ear, passed_ns, rules)
    return _collected(opened, ear, passed_ns, rules, eyes)


def shown(state: CalibrationState, rules: CalibrationRules) -> Calibration:
    """What is published of it."""
    ready = state.state == "ready"
    progress = 1.0 if ready else min(1.0, state.collected.total_ns / (rules.ready_s * NS))
    return Calibration(
        state=state.state,
        progress=progress,
        ear_open=state.span.ear_open if state.span else None,
        ear_shut=state.span.ear_shut if state.span else None,
        reason=state.reason,
    )


def _collected(
    state: CalibrationState, ear: float, passed_ns: int, rules: CalibrationRules, eyes: EyeRules
) -> CalibrationState:
    before_ns = state.collected.total_ns
    collected = spent(state.collected, ear, passed_ns)
    state = replace(state, collected=collected)
    if state.state == "uncalibrated" and state.reason not in REFUSALS:
        state = replace(state, state="collecting")
    provisional_ns, ready_ns = round(rules.provisional_s * NS), round(rules.ready_s * NS)
    if before_ns < ready_ns <= collected.total_ns:
        return _settled(state, quantile(collected, 0.5) or ear, rules, eyes)
    guess = state.frozen is None and state.reason != REMEMBERED
    if guess and before_ns < provisional_ns <= collected.total_ns:
        wide = quantile(collected, 0.5) or ear
        if refusal(wide, rules, eyes) is None:
            return replace(state, span=EyeSpan(shut_end(wide, eyes), wide))
    return state


REFUSALS = frozenset({"open_eye_out_of_range", "no_room_between_open_and_shut", "fell_too_far"})


def refusal(wide: float, rules: CalibrationRules, eyes: EyeRules) -> str | None:
    """Why an open eye that reads ``wide`` cannot be believed; None where it can."""
    if not rules.least_open <= wide <= rules.most_open:
        return "open_eye_out_of_range"
    if wide - shut_end(wide, eyes) < rules.least_range:
        return "no_room_between_open_and_shut"
    return None


def shut_end(wide: float, eyes: EyeRules) -> float:
    """Where a shut eye reads until it is learnt: a third of the open one, at least the default.

    On the common scale a shut eye reads 0.1 or a little more on everybody; a smaller value would
    keep the closed eyes of somebody with narrow ones from ever reading deep.
    """
    return max(wide / 3, eyes.ear_shut)


def _settled(
    state: CalibrationState, wide: float, rules: CalibrationRules, eyes: EyeRules
) -> CalibrationState:
    reason = refusal(wide, rules, eyes)
    if reason is None and state.frozen is not None and wide < rules.reseed_floor * state.frozen:
        # Sleepy eyes must not become the new normal by way of a re-seed: keep what was learnt.
        return replace(state, state="ready", reason="fell_too_far", collected=EAR)
    if reason is not None:
        known = "uncalibrated" if state.frozen is None else "ready"
        span = state.span if state.frozen is not None else None
        return replace(state, state=known, reason=reason, span=span, collected=EAR)
    return replace(
        state,
        state="ready",
        reason=None,
        frozen=wide,
        span=EyeSpan(_learnt_shut(state, wide, eyes), wide),
        collected=EAR,
        block=EAR,
    )


def _followed(
    state: CalibrationState, ear: float, passed_ns: int, rules: CalibrationRules
) -> CalibrationState:
    """The baseline in use: up with the eyes, down by a tenth at the most."""
    if state.since_cover is not None:
        since = spent(state.since_cover, ear, passed_ns)
        state = replace(state, since_cover=since)
        if since.total_ns >= STEP_NS:
            state = replace(state, since_cover=None)
            now, before = quantile(since, 0.5), state.span.ear_open if state.span else None
            if now and before and abs(now - before) > rules.step * before:
                return reseeded(state, "eyes_look_different")
    block = spent(state.block, ear, passed_ns)
    if block.total_ns < BLOCK_NS or state.frozen is None or state.span is None:
        return replace(state, block=block)
    wide = max(rules.may_fall_to * state.frozen, quantile(block, 0.5) or state.frozen)
    wide = min(wide, rules.most_open)
    return replace(state, block=EAR, span=EyeSpan(state.span.ear_shut, wide))


def _shut_look(
    state: CalibrationState,
    t_ns: int,
    ear: float,
    openness: float,
    passed_ns: int,
    rules: CalibrationRules,
    eyes: EyeRules,
) -> CalibrationState:
    deep = state.deep
    if openness < eyes.deep_below:
        deep = spent(deep, ear, max(1, passed_ns))
    enough_before = state.shuts >= SHUTS and state.deep.total_ns >= SHUT_NS
    state = replace(state, seen_ns=t_ns, shut=True, shuts=state.shuts + (not state.shut), deep=deep)
    enough = state.shuts >= SHUTS and deep.total_ns >= SHUT_NS
    if enough and not enough_before and state.state == "ready" and state.span is not None:
        learnt = _learnt_shut(state, state.span.ear_open, eyes)
        if state.span.ear_open - learnt >= rules.least_range:
            return replace(state, span=EyeSpan(learnt, state.span.ear_open))
    return state


def _learnt_shut(state: CalibrationState, wide: float, eyes: EyeRules) -> float:
    """5th percentile of deep looks once there are enough; lower than assumed changes nothing."""
    end = shut_end(wide, eyes)
    if state.shuts < SHUTS or state.deep.total_ns < SHUT_NS:
        return end
    return max(end, quantile(state.deep, 0.05) or end)
