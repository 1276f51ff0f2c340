"""Events wait here until the broker has taken them, in order: in memory, or on disk as well.

The oldest goes first and the newest is never refused: a full box lets go of the oldest ``update``
first, since the ``new`` and ``end`` around it still tell the story, and counts what it dropped.
SQLite keeps it, so that a process that dies or a plug that is pulled loses nothing.
"""

from __future__ import annotations

import logging
import sqlite3
from typing import TYPE_CHECKING

from msgspec import Struct

from edge.tell import messages as m

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger(__name__)

MEMORY_LIMIT = 500  # contract, rule 3
DISK_LIMIT = 4000
"""About 0.7 kB an event: 2.8 MB, where a day's outage may cost 5 MB (issue 6)."""

PAGE_LIMIT = 1100  # of 4 KiB: 4.5 MB, whatever the events are like
WINDOW = 20
"""Events that may wait for the broker's word at once (contract: max inflight 20)."""

LATE_MS = 1000
"""An event that waited longer than this for the broker is marked ``late`` [own choice]."""

TABLES = """
PRAGMA journal_mode = WAL;
PRAGMA wal_autocheckpoint = 100;
CREATE TABLE IF NOT EXISTS waiting (
  n INTEGER PRIMARY KEY AUTOINCREMENT, change TEXT, payload BLOB,
  mono_ns INT, wall_ns INT, boot TEXT
);
CREATE INDEX IF NOT EXISTS by_change ON waiting (change, n);
CREATE TABLE IF NOT EXISTS open (id TEXT PRIMARY KEY, payload BLOB);
"""


Row = tuple[str, bytes, int, int, str]
"""What is kept of an event beside its number: change, payload, both clocks, boot."""


class Moment(Struct, frozen=True):
    """Now, on both clocks. ``boot`` names the run of the kernel that ``mono_ns`` counts from."""

    mono_ns: int
    wall_ns: int
    boot: str


