"""Blinks and closures as lids make them: down in 80 ms, up in 160, and never quite still.

Noise, glances down and laughter are at least of the size that they have on the pinned clips.
"""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

import pytest
from stories import OPEN, SHUT, after, blinking

if TYPE_CHECKING:
    from collections.abc import Callable

FALL_S, REST_S, RISE_S = 0.08, 0.02, 0.16


def covered(since_s: float) -> float:
    """Share of an eye that a blink covers, ``since_s`` after it has begun."""
    if since_s < FALL_S:
        return 0.5 - 0.5 * math.cos(math.pi * since_s / FALL_S)
    if since_s < FALL_S + REST_S:
        return 1.0
    return 0.5 + 0.5 * math.cos(math.pi * (since_s - FALL_S - REST_S) / RISE_S)


def lids(
    usual: Callable[[float], float] = lambda _: 1.0,
    *,
    blink_every_s: float | None = None,
    depth: float = 0.9,
    noise: float = 0.025,
    seed: int = 3,
):
    """Eyes that are as open as ``usual`` says, blink, and are read with a little noise."""
    chance = random.Random(seed)

    def look(t):
        opening = usual(t)
        if blink_every_s is not None:
            number, since = divmod(t, blink_every_s)
            since -= random.Random(number).uniform(0.2, 1.0)  # not in step with the frames
            if 0 <= since < FALL_S + REST_S + RISE_S:
                opening *= 1 - depth * covered(since)
        return OPEN.but(openness=max(0.0, min(1.2, opening + chance.gauss(0, noise))))

    return look


def glancing(t: float) -> float:
    """The speedometer every five seconds: lids follow the eyes down, 0.3 to 0.9 s long."""
    number, since = divmod(t, 5.0)
    lasting = 0.3 + 0.2 * (number % 4)
    return 0.55 if 1.0 <= since < 1.0 + lasting else 1.0


def laughing(t: float) -> float:
    return 0.75 + 0.05 * math.sin(2 * math.pi * 4.3 * t) + 0.08 * math.sin(2 * math.pi * 0.3 * t)


@pytest.mark.parametrize("fps", [15, 20, 24, 30])
@pytest.mark.parametrize("depth", [0.95, 0.75, 0.55])
def test_blinks_are_found_at_every_depth_and_none_is_invented(fps, depth):
    story = after((240, lids(blink_every_s=2.0, depth=depth)), fps=fps, jitter=0.2)
    assert 0.95 * 120 <= story.marks.count("blink") <= 120
    assert set(story.marks) == {"blink"}
    assert story.new == []


@pytest.mark.parametrize("fps", [15, 24, 30])
def test_a_blink_is_as_long_as_at_half_its_depth(fps):
    story = after((240, lids(blink_every_s=2.0)), fps=fps)
    assert story.last.eyes.blink_ms_mean == pytest.approx(
        1000 * (FALL_S / 2 + REST_S + RISE_S / 2), abs=15
    )
    assert story.last.eyes.long_blink_share == 0.0


@pytest.mark.parametrize("fps", [15, 24, 30])
@pytest.mark.parametrize("usual", [glancing, laughing])
def test_neither_a_glance_down_nor_laughter_is_a_blink(fps, usual):
    story = after((240, lids(usual)), fps=fps, jitter=0.2)
    assert len(story.marks) <= 4  # one a minute
    assert story.new == []


@pytest.mark.parametrize("fps", [15, 24, 30])
def test_blinks_between_glances_and_laughter_are_found(fps):
    for usual in (glancing, laughing):
        story = after((240, lids(usual, blink_every_s=2.0)), fps=fps, jitter=0.2)
        assert story.marks.count("blink") >= 0.9 * 120


@pytest.mark.parametrize("fps", [15, 24, 30])
@pytest.mark.parametrize("lowered", [0.27, 0.31, 0.36])
def test_eyes_that_were_lowered_before_have_not_been_shut_for_longer(fps, lowered):
    """As on the sleeper's clip: lids lowered to a third, then shut."""

    def falling(t):
        if t < 20:
            return 1.0
        return lowered if t < 21.0 else 0.12 if t < 24.5 else 1.0

    story = after((30, lids(falling, noise=0.02)), fps=fps)
    assert story.new == ["eyes_closed_pre", "microsleep", "sleep"]
    assert story.at("microsleep") == pytest.approx(21.0 + 1.5, abs=0.2)
    assert story.at("sleep") == pytest.approx(21.0 + 3.0, abs=0.2)
    assert story.ended("sleep").evidence.max_closed_ms == pytest.approx(3500, abs=100)


