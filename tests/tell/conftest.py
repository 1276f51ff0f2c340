"""What the tests of telling share."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from edge.tell.outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.tell.boxes import Opened

# a shared machine may stand still for seconds: time is no property of these tests
settings.register_profile("telling", deadline=None)
settings.load_profile("telling")


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
