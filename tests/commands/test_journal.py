"""Hostile time and broken numbers are logged once, and in words."""

import logging

from msgspec.structs import replace

from edge.commands.journal import Journal
from edge.judge.rules import Rules
from edge.pipeline import judge
from edge.types import NS
from tests.judge.stories import OPEN, filmed


def logged(frames, caplog):
    journal = Journal()
    with caplog.at_level(logging.WARNING, logger="mien.judge"):
        for step in judge(frames, Rules()):
            journal(step)
    return [record.getMessage() for record in caplog.records]


def test_an_ordinary_drive_logs_nothing(caplog):
    assert logged(filmed((20, OPEN)), caplog) == []


def test_time_that_stands_still_for_a_hundred_frames_is_one_line(caplog):
    frames = list(filmed((10, OPEN)))
    lines = logged(frames[:50] + [frames[50]] * 100 + frames[51:], caplog)
    assert len(lines) == 1
    assert "stands still" in lines[0]


def test_a_jump_ahead_and_a_clock_set_back_are_a_line_each(caplog):
    frames = list(filmed((5, OPEN)))
    later = [replace(frame, t_ns=frame.t_ns + 3600 * NS) for frame in frames]
    lines = logged(frames + later + frames, caplog)
    assert [line for line in lines if "two frames" in line] == lines[:1]
    assert "set back" in lines[1]
    assert len(lines) == 2


def test_numbers_that_are_none_and_a_crowd_are_a_line_each(caplog):
    frames = list(filmed((5, OPEN)))
    broken = [
        replace(f, faces=(replace(f.faces[0], ear=float("nan")), *f.faces * 50)) for f in frames
    ]
    lines = logged(broken, caplog)
    assert len(lines) == 2
    assert any("a number that is none" in line for line in lines)
    assert any("more faces" in line for line in lines)
