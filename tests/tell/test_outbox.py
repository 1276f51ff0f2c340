"""What must not be lost: order, bounds, age, and a process that dies."""

from __future__ import annotations

import contextlib
import random
import sqlite3
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from edge.tell import messages as m
from edge.tell import store
from edge.tell.outbox import WINDOW, Moment, Outbox
from edge.types import NS
from tests.tell import examples

if TYPE_CHECKING:
    from pathlib import Path

    from edge.tell.report import Said

Opened = Callable[..., Outbox]

MONDAY = Moment(mono_ns=100 * NS, wall_ns=examples.START_NS, boot="monday")


def an_event(rev: int, change: str = "update", episode: str = "a") -> m.Event:
    example = m.decode("event", (examples.GOLDEN / "event_new.json").read_bytes())
    assert isinstance(example, m.Event)
    return msgspec.structs.replace(example, id=episode, rev=rev, change=change)


@pytest.fixture
def opened() -> Iterator[Opened]:
    """Boxes as ``Outbox`` makes them, closed at the end: also those of a process that died."""
    boxes: list[Outbox] = []

    def made(*args: Any, **settings: Any) -> Outbox:
        boxes.append(Outbox(*args, **settings))
        return boxes[-1]

    yield made
    for box in boxes:
        with contextlib.suppress(sqlite3.ProgrammingError):  # it is closed
            box.close()


def later(seconds: float) -> Moment:
    return replace(
        MONDAY,
        mono_ns=MONDAY.mono_ns + round(seconds * NS),
        wall_ns=MONDAY.wall_ns + round(seconds * NS),
    )


def revs(box: Outbox, now: Moment = MONDAY) -> list[int]:
    return [event.rev for _, event in box.due(now)]


def deliver(box: Outbox, now: Moment = MONDAY) -> list[m.Event]:
    """The broker takes everything, a window at a time."""
    heard: list[m.Event] = []
    while due := box.due(now):
        for number, event in due:
            box.handed_on(number, mid=number + 7)
            heard.append(event)
        for number, _ in due:
            box.taken(number + 7)
    return heard


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


def test_a_file_that_is_not_an_outbox_is_set_aside_and_telling_goes_on(
    opened: Opened, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "outbox.db").write_bytes(b"a card that has gone bad" * 100)
    box = opened(tmp_path / "outbox.db")
    box.add(an_event(1), MONDAY)
    assert revs(box) == [1]
    box.close()
    assert (tmp_path / "outbox.broken").exists()
    assert "set aside as outbox.broken" in caplog.text


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


def test_a_full_card_keeps_nobody_quiet(
    opened: Opened, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    box = opened(tmp_path / "outbox.db", page_limit=30)
    for rev in range(400):
        box.add(an_event(rev), MONDAY)
        box.settle()
    assert "full; events are kept in memory only" in caplog.text
    assert [e.rev for e in deliver(box)] == list(range(400))
    box.close()


# A card that goes bad -----------------------------------------------------------------------

PAGE = 4096


@pytest.fixture
def seed(tmp_path: Path) -> bytes:
    """An outbox of 40 events that wait, ten episodes of which the last is open."""
    box = Outbox(tmp_path / "seed.db")
    for rev in range(1, 41):
        change = {1: "new", 0: "end"}.get(rev % 4, "update") if rev < 37 else "update"
        box.add(an_event(rev, change, f"episode {(rev - 1) // 4}"), MONDAY)
    box.close()
    return (tmp_path / "seed.db").read_bytes()


def told_in_spite_of(data: bytes, folder: Path) -> tuple[list[int], int]:
    """The old events that an outbox with this file still tells, before a new one; and dropped."""
    for old in folder.glob("outbox.*"):
        old.unlink()
    (folder / "outbox.db").write_bytes(data)
    with contextlib.closing(Outbox(folder / "outbox.db")) as box:
        box.dangling()
        box.add(an_event(99, "new", "a sleeper"), MONDAY)
        box.settle()
        told = [event.rev for event in deliver(box)]
        assert 99 in told
        assert "a sleeper" in [event.id for event in box.dangling()]
        assert len(box) == 0
        told.remove(99)
        return told, box.dropped


@pytest.mark.parametrize("junk", [b"\0", b"\xff"])
@pytest.mark.parametrize("found", ["at the start", "later"])
def test_a_damaged_page_costs_the_events_on_it_and_nothing_else(
    seed: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, junk: bytes, found: str
) -> None:
    if found == "later":
        monkeypatch.setattr(store, "_sound", lambda database: database)
    pages = len(seed) // PAGE
    assert pages > 10
    kept: list[int] = []
    for page in range(pages):
        damaged = seed[: page * PAGE] + junk * PAGE + seed[(page + 1) * PAGE :]
        told, dropped = told_in_spite_of(damaged, tmp_path)
        kept.append(len(told))
        if found == "later" and page > 0:  # a file without its first page is none, and set aside
            assert dropped == 40 - len(told)
    assert kept[0] == 0, "the page that says what is where"
    assert sum(count < 28 for count in kept) <= 2, kept


def test_flipped_bits_keep_nobody_quiet(seed: bytes, tmp_path: Path) -> None:
    dice = random.Random(16)
    for _ in range(150):
        data = bytearray(seed)
        for _ in range(dice.choice((1, 1, 30))):
            data[dice.randrange(dice.choice((PAGE, len(data))))] ^= 1 << dice.randrange(8)
        told_in_spite_of(bytes(data), tmp_path)


@pytest.mark.parametrize(("word", "lost"), [(b'"change"', 1), (b"monday", 0)])
def test_an_event_that_cannot_be_read_any_more_is_counted_and_the_rest_is_told(
    seed: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture, word: bytes, lost: int
) -> None:
    row_end = seed.index(b"monday") + len(b"monday")
    at = seed.rindex(word, 0, row_end)
    told, dropped = told_in_spite_of(seed[:at] + b"\xff" + seed[at + 1 :], tmp_path)
    assert (len(told), dropped) == (40 - lost, lost)  # the boot's name is for the age only
    assert caplog.text.count("1 event(s) cannot be read and are dropped") == lost


def test_what_was_open_and_cannot_be_read_any_more_is_counted(
    seed: bytes, tmp_path: Path, opened: Opened
) -> None:
    (tmp_path / "outbox.db").write_bytes(seed)
    with sqlite3.connect(tmp_path / "outbox.db") as database:
        database.execute("UPDATE open SET payload = x'7bff'")
    database.close()
    box = opened(tmp_path / "outbox.db")
    assert (box.dangling(), box.dropped) == ([], 1)
    assert (box.dangling(), box.dropped) == ([], 1), "once"
    box.close()
    again = opened(tmp_path / "outbox.db")
    assert (again.dangling(), again.dropped) == ([], 0)
    again.close()


def test_a_sector_that_the_card_cannot_read_costs_what_stands_there(
    seed: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unread(_database: sqlite3.Connection) -> sqlite3.Connection:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR_CORRUPTFS
        raise error

    monkeypatch.setattr(store, "_sound", unread)
    told, _ = told_in_spite_of(seed, tmp_path)
    assert len(told) == 40
    assert (tmp_path / "outbox.broken").exists()
