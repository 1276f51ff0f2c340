"""Events wait here until the broker has taken them, in order: in memory, or on disk as well.

The oldest goes first and the newest is never refused: a full box lets go of the oldest ``update``
first, since the ``new`` and ``end`` around it still tell the story, and counts what it dropped.
SQLite keeps it, so that a process that dies or a plug that is pulled loses nothing; ``store`` has
the tables. Nothing that a bad card does raises here: telling goes on in memory.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from edge.tell import messages as m
from edge.tell import store
from edge.tell.stamps import Moment

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")

log = logging.getLogger(__name__)

MEMORY_LIMIT = 500  # contract, rule 3
DISK_LIMIT = 4000
"""About 0.7 kB an event: 2.8 MB, where a day's outage may cost 5 MB (issue 6)."""

PAGE_LIMIT = 1100  # of 4 KiB: 4.5 MB, whatever the events are like
WINDOW = 20
"""Events that may wait for the broker's word at once (contract: max inflight 20)."""

LATE_MS = 1000
"""An event that waited longer than this for the broker is marked ``late`` [own choice]."""

Row = tuple[str, bytes, int, int, str]
"""What is kept of an event beside its number: change, payload, both clocks, boot."""

UNREADABLE = (msgspec.DecodeError, TypeError, ValueError)
"""What a flipped bit makes of an event or its clocks."""


class Outbox:
    """A bounded queue of events with a memory of the episodes that are open."""

    def __init__(
        self, file: Path | None = None, limit: int | None = None, page_limit: int = PAGE_LIMIT
    ) -> None:
        """Take up what an earlier process left in ``file``; without one, keep to memory.

        ``limit``: events. ``page_limit``: pages of 4 KiB that the file may have.
        """
        try:
            self._db = store.opened(file)
        except (*store.FAILURES, OSError) as error:  # what waits there is said when it opens
            log.error("%s: %s; events are kept in memory only", file, error)  # noqa: TRY400
            file, self._db = None, store.opened(None)
        self._db.execute(f"PRAGMA max_page_count = {page_limit:d}")
        self._limit = limit or (MEMORY_LIMIT if file is None else DISK_LIMIT)
        self._file = file
        self._handed_on = 0  # highest number that is with the broker
        self._refused = 0  # lowest number that it would not have; 0: none
        self._under_way: dict[int, int] = {}  # the broker's number -> ours
        self._unsettled: dict[int, tuple[m.Event, Row]] = {}  # added, and not yet safe on disk
        self._count = self.dropped = 0
        self._count = self._surely(lambda: store.waiting(self._db))

    def __len__(self) -> int:
        """How many events the broker has not taken yet."""
        return self._count

    def add(self, event: m.Event, now: Moment) -> None:
        """Put one more at the end; make room if need be. Safe on disk after ``settle``."""
        row = (event.change, m.encode(event), now.mono_ns, now.wall_ns, now.boot)
        self._surely(lambda: self._insert(event, row))

    def settle(self) -> None:
        """Force what was added onto the disk: one fsync. After the broker has been told."""
        try:
            self._db.commit()
        except store.FAILURES as error:
            self._leave_the_disk(error)
        self._unsettled.clear()

    def due(self, now: Moment) -> list[tuple[int, m.Event]]:
        """Those to hand on now, in order and with their age; no more than ``WINDOW`` under way."""
        room = WINDOW - len(self._under_way)
        if room <= 0 or not self._count or self._refused:
            return []
        rows = self._rows(
            "SELECT n, payload, mono_ns, wall_ns, boot FROM waiting WHERE n > ? ORDER BY n LIMIT ?",
            (self._handed_on, room),
        )
        found = [(n, _aged(payload, said, now)) for n, payload, *said in rows]
        return self._legible("waiting", found)

    def handed_on(self, number: int, mid: int) -> None:
        """Event ``number`` is with the broker, which will acknowledge it as ``mid``."""
        self._handed_on = number
        self._under_way[mid] = number

    def taken(self, mid: int) -> None:
        """The broker has acknowledged ``mid``."""
        number = self._under_way.pop(mid, None)
        if number is not None:
            self._remove(number)

    def refused(self, mid: int) -> None:
        """The broker will not have ``mid``: it is kept, and nothing overtakes it."""
        number = self._under_way.pop(mid, None)
        if number is not None:
            self._refused = min(number, self._refused or number)

    def again(self) -> None:
        """Hand on from the first that was refused; what is still under way is said twice."""
        if self._refused:
            self._handed_on = min(self._handed_on, self._refused - 1)
            self._refused = 0

    def taken_back(self) -> None:
        """The connection is gone: whatever the broker has not taken is to be said again."""
        self._handed_on = self._refused = 0
        self._under_way.clear()

    def dangling(self) -> list[m.Event]:
        """The last word on every episode that has no ``end`` yet, oldest first."""
        rows = self._rows("SELECT rowid, payload FROM open ORDER BY id")
        found = self._legible("open", [(n, _event(payload)) for n, payload in rows])
        return [event for _, event in found]

    def close(self) -> None:
        """Write what is left and let go of the file."""
        self.settle()
        self._db.close()

    def _insert(self, event: m.Event, row: Row) -> None:
        if not self._db.in_transaction:  # SQLite does not change it inside one
            self._db.execute("PRAGMA synchronous = FULL")
        for _ in range(self._count - self._limit + 1):
            self._make_room()
        number = _put(self._db, event, row)
        self._count += 1
        self._unsettled[number] = event, row

    def _make_room(self) -> None:
        found = self._db.execute(
            "SELECT n FROM waiting WHERE change = 'update' AND n > ? ORDER BY n LIMIT 1",
            (self._handed_on,),
        ).fetchone()
        found = found or self._db.execute("SELECT min(n) FROM waiting").fetchone()
        self._remove(found[0])
        self.dropped += 1

    def _legible(
        self, table: str, found: list[tuple[int, m.Event | None]]
    ) -> list[tuple[int, m.Event]]:
        """Without those that a bad card has made unreadable: they would stand there for ever."""
        lost = [number for number, event in found if event is None]
        for number in lost:
            if table == "waiting":
                self._remove(number)
            else:
                self._surely(partial(self._delete, table, number))
        if lost:
            log.error("%s: %d event(s) cannot be read and are dropped", self._file, len(lost))
            self.dropped += len(lost)
        return [(number, event) for number, event in found if event is not None]

    def _remove(self, number: int) -> None:
        self._unsettled.pop(number, None)
        gone = self._surely(lambda: self._delete("waiting", number))
        self._count -= gone

    def _delete(self, table: str, number: int) -> int:
        alone = not self._db.in_transaction
        if alone:  # forgetting may be lost: said twice does no harm
            self._db.execute("PRAGMA synchronous = NORMAL")
        found = self._db.execute(f"DELETE FROM {table} WHERE rowid = ?", (number,))  # noqa: S608
        if alone:
            self._db.commit()
        return found.rowcount

    def _rows(self, select: str, values: tuple[int, ...] = ()) -> list[tuple[Any, ...]]:
        return self._surely(lambda: self._db.execute(select, values).fetchall())

    def _surely(self, work: Callable[[], T]) -> T:
        """On the disk; where that fails, in memory."""
        try:
            return work()
        except store.FAILURES as error:
            self._leave_the_disk(error)
            return work()

    def _leave_the_disk(self, error: Exception) -> None:
        """A card that cannot be read or written is no reason to keep quiet: go on in memory."""
        log.error("%s: %s; events are kept in memory only", self._file, error)
        memory = store.opened(None)
        with suppress(*store.FAILURES):
            self._db.rollback()
        store.rescue(self._db, memory)
        self._db.close()
        self._db = memory
        for number, (event, row) in self._unsettled.items():  # the disk has just forgotten them
            _put(memory, event, row, number)
        lost, self._count = self._count, store.waiting(memory)
        lost = max(0, lost - self._count)
        if lost:
            log.error("%s: %d event(s) in it cannot be read and are lost", self._file, lost)
            self.dropped += lost


