"""Minutes of faults, drawn with a seed, and quiet minutes between them with a sleeper in each.

Two minutes with a fault every twenty seconds, then one without: long enough to come back, and a
sleeper who must be told of. A `sleep` that nobody slept is a false one, whenever it comes.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.drills.card.rig import Row
from tests.drills.card.story import DOZING_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.drills.card.rig import Rig

EVERY_S = 20.0
IN_A_ROW = 6
LASTS_S = 8.0
"""How long a fault stays that does not end by itself."""

PATIENCE_S = 150.0
SLEEP_S = 40.0
"""By when a sleeper must have been told of: 3 s of shut eyes, an emulator, a busy machine."""


@dataclass(frozen=True)
class Fault:
    """How it is begun and how it is ended, from outside."""

    begin: Callable[[Rig], object]
    end: Callable[[Rig], object] = lambda rig: rig.board.camera("awake")


def _shell(command: str) -> Callable[[Rig], object]:
    return lambda rig: rig.board.shell(command)


def _shows(mode: str) -> Callable[[Rig], object]:
    return lambda rig: rig.board.camera(mode)


FILL = (
    "df --output=avail -B1M /var/lib/mien | tail -1 | "
    "xargs -I% fallocate -l %M /var/lib/mien/full; true"
)
BACK = "rm -f /var/lib/mien/full"

FAULTS = {
    "camera unplugged": Fault(_shows("gone")),
    "camera says nothing": Fault(_shows("still")),
    "camera frozen": Fault(_shows("frozen")),
    "camera black": Fault(_shows("black")),
    "camera covered": Fault(_shows("covered")),
    "broker killed": Fault(lambda rig: rig.broker.kill(), lambda rig: rig.broker.start()),
    "cable pulled": Fault(
        lambda rig: rig.board.cable(plugged=False), lambda rig: rig.board.cable(plugged=True)
    ),
    "service killed": Fault(_shell("systemctl kill --kill-whom=main -s KILL mien; true")),
    "service hangs": Fault(_shell("systemctl kill --kill-whom=main -s STOP mien; true")),
    "disk full": Fault(_shell(FILL), _shell(BACK)),
    "clock an hour ahead": Fault(_shell("date -s '+1 hour'")),
    "clock an hour back": Fault(_shell("date -s '-1 hour'")),
}


def minutes(rig: Rig, wanted: float, seed: int) -> list[Row]:
    """As many rounds as fit into ``wanted`` minutes."""
    dice = random.Random(seed)
    end = time.monotonic() + 60 * wanted
    began_s = time.monotonic()
    asleep: list[tuple[float, float]] = []  # from the first shut picture until it is over
    told: list[float] = []
    back: list[float] = []
    happened: dict[str, int] = {}
    while time.monotonic() < end:
        for name in dice.choices(sorted(FAULTS), k=IN_A_ROW):
            _one(rig, name)
            happened[name] = happened.get(name, 0) + 1
        quiet_s = time.monotonic()
        seen_s = rig.up(quiet_s, PATIENCE_S)
        back.append(seen_s - quiet_s)
        time.sleep(dice.uniform(3, 8))
        asleep_s = time.monotonic()
        rig.board.camera("sleep")
        at_s = _told(rig, asleep_s)
        if at_s is not None:
            told.append(at_s - asleep_s - DOZING_S)
        time.sleep(max(0.0, 20 - (time.monotonic() - asleep_s)))
        asleep.append((asleep_s, time.monotonic()))
        late = f"{told[-1]:.1f} s" if at_s is not None else "MISSED"
        print(
            f"  {(time.monotonic() - began_s) / 60:.1f} min: {sum(happened.values())} faults, back "
            f"{back[-1]:.1f} s, sleeper told of after {late}",
            flush=True,
        )
        time.sleep(max(0.0, quiet_s + 60 - time.monotonic()))
    false = [
        at_s - began_s
        for at_s in rig.events(began_s, "new", "sleep")
        if not any(begin <= at_s <= end + SLEEP_S for begin, end in asleep)
    ]
    ran = (time.monotonic() - began_s) / 60
    size = rig.board.shell("du -sm /var/lib/mien | cut -f1").strip()
    return [
        Row("minutes of faults", ran >= wanted, f"{ran:.1f} min, seed {seed}"),
        Row("faults", True, ", ".join(f"{n} {k}" for k, n in sorted(happened.items()))),
        Row(
            "sleepers told of",
            len(told) == len(asleep),
            f"{len(told)} of {len(asleep)}, worst {max(told, default=0):.1f} s after the lids fell",
        ),
        Row("false sleepers", not false, f"{len(false)} {[round(s) for s in false]}"),
        Row("back after the last fault", True, f"worst {max(back):.1f} s"),
        Row("state directory", int(size) <= 20, f"{size} MB (20)"),
    ]


def _one(rig: Rig, name: str) -> None:
    begun = time.monotonic()
    FAULTS[name].begin(rig)
    time.sleep(LASTS_S)
    FAULTS[name].end(rig)
    print(f"  {name}", flush=True)
    time.sleep(max(0.0, begun + EVERY_S - time.monotonic()))


def _told(rig: Rig, since_s: float) -> float | None:
    end = time.monotonic() + SLEEP_S
    while time.monotonic() < end:
        found = rig.events(since_s, "new", "sleep")
        if found:
            return found[0]
        time.sleep(0.1)
    return None
