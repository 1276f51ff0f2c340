"""The board of ``mien watch``: what every device said last, as one table that stays in place."""

from __future__ import annotations

import time
from collections import Counter, deque
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct, field
from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from edge.tell import messages as m
from edge.types.written import legible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console, ConsoleOptions, RenderableType

COLOURS = ("green", "cyan", "yellow", "bold red", "bold white on red", "bold white on red")
"""By level, 0 to 5."""

THERE = {"online": "green", "silent": "yellow", "offline": "red"}

ROWS = 12
"""Lines of the log below the table."""

ASKED = ("cmd/", "set/", "input/")
"""Topics below a device that others speak on."""

FRAME, LEAST = 8, 3
"""Lines that are neither a device nor one of the log; devices that are shown on any terminal."""


class Row(Struct):
    """One device: the last of each message, and when anything was last heard (seconds)."""

    online: bool | None = None
    heard_s: float = 0.0
    last: dict[str, m.Message] = field(default_factory=dict)


class Board:
    """Takes messages, gives a picture."""

    def __init__(self) -> None:
        """Begin empty."""
        self.away = ""  # that the broker is, so that nothing is heard of anybody
        self._rows: dict[str, Row] = {}
        self._log: deque[Text] = deque(maxlen=ROWS)

    def hear(self, device: str, topic: str, payload: bytes, line: Text | None) -> None:
        """Take one message. ``line``: the same in words; those of events go to the log."""
        if topic.startswith(ASKED):  # by others: it may not even be there
            return
        row = self._rows.setdefault(device, Row())
        row.heard_s = time.monotonic()
        if topic == m.AVAILABILITY:
            before, row.online = row.online, payload == b"online"
            if before is None or before == row.online:  # how it stands: nothing has happened
                return
        elif not payload:
            row.last.pop(topic, None)
        elif topic in m.KINDS:
            try:
                row.last[topic] = m.decode(topic, payload)
            except (msgspec.DecodeError, UnicodeDecodeError):
                self._add(device, line)
                return
        if topic in {m.AVAILABILITY, "event", "log"}:
            self._add(device, line)

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[RenderableType]:
        """The table, the most urgent device first, and the latest events.

        Of a fleet, as many as leave room for the events, and how many there are.
        """
        room = (options.height or options.max_height) - FRAME - len(self._log)
        crowded = len(self._rows) > max(LEAST, room)
        title = Text(f"Mien: {self.away}", style="red") if self.away else "Mien"
        table = Table(expand=True, title=title, title_justify="left", caption_justify="left")
        for name in ("device", "", "level", "eyes", "expression", "alerts", "fps", "faults"):
            table.add_column(name, no_wrap=crowded or name in {"device", "level"})
        devices = sorted(self._rows, key=lambda name: (-_level(self._rows[name]), name))
        shown = devices[: max(LEAST, room)]
        for device in shown:
            table.add_row(*_cells(device, self._rows[device]))
        if crowded:
            count = Counter(_there(row) for row in self._rows.values())
            words = ", ".join(f"{number} {word}" for word, number in count.most_common())
            table.caption = f"{len(shown)} of {len(devices)} devices: {words}"
        if not self._rows:
            table.add_row("nothing heard yet")
        yield Group(table, Panel(Group(*self._log), title="events", title_align="left"))

    def _add(self, device: str, line: Text | None) -> None:
        if line is not None:
            self._log.append(Text(f"{legible(device):14} ", style="dim") + line)


def colour(level: int) -> str:
    """For a level, also one that no device of ours has."""
    return COLOURS[min(max(level, 0), 5)]


def _level(row: Row) -> int:
    state = row.last.get("state")
    return state.level if isinstance(state, m.State) and row.online else -1


def _there(row: Row) -> str:
    if row.online is False:
        return "offline"
    return "silent" if time.monotonic() - row.heard_s > m.STALE_S else "online"


def _cells(device: str, row: Row) -> list[Text]:
    word = _there(row)
    for_s = f" for {time.monotonic() - row.heard_s:.0f} s" if word == "silent" else ""
    there = Text(f"● {word}{for_s}", style=THERE[word])
    dim = "" if row.online else "dim"
    state, health = row.last.get("state"), row.last.get("health")
    cells = [Text(legible(device), style=dim), there]
    if isinstance(state, m.State):
        style = colour(state.level) if row.online else dim
        cells += [
            Text(legible(f"{state.level} {state.drowsiness.state}"), style=style),
            Text(_eyes(state), style=dim),
            Text(_mood(state), style=dim),
        ]
    else:
        cells += [Text("–")] * 3
    cells.append(Text(_alerts(row), style=dim))
    cells.append(Text(f"{state.fps:.0f}" if isinstance(state, m.State) and state.fps else "–"))
    faults = health.faults if isinstance(health, m.Health) else []
    degraded = state.degraded if isinstance(state, m.State) else []
    cells.append(Text(legible(", ".join((*faults, *degraded))), style="yellow"))
    return cells


def _eyes(state: m.State) -> str:
    eyes = state.drowsiness
    if not state.subject.present:
        return "nobody there"
    opened = "not seen" if eyes.openness is None else f"{min(1.0, eyes.openness):4.0%} open"
    shut = f", shut {eyes.eyes_closed_ms / 1000:.1f} s" if eyes.eyes_closed_ms else ""
    share = "" if eyes.perclos60 is None else f", PERCLOS {eyes.perclos60:.0%}"
    return opened + shut + share


def _mood(state: m.State) -> str:
    if isinstance(state.emotion, m.Expression):
        return legible(f"{state.emotion.label} {state.emotion.confidence:.0%}")
    return "–"


def _alerts(row: Row) -> str:
    active = row.last.get("alerts/active")
    return legible(", ".join(a.type for a in active.alerts)) if isinstance(active, m.Active) else ""