def _put(database: sqlite3.Connection, event: m.Event, row: Row, number: int | None = None) -> int:
    """At the end, or as ``number``; gives the number."""
    columns = "n, change, payload, mono_ns, wall_ns, boot"
    put = database.execute(
        f"INSERT OR REPLACE INTO waiting ({columns}) VALUES (?, ?, ?, ?, ?, ?)",  # noqa: S608
        (number, *row),
    )
    if event.change == "end":
        database.execute("DELETE FROM open WHERE id = ?", (event.id,))
    else:
        database.execute("INSERT OR REPLACE INTO open VALUES (?, ?)", (event.id, row[1]))
    return put.lastrowid or 0


def _event(payload: bytes) -> m.Event | None:
    try:
        event = m.decode("event", payload)
    except UNREADABLE:
        return None
    assert isinstance(event, m.Event)  # noqa: S101 - for the type checker
    return event


def _aged(payload: bytes, clocks: list[object], now: Moment) -> m.Event | None:
    event = _event(payload)
    if event is None:
        return None
    try:
        said = msgspec.convert(clocks, Moment)
    except UNREADABLE:
        return None
    same = said.boot == now.boot
    waited_ns = now.mono_ns - said.mono_ns if same else now.wall_ns - said.wall_ns
    event.age_ms = max(0, waited_ns // 1_000_000)
    event.late = event.age_ms > LATE_MS or not same
    return event
