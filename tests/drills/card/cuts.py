"""The plug is pulled while the board writes; what had been promised is there afterwards.

Promised is: an event that stands in the outbox (the disk has been told to keep it), and a setting
whose change has been answered with ok. With the broker away, the outbox is all that there is.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any

from tests.drills.card.rig import ROOT, Row
from tests.drills.card.story import DOZING_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.drills.card.rig import Rig


def power_cuts(rig: Rig, count: int, seed: int) -> Iterator[Row]:
    dice = random.Random(seed)
    for number in range(1, count + 1):
        yield one(rig, number, dice)


def one(rig: Rig, number: int, dice: random.Random) -> Row:
    """A sleeper, the plug, the power again; every second time with no broker meanwhile."""
    away = number % 2 == 0
    wanted = round(dice.uniform(1.0, 2.0), 1)
    began_s = time.monotonic()
    rig.listener.say(f"{ROOT}/set/microsleep_s", f"{wanted}")
    rig.wait("rsp/microsleep_s", began_s, lambda said: said["status"] == "ok")
    if away:
        rig.broker.kill()
    rig.board.camera("sleep")
    time.sleep(DOZING_S + dice.uniform(1.2, 8.0))
    promised = outbox(rig)
    rig.board.power_cut()
    if away:
        rig.broker.start()
    back_s = rig.board.power_on().on_s
    online_s, _ = rig.wait("availability", back_s, lambda said: said == "online")
    _, controls = rig.wait("controls", back_s, lambda _: True)
    seen_s = rig.up(back_s)
    rig.wait("alerts/active", back_s, lambda said: said["alerts"] == [])
    end = time.monotonic() + 30  # what is retained is said first, then the events, in order
    while (lost := missing(rig, began_s, promised)) or dangling(rig, began_s):
        if time.monotonic() > end:
            break
        time.sleep(0.2)
    open_now = dangling(rig, began_s)
    sound = rig.board.shell(CHECK).strip()
    kept = controls["microsleep_s"] == wanted
    good = not lost and not open_now and kept and sound == "ok"
    return Row(
        f"power cut {number}, broker {'away' if away else 'there'}",
        good,
        f"{len(promised)} promised, {len(lost)} lost, {twice(rig, began_s)} said twice, "
        f"all told {max(0.0, told(rig, began_s, promised) - online_s):.1f} s after online, "
        f"{len(open_now)} left open, setting {'kept' if kept else 'LOST'}, "
        f"disk {sound}, watching {seen_s - back_s:.1f} s after power-on",
    )


def outbox(rig: Rig) -> list[tuple[str, int]]:
    """(id, rev) of every event that stands on the board's disk, not yet taken by the broker."""
    said = rig.board.ask({"do": "outbox"}, 60)
    return [(event["id"], event["rev"]) for event in said["events"]]


def missing(rig: Rig, since_s: float, promised: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """What was promised and has not been heard."""
    heard = {(e["id"], e["rev"]) for _, e in rig.heard("event", since_s)}
    return [each for each in promised if each not in heard]


def told(rig: Rig, since_s: float, promised: list[tuple[str, int]]) -> float:
    """When the last of what was promised had been heard for the first time."""
    first: dict[tuple[str, int], float] = {}
    for at_s, event in rig.heard("event", since_s):
        first.setdefault((event["id"], event["rev"]), at_s)
    return max((first[each] for each in promised if each in first), default=since_s)


def dangling(rig: Rig, since_s: float) -> list[str]:
    """Episodes of which the end was never said, or said more than once."""
    ends: dict[str, set[int]] = {}
    for _, event in rig.heard("event", since_s):
        found = ends.setdefault(event["id"], set())
        if event["change"] == "end":
            found.add(event["rev"])
    return [name for name, revs in ends.items() if len(revs) != 1]


def twice(rig: Rig, since_s: float) -> int:
    """QoS 1: said again, with the same words, is allowed; told apart by (id, rev)."""
    all_of_them: list[Any] = [(e["id"], e["rev"]) for _, e in rig.heard("event", since_s)]
    return len(all_of_them) - len(set(all_of_them))


CHECK = (
    "dmesg | grep -E 'EXT4-fs error|corrupt' && exit 0; "
    'python3 -c "import glob, sqlite3; '
    "print(*{sqlite3.connect(f).execute('PRAGMA integrity_check').fetchone()[0] "
    "for f in glob.glob('/var/lib/mien/**/outbox.db', recursive=True)})\""
)
