"""What ``mien check`` finds out about the board itself: a line each, and what to do about it."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from edge import __version__
from edge.appliance.bootfile import NAME
from edge.commands.boot import ERRORS, PARTITIONS
from edge.device import health, machine, unit
from edge.judge.states.effort import CLOCKED_DOWN, UNDERVOLT
from edge.judge.states.rules import EffortRules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.types import Board

BOOT = "mien-boot"
"""The unit that makes the service's settings."""

OK, NOTE, BAD = "ok", "note", "FAIL"

LEAST_FREE_MB = 25.0
LEAST_MEMORY_MB = 150.0
"""The service takes 100 MB; what is kept on the disk stays under 20 MB, and on an image the
partition for it, which nobody else fills, has 57 MB to begin with."""

STATE = Path("/var/lib/mien")
"""Where the installed service keeps what must outlive it."""

SUPPLY_ADVICE = "use the board's own power supply and a short cable"


class Finding(Struct, frozen=True):
    """One thing that was looked at. ``note``: worth knowing, but nothing is broken."""

    name: str
    grade: str
    text: str
    todo: str = ""

    def __str__(self) -> str:
        """As it is printed."""
        todo = f"; {self.todo}" if self.todo else ""
        return f"{self.grade:4} {self.name:14} {self.text}{todo}"


def of_the_board(sensors: Board, state: Path | None) -> list[Finding]:
    """Board, system, clock, heat, power, memory and disk."""
    return [
        Finding("board", OK, f"{health.board() or 'no Raspberry Pi'}, {machine.processor()}"),
        Finding("system", OK, f"{machine.system()}, Mien {__version__}"),
        _clock(),
        heat(sensors),
        power(sensors),
        _memory(),
        disk(machine.disk(state or STATE), state or STATE),
    ]


def heat(sensors: Board, rules: EffortRules | None = None) -> Finding:
    """How hot the processor is, against where the first thing is given up."""
    rules = rules or EffortRules()
    if sensors.temp_c is None:
        return Finding("heat", OK, "no sensor that is known")
    text = f"{sensors.temp_c:.0f} °C"
    if sensors.temp_c >= rules.first_c:
        return Finding("heat", NOTE, f"{text}: it looks less to cool down", "give it air")
    return Finding("heat", OK, text)


def power(sensors: Board) -> Finding:
    """The supply and the processor's clock, now and since power-on."""
    bits = sensors.throttled
    if bits is None and sensors.undervolt is None:
        return Finding("power", OK, "nothing here measures it")
    bits = bits or 0
    shown = "" if sensors.throttled is None else f" (0x{bits:x})"
    if sensors.undervolt or bits & UNDERVOLT:
        return Finding("power", BAD, f"the supply is too weak now{shown}", SUPPLY_ADVICE)
    if bits & CLOCKED_DOWN:
        return Finding("power", NOTE, f"the processor is clocked down now{shown}", "give it air")
    if bits & UNDERVOLT << 16:
        text = f"the supply was too weak since power-on{shown}"
        return Finding("power", NOTE, text, SUPPLY_ADVICE)
    if bits & CLOCKED_DOWN << 16:
        return Finding("power", NOTE, f"the processor was clocked down since power-on{shown}")
    return Finding("power", OK, f"steady{shown}")


def disk(found: machine.Disk | None, folder: Path) -> Finding:
    """Whether what must be kept can be."""
    if found is None:
        return Finding("disk", BAD, f"{folder}: cannot be looked at", "check the card")
    free = f"{found.free_mb / 1e3:.1f} of {found.total_mb / 1e3:.1f} GB free at {found.path}"
    if found.read_only:
        return Finding("disk", BAD, f"{free}, read-only", "events are lost when the power goes")
    if found.free_mb < LEAST_FREE_MB:
        return Finding("disk", BAD, free, "make room: events cannot be kept")
    own = f", {machine.size_mb(folder):.1f} MB of it ours" if folder.is_dir() else ""
    return Finding("disk", OK, free + own)


def complaints(root: Path) -> Iterator[Finding]:
    """What ``mien boot`` could not use: the service runs on, with what was good before."""
    for partition in PARTITIONS:
        file = root / partition.relative_to("/") / ERRORS
        with contextlib.suppress(OSError, ValueError):  # none, or a card that cannot be read
            for line in file.read_text(encoding="utf-8").splitlines():
                if line.startswith("  "):
                    yield Finding(NAME, BAD, line.strip(), f"mend it: {file} says what holds")


def boot(found: unit.Unit | None) -> Iterator[Finding]:
    """Whether settings could be made for the service; it runs on with those that it had."""
    if found is not None and found.active == "failed":
        text = f"mien boot failed, exit status {found.exit_status}: what was set before may hold"
        yield Finding("settings", BAD, text, f"journalctl -u {BOOT} says why")


def service(found: unit.Unit | None, name: str) -> Finding:
    """How systemd sees the service."""
    if found is None:
        return Finding("service", NOTE, "there is no systemd here")
    if not found.loaded:
        return Finding("service", NOTE, f"{name}.service is not installed")
    text = f"{found.active} ({found.sub}), {found.restarts} restarts"
    # systemd starts it again for ever, so it is never `failed`: it stays on its way
    in_vain = found.active == "activating" and (found.restarts > 0 or found.sub == "auto-restart")
    if found.active in {"active", "activating", "reloading"} and not in_vain:
        return Finding("service", OK, text)
    ended = f"{text}, result {found.result}, exit status {found.exit_status}"
    todo = f"journalctl -u {name} says why; systemctl restart {name} tries again"
    return Finding("service", BAD if in_vain or found.active == "failed" else NOTE, ended, todo)


def _clock() -> Finding:
    synced = unit.clock_synced()
    if synced is None:
        synced = health.clock_synced() or None
    if synced:
        return Finding("clock", OK, "set by the network")
    if synced is None:
        return Finding("clock", NOTE, "nothing here tells whether the network has set it")
    return Finding("clock", NOTE, "not set by the network: messages say so", "check the network")


def _memory() -> Finding:
    found = machine.memory_mb()
    if found is None:
        return Finding("memory", NOTE, "cannot be read")
    available, total = found
    text = f"{available:.0f} of {total:.0f} MB available"
    if available < LEAST_MEMORY_MB:
        return Finding("memory", NOTE, text, "stop what else runs here")
    return Finding("memory", OK, text)
