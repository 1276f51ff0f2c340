"""Nothing that a card does, full, damaged or gone bad, keeps anybody quiet."""

from __future__ import annotations

import contextlib
import random
import sqlite3
from typing import TYPE_CHECKING

import pytest

from edge.tell import store
from edge.tell.outbox import Outbox
from tests.tell.boxes import MONDAY, Opened, an_event, deliver, revs

if TYPE_CHECKING:
    from pathlib import Path


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
