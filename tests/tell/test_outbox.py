"""What must not be lost: order, bounds, age, and a process that dies."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from edge.tell import messages as m
from edge.tell.outbox import WINDOW, Outbox
from edge.types import NS
from tests.tell import examples
from tests.tell.boxes import MONDAY, Opened, an_event, deliver, later, revs

if TYPE_CHECKING:
    from pathlib import Path

    from edge.tell.report import Said


def test_events_are_handed_on_in_order_and_forgotten_once_taken(opened: Opened) -> None:
    box = opened()
    for rev in range(1, 51):
        box.add(an_event(rev), MONDAY)
    assert [e.rev for e in deliver(box)] == list(range(1, 51))
    assert len(box) == 0


def test_no_more_than_a_window_is_under_way(opened: Opened) -> None:
    box = opened()
    for rev in range(1, 51):
        box.add(an_event(rev), MONDAY)
    for number, _ in box.due(MONDAY):
        box.handed_on(number, mid=number)
    assert revs(box) == []
    box.taken(3)
    assert revs(box) == [WINDOW + 1]


def test_what_was_under_way_when_the_line_was_cut_is_said_again_in_order(opened: Opened) -> None:
    box = opened()
    for rev in (1, 2, 3):
        box.add(an_event(rev), MONDAY)
    for number, _ in box.due(MONDAY):
        box.handed_on(number, mid=number)
    box.taken(2)
    box.taken_back()
    assert revs(box) == [1, 3]


def test_a_full_box_takes_the_newest_and_lets_go_of_an_old_update(opened: Opened) -> None:
    box = opened(limit=4)
    for rev, change in enumerate(("new", "update", "update", "end", "new", "end"), start=1):
        box.add(an_event(rev, change), MONDAY)
    assert revs(box) == [1, 4, 5, 6]
    assert box.dropped == 2


def test_a_full_box_without_updates_lets_go_of_the_oldest(opened: Opened) -> None:
    box = opened(limit=2)
    for rev in (1, 2, 3):
        box.add(an_event(rev, "new"), MONDAY)
    assert revs(box) == [2, 3]


@given(st.lists(st.sampled_from(["add", "hand on", "take", "cut"]), max_size=80))
def test_nothing_is_lost_or_overtaken_whatever_the_line_does(story: list[str]) -> None:
    with contextlib.closing(Outbox(limit=1000)) as box:
        _told_in_order(box, story)


def _told_in_order(box: Outbox, story: list[str]) -> None:
    said, first_heard, under_way = 0, [], []
    for what in story:
        if what == "add":
            said += 1
            box.add(an_event(said), MONDAY)
        elif what == "hand on":
            for number, event in box.due(MONDAY):
                box.handed_on(number, mid=number)
                under_way.append(number)
                if event.rev not in first_heard:
                    first_heard.append(event.rev)
        elif what == "take" and under_way:
            box.taken(under_way.pop(0))
        elif what == "cut":
            box.taken_back()
            under_way.clear()
    box.taken_back()
    first_heard += [e.rev for e in deliver(box) if e.rev not in first_heard]
    assert first_heard == list(range(1, said + 1))


# Age ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("waited_s", "late"), [(0.2, False), (1.5, True), (86_400, True)])
def test_an_event_says_how_long_it_waited(opened: Opened, waited_s: float, late: bool) -> None:  # noqa: FBT001
    box = opened()
    box.add(an_event(1), MONDAY)
    ((_, event),) = box.due(later(waited_s))
    assert (event.late, event.age_ms) == (late, round(waited_s * 1000))


def test_a_clock_that_jumps_does_not_change_the_age(opened: Opened) -> None:
    box = opened()
    box.add(an_event(1), MONDAY)
    ((_, event),) = box.due(replace(later(2), wall_ns=0))
    assert event.age_ms == 2000


def test_after_a_reboot_the_age_is_that_of_the_wall_clock(opened: Opened, tmp_path: Path) -> None:
    first = opened(tmp_path / "outbox.db")
    first.add(an_event(1), MONDAY)
    first.close()
    second = opened(tmp_path / "outbox.db")
    ((_, event),) = second.due(replace(later(60), mono_ns=5 * NS, boot="tuesday"))
    second.close()
    assert (event.late, event.age_ms) == (True, 60_000)


# Death --------------------------------------------------------------------------------------


def test_what_waited_when_the_process_died_is_said_by_the_next(
    opened: Opened, tmp_path: Path
) -> None:
    dead = opened(tmp_path / "outbox.db")
    for rev, change in ((1, "new"), (2, "update"), (3, "end")):
        dead.add(an_event(rev, change), MONDAY)
        dead.settle()
    del dead  # no goodbye
    with_us = opened(tmp_path / "outbox.db")
    assert revs(with_us) == [1, 2, 3]
    with_us.close()


def test_an_episode_open_at_a_crash_is_closed_with_reason_restart(
    opened: Opened, tmp_path: Path
) -> None:
    dead = opened(tmp_path / "outbox.db")
    dead.add(an_event(1, "new", "over"), MONDAY)
    dead.add(an_event(2, "end", "over"), MONDAY)
    dead.add(an_event(1, "new", "open"), MONDAY)
    dead.add(an_event(2, "update", "open"), MONDAY)
    dead.close()
    box = opened(tmp_path / "outbox.db")
    (closing,) = examples.reporter().resumed(box.dangling(), 5 * NS)
    event = _event(closing)
    assert (event.id, event.change, event.reason) == ("open", "end", "restart")
    assert event.rev > 2
    assert event.after.level == 0
    box.add(event, MONDAY)
    assert box.dangling() == []
    box.close()


def _event(said: Said) -> m.Event:
    assert isinstance(said.message, m.Event)
    return said.message


def test_a_day_of_outage_costs_less_than_five_megabytes(opened: Opened, tmp_path: Path) -> None:
    box = opened(tmp_path / "outbox.db")
    for rev in range(6000):  # an event every 14 s
        box.add(an_event(rev), MONDAY)
    box.settle()
    assert sum(f.stat().st_size for f in tmp_path.iterdir()) <= 5_000_000
    assert box.dropped == 2000
    box.close()


def test_the_folder_stays_under_twenty_megabytes_for_ever(opened: Opened, tmp_path: Path) -> None:
    """The longest events there are, a broker that comes and goes, a card that goes bad."""
    most = 0
    for life in range(4):
        box = opened(tmp_path / "outbox.db")
        for rev in range(3000):
            box.add(an_event(rev, episode=f"{life}-{rev:04}" + "x" * 1000), MONDAY)
            if rev % 100 == 0:
                box.settle()
                most = max(most, sum(f.stat().st_size for f in tmp_path.iterdir()))
            if life % 2 and rev == 1500:
                deliver(box)
        box.close()
        if life in {0, 2}:
            with (tmp_path / "outbox.db").open("r+b") as file:
                file.write(b"gone bad" * 1000)
    assert 5_000_000 < most <= 20_000_000
    assert (tmp_path / "outbox.broken").exists(), "set aside, and one only"