class Outbox:
    """A bounded queue of events with a memory of the episodes that are open."""

    def __init__(
        self, file: Path | None = None, limit: int | None = None, page_limit: int = PAGE_LIMIT
    ) -> None:
        """Take up what an earlier process left in ``file``; without one, keep to memory.

        ``limit``: events. ``page_limit``: pages of 4 KiB that the file may have.
        """
        try:
            self._db = _opened(file)
        except sqlite3.OperationalError as error:  # what waits there is said when it can be opened
            log.error("%s: %s; events are kept in memory only", file, error)  # noqa: TRY400
            file, self._db = None, _opened(None)
        self._db.execute(f"PRAGMA max_page_count = {page_limit:d}")
        self._limit = limit or (MEMORY_LIMIT if file is None else DISK_LIMIT)
        self._on_disk = file is not None
        self._file = file
        self._handed_on = 0  # highest number that is with the broker
        self._under_way: dict[int, int] = {}  # the broker's number -> ours
        self._unsettled: dict[int, tuple[m.Event, Row]] = {}  # added, and not yet safe on disk
        self._count: int = self._db.execute("SELECT count(*) FROM waiting").fetchone()[0]
        self.dropped = 0

    def __len__(self) -> int:
        """How many events the broker has not taken yet."""
        return self._count

    def add(self, event: m.Event, now: Moment) -> None:
        """Put one more at the end; make room if need be. Safe on disk after ``settle``."""
        row = (event.change, m.encode(event), now.mono_ns, now.wall_ns, now.boot)
        try:
            self._insert(event, row)
        except sqlite3.Error as error:
            self._leave_the_disk(error)
            self._insert(event, row)

    def settle(self) -> None:
        """Force what was added onto the disk: one fsync. After the broker has been told."""
        try:
            self._db.commit()
        except sqlite3.Error as error:
            self._leave_the_disk(error)
        self._unsettled.clear()

    def due(self, now: Moment) -> list[tuple[int, m.Event]]:
        """Those to hand on now, in order and with their age; no more than ``WINDOW`` under way."""
        room = WINDOW - len(self._under_way)
        if room <= 0 or not self._count:
            return []
        rows = self._db.execute(
            "SELECT n, payload, mono_ns, wall_ns, boot FROM waiting WHERE n > ? ORDER BY n LIMIT ?",
            (self._handed_on, room),
        )
        return [(n, _aged(payload, Moment(*said), now)) for n, payload, *said in rows]

    def handed_on(self, number: int, mid: int) -> None:
        """Event ``number`` is with the broker, which will acknowledge it as ``mid``."""
        self._handed_on = number
        self._under_way[mid] = number

    def taken(self, mid: int) -> None:
        """The broker has acknowledged ``mid``."""
        number = self._under_way.pop(mid, None)
        if number is not None:
            self._remove(number)

    def taken_back(self) -> None:
        """The connection is gone: whatever was under way is to be said again."""
        self._handed_on = 0
        self._under_way.clear()

    def dangling(self) -> list[m.Event]:
        """The last word on every episode that has no ``end`` yet, oldest first."""
        rows = self._db.execute("SELECT payload FROM open ORDER BY id").fetchall()
        return [_event(payload) for (payload,) in rows]

    def close(self) -> None:
        """Write what is left and let go of the file."""
        self.settle()
        self._db.close()

    def _insert(self, event: m.Event, row: Row) -> None:
        if not self._db.in_transaction:  # SQLite does not change it inside one
            self._db.execute("PRAGMA synchronous = FULL")
        while self._count >= self._limit:
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

    def _remove(self, number: int) -> None:
        self._unsettled.pop(number, None)
        try:
            if not self._db.in_transaction:  # forgetting may be lost: said twice does no harm
                self._db.execute("PRAGMA synchronous = NORMAL")
                found = self._db.execute("DELETE FROM waiting WHERE n = ?", (number,))
                self._db.commit()
            else:
                found = self._db.execute("DELETE FROM waiting WHERE n = ?", (number,))
        except sqlite3.Error as error:
            self._leave_the_disk(error)
            found = self._db.execute("DELETE FROM waiting WHERE n = ?", (number,))
        self._count -= found.rowcount

    def _leave_the_disk(self, error: sqlite3.Error) -> None:
        """A card that cannot be written is no reason to keep quiet: go on in memory."""
        log.error("%s: %s; events are kept in memory only", self._file, error)
        memory = _opened(None)
        try:
            self._db.rollback()
            self._db.backup(memory)
        except sqlite3.Error:
            log.exception("%s: cannot be read either: %d events are lost", self._file, self._count)
            self.dropped += self._count - len(self._unsettled)
        self._db.close()
        self._db = memory
        for number, (event, row) in self._unsettled.items():  # the disk has just forgotten them
            _put(memory, event, row, number)
        self._count = memory.execute("SELECT count(*) FROM waiting").fetchone()[0]


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


def _opened(file: Path | None) -> sqlite3.Connection:
    if file is None:
        return _with_tables(sqlite3.connect(":memory:"))
    database = sqlite3.connect(file)
    try:
        return _with_tables(database)
    except sqlite3.OperationalError:  # the disk is full, or cannot be written: the file is good
        database.close()
        raise
    except sqlite3.DatabaseError as error:
        database.close()
        broken = file.with_suffix(".broken")
        file.replace(broken)
        log.error("%s: %s; set aside as %s", file, error, broken.name)  # noqa: TRY400 - one line
        return _with_tables(sqlite3.connect(file))


def _with_tables(database: sqlite3.Connection) -> sqlite3.Connection:
    database.executescript(TABLES)
    database.execute("SELECT count(*) FROM waiting").fetchone()
    return database


def _event(payload: bytes) -> m.Event:
    event = m.decode("event", payload)
    assert isinstance(event, m.Event)  # noqa: S101 - for the type checker
    return event


def _aged(payload: bytes, said: Moment, now: Moment) -> m.Event:
    event = _event(payload)
    same = said.boot == now.boot
    waited_ns = now.mono_ns - said.mono_ns if same else now.wall_ns - said.wall_ns
    event.age_ms = max(0, waited_ns // 1_000_000)
    event.late = event.age_ms > LATE_MS or not same
    return event