@pytest.mark.parametrize("fps", [15, 30])
def test_half_open_eyes_are_no_longer_shut(fps):
    def waking(t):
        return 1.0 if t < 20 or t > 22.4 else 0.05 if t < 21.2 else 0.4

    story = after((25, lids(waking)), fps=fps)
    assert story.new == ["eyes_closed_pre"]
    ended = story.ended("eyes_closed_pre")
    assert ended.evidence.max_closed_ms == pytest.approx(1200, abs=100)


@pytest.mark.parametrize("fps", [5, 10, 15, 30])
def test_lids_that_sink_slowly_are_shut_when_they_are(fps):
    def sinking(t):
        return max(0.05, 1.0 - (t - 20) / 2) if 20 <= t < 26 else 1.0

    story = after((40, lids(sinking, noise=0.0)), fps=fps)
    assert story.new == ["eyes_closed_pre", "microsleep", "sleep"]
    assert story.at("microsleep") == pytest.approx(21.4 + 1.5, abs=0.25)


@pytest.mark.parametrize("fps", [15, 24, 30])
@pytest.mark.parametrize("seen", [0.27, 0.29])
def test_a_film_may_begin_with_lowered_eyes(fps, seen):
    """Nothing is known of how open they were before: what shows is when they fall."""

    def falling(t):
        return seen if t < 0.7 else 0.12 if t < 4.2 else 1.0

    story = after((10, lids(falling, noise=0.015)), fps=fps)
    assert story.new == ["eyes_closed_pre", "microsleep", "sleep"]
    assert story.at("microsleep") == pytest.approx(0.7 + 1.5, abs=0.2)
    assert story.ended("sleep").evidence.max_closed_ms == pytest.approx(3500, abs=100)


def test_a_film_that_begins_with_shut_eyes_counts_from_its_first_look():
    story = after((2.0, OPEN.but(openness=0.1)), (5, OPEN))
    assert story.at("microsleep") == pytest.approx(1.5, abs=0.05)


def test_straight_ahead_that_is_learnt_in_a_blink_is_no_nod():
    """The first guess at it comes after three seconds and moves every pitch by as much."""

    def blinking(t):
        face = lids(noise=0.0)(t).but(pitch=-9.0)
        return face.but(openness=0.1) if 2.93 <= t < 3.1 or 4.0 <= t < 4.15 else face

    assert after((6, blinking), fps=30).marks == ["blink", "blink"]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("lowered", [0.31, 0.45])
def test_a_closure_is_not_late_because_shut_eyes_are_read_unsteadily(lowered, seed):
    def falling(t):
        return 1.0 if t < 20 else lowered if t < 21.5 else 0.15 if t < 26 else 1.0

    story = after((32, lids(falling, noise=0.05, seed=seed)), fps=30)
    assert story.at("microsleep") == pytest.approx(21.5 + 1.5, abs=0.3)


@pytest.mark.parametrize("fps", [5, 7, 10])
def test_a_single_look_that_says_open_hides_no_sleeper_where_pictures_are_few(fps):
    for seed in range(12):
        wrong = _wrong_for_single_looks(seed, fps)
        drive = after((20, OPEN), (12, lambda t, w=wrong: OPEN if w(t) else SHUT), fps=fps)
        assert drive.at("sleep") == pytest.approx(23.1, abs=0.5)


def _wrong_for_single_looks(seed, fps):
    """One look in twelve, and never two in a row; not the first second."""
    chance, wrong = random.Random(seed), set()
    for number in range(fps, 12 * fps):
        if number - 1 not in wrong and chance.random() < 1 / 12:
            wrong.add(number)
    return lambda t: round(t * fps) in wrong


@pytest.mark.parametrize("jitter", [0.0, 0.5])
def test_blinks_that_follow_each_other_closely_are_no_closure_where_pictures_are_few(jitter):
    for seed in range(4):
        drive = after((60, OPEN), (120, blinking(60, 0.2, seed=seed)), fps=5, jitter=jitter)
        assert not set(drive.new) & {"eyes_closed_pre", "microsleep", "sleep"}
