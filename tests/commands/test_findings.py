"""What ``mien check`` says of the board and its service, from what was read of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.commands.findings import BAD, NOTE, OK, disk, heat, power, service
from edge.device.machine import Disk
from edge.device.unit import Unit
from edge.types import Board


@pytest.mark.parametrize(
    ("sensors", "grade", "words"),
    [
        (Board(), OK, "nothing here measures it"),
        (Board(throttled=0), OK, "steady (0x0)"),
        (Board(throttled=0x1), BAD, "too weak now (0x1); use the board's own power supply"),
        (Board(undervolt=True), BAD, "too weak now; use"),
        (Board(throttled=0x50000), NOTE, "too weak since power-on (0x50000)"),
        (Board(throttled=0xE0000), NOTE, "clocked down since power-on (0xe0000)"),
        (Board(throttled=0x40000), NOTE, "clocked down since power-on (0x40000)"),
        (Board(throttled=0x4), NOTE, "clocked down now (0x4); give it air"),
    ],
)
def test_the_supply_is_told_of_in_words(sensors, grade, words):
    found = power(sensors)
    assert found.grade == grade
    assert words in str(found)


def test_heat_is_a_note_from_where_the_first_thing_is_given_up():
    assert heat(Board(temp_c=61.4)).text == "61 °C"
    assert str(heat(Board(temp_c=76.0))).endswith("looks less to cool down; give it air")


@pytest.mark.parametrize(
    ("found", "grade", "words"),
    [
        (Disk("/var/lib/mien", 3200.0, 8000.0, False), OK, "3.2 of 8.0 GB free"),
        (Disk("/var/lib/mien", 3200.0, 8000.0, True), BAD, "read-only; events are lost"),
        (Disk("/var/lib/mien", 12.0, 8000.0, False), BAD, "make room"),
        (Disk("/var/lib/mien", 37.0, 57.4, False), OK, "free"),  # the card's, as full as it gets
        (None, BAD, "check the card"),
    ],
)
def test_a_card_that_is_full_or_read_only_is_a_failure(found, grade, words):
    finding = disk(found, Path("/var/lib/mien"))
    assert finding.grade == grade
    assert words in str(finding)


@pytest.mark.parametrize(
    ("found", "grade", "words"),
    [
        (None, NOTE, "no systemd here"),
        (Unit(False, "inactive", "dead", 0, "success", 0), NOTE, "is not installed"),
        (Unit(True, "active", "running", 2, "success", 0), OK, "active (running), 2 restarts"),
        (Unit(True, "activating", "start", 0, "success", 0), OK, "activating (start), 0 restarts"),
        (
            Unit(True, "activating", "start", 37, "exit-code", 1),
            BAD,
            "37 restarts, result exit-code",
        ),
        (Unit(True, "activating", "auto-restart", 0, "exit-code", 1), BAD, "status 1; journalctl"),
        (Unit(True, "failed", "failed", 5, "exit-code", 1), BAD, "exit status 1; journalctl -u"),
    ],
)
def test_the_service_is_seen_as_systemd_sees_it(found, grade, words):
    finding = service(found, "mien")
    assert finding.grade == grade
    assert words in str(finding)
