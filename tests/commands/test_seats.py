"""What was learnt of the driver's eyes outlives a restart, where a seat is named."""

from __future__ import annotations

import logging

import pytest
from msgspec.structs import replace

from edge.commands.seats import FILE, Seats
from edge.judge.rules import Rules
from edge.pipeline import judge
from edge.types import Remembered
from tests.judge.stories import OPEN, SHUT, blinking, filmed

NARROW = OPEN.but(ear_open=0.20)
"""Somebody whose open eyes read well under the average."""


def drive(seats, *scenes):
    steps = []
    for step in judge(seats.remind(filmed(*scenes)), Rules()):
        seats(step)
        steps.append(step)
    return steps


def test_a_second_drive_begins_with_what_the_first_one_learnt(tmp_path):
    first = drive(Seats("driver", tmp_path), (70, blinking(12, face=NARROW)))
    assert first[-1].calibration.state == "ready"
    again = drive(Seats("driver", tmp_path), (1, NARROW))
    assert again[-1].calibration.state == "stale"
    assert again[-1].calibration.reason == "remembered"
    assert again[-1].calibration.ear_open == pytest.approx(0.20, abs=0.005)
    assert again[-1].eyes.openness == pytest.approx(1.0, abs=0.05)
    assert drive(Seats("driver", None), (1, NARROW))[-1].eyes.openness < 0.8


def test_what_is_remembered_is_learnt_afresh_within_a_minute(tmp_path):
    drive(Seats("driver", tmp_path), (70, blinking(12, face=OPEN.but(ear_open=0.32))))
    other = drive(Seats("driver", tmp_path), (70, blinking(12, face=NARROW)))
    assert other[-1].calibration.state == "ready"
    assert other[-1].calibration.ear_open == pytest.approx(0.20, abs=0.01)


def test_a_sleeper_of_the_second_drive_is_found(tmp_path):
    drive(Seats("driver", tmp_path), (70, blinking(12, face=NARROW)))
    shut = SHUT.but(ear_open=0.20)
    steps = drive(Seats("driver", tmp_path), (3, NARROW), (4, shut))
    assert [a.type for s in steps for a in s.changes if a.change == "new"][-1] == "sleep"


def test_seats_are_apart_and_without_a_name_nothing_is_written(tmp_path):
    drive(Seats("van_left", tmp_path), (70, blinking(12, face=NARROW)))
    right = drive(Seats("van_right", tmp_path), (1, OPEN))[-1].calibration
    assert (right.state, right.reason, right.ear_open) == ("collecting", None, None)
    silent = tmp_path / "none"
    silent.mkdir()
    drive(Seats(None, silent), (70, blinking(12)))
    assert list(silent.iterdir()) == []


@pytest.mark.parametrize(
    "damage", [b"", b"{", b'{"driver": {"ear_open": "wide"}}', b'{"driv\xe5r": {}}']
)
def test_a_damaged_file_is_said_and_begun_anew(tmp_path, damage, caplog):
    (tmp_path / FILE).write_bytes(damage)
    with caplog.at_level(logging.WARNING):
        seats = Seats("driver", tmp_path)
    assert "calibration begins anew" in caplog.text
    assert drive(seats, (70, blinking(12)))[-1].calibration.state == "ready"
    assert next(Seats("driver", tmp_path).remind(filmed((1, OPEN)))).remembered is not None


@pytest.mark.parametrize("past", [Remembered(0.9, 0.1), Remembered(float("nan"), 0.1)])
def test_numbers_that_no_eye_reads_are_refused(past):
    frames = list(filmed((1, OPEN)))
    frames[0] = replace(frames[0], remembered=past)
    last = list(judge(frames, Rules()))[-1]
    assert last.calibration.reason == "remembered_out_of_range"
