"""The outbox's tables in SQLite, and what can still be read of them on a card that goes bad."""

from __future__ import annotations

import logging
import sqlite3
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

log = logging.getLogger(__name__)

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

FAILURES = (sqlite3.Error, UnicodeDecodeError)
"""What a bad card raises: SQLite's own words for it may have a damaged name in them."""

DAMAGE = {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_CORRUPTFS}
"""Beside what SQLite calls so: a header that makes no sense, a sector that the card cannot read."""

COLUMNS = {
    "waiting": "rowid, change, payload, mono_ns, wall_ns, boot",
    "open": "rowid, id, payload",
}


def opened(file: Path | None) -> sqlite3.Connection:
    """The tables in ``file``, or in memory. Raises ``FAILURES``, ``OSError``: the disk.

    A damaged file is set aside, and what can be read of it is in the new one.
    """
    if file is None:
        return _with_tables(_connected(":memory:"))
    database = _connected(file)
    try:
        return _sound(_with_tables(database))
    except FAILURES as error:
        if _only_the_disk(error):
            database.close()
            raise
        legible = opened(None)
        rescue(database, legible)
        database.close()
        broken = file.with_suffix(".broken")
        file.replace(broken)
        said = file, error, broken.name, waiting(legible)
        log.error("%s: %s; set aside as %s, %d event(s) in it can be read", *said)  # noqa: TRY400 - one line
    database = _with_tables(_connected(file))
    rescue(legible, database)
    legible.close()
    return database


def rescue(damaged: sqlite3.Connection, into: sqlite3.Connection) -> None:
    """Copy every row that can still be read."""
    for table, columns in COLUMNS.items():
        marks = ", ".join("?" * len(columns.split(",")))
        put = f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608
        into.executemany(put, _from_both_ends(damaged, f"SELECT {columns} FROM {table}"))  # noqa: S608
    into.commit()


def waiting(database: sqlite3.Connection) -> int:
    """How many events wait there."""
    return int(database.execute("SELECT count(*) FROM waiting").fetchone()[0])


def _from_both_ends(damaged: sqlite3.Connection, select: str) -> Iterator[tuple[Any, ...]]:
    """Up to the first page that cannot be read, and if there is one, back to it from the end."""
    for order in ("ASC", "DESC"):
        try:
            yield from damaged.execute(f"{select} ORDER BY rowid {order}")
        except FAILURES:
            continue
        return


def _connected(place: Path | str) -> sqlite3.Connection:
    database = sqlite3.connect(place)
    database.text_factory = partial(str, encoding="utf-8", errors="replace")  # a flipped bit
    return database


def _with_tables(database: sqlite3.Connection) -> sqlite3.Connection:
    database.executescript(TABLES)
    return database


def _sound(database: sqlite3.Connection) -> sqlite3.Connection:
    """Every page is looked at, and the index too: 2 ms for a full box [measured on a desktop]."""
    found: str = database.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise sqlite3.DatabaseError(" ".join(found.split()))
    return database


def _only_the_disk(error: Exception) -> bool:
    """Whether the file may be good: the disk is full, or cannot be written."""
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(error, sqlite3.OperationalError) and code not in DAMAGE
