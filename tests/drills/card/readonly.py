"""The root partition as read-only, by one word on the kernel's command line."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tests.drills.card import story
from tests.drills.card.rig import ROOT, Row

if TYPE_CHECKING:
    from pathlib import Path

    from tests.drills.card.rig import Rig

WORD = "mien.readonly"
"""image/README.md names it: the root stays read-only, the state partition does not."""


PLACES = ("/etc", "/opt/mien", "/var/log", "/usr", "/root")


def boots(rig: Rig) -> list[Row]:
    """Boots with it, tries to write, sleeps, loses its power: the root is bit by bit as before."""
    rig.board.shell("sync")
    rig.board.power_cut()
    line = (rig.board.get("cmdline.txt") or "").strip()
    changed = rig.folder / "cmdline.txt"
    changed.write_text(f"{line} {WORD}\n", encoding="ascii")
    rig.board.put(changed, "cmdline.txt")
    # the journal of the last life is played back at the first mount; what counts comes after it
    on_s = rig.board.power_on().on_s
    seen_s = rig.up(on_s)
    before = root_hash(rig)
    refused = not any(rig.board.tries(f"echo x > {place}/written") for place in PLACES)
    rig.listener.say(f"{ROOT}/set/microsleep_s", "1.7")
    rig.wait("rsp/microsleep_s", seen_s, lambda said: said["status"] == "ok")
    asleep = story.sleeper(rig)[0]
    rig.board.power_cut()
    after = root_hash(rig)
    on_again_s = rig.board.power_on().on_s
    _, controls = rig.wait("controls", on_again_s, lambda _: True)
    rig.up(on_again_s)
    failed = rig.board.shell("systemctl --failed --plain --no-legend").strip()
    return [
        Row("read-only root: watching", True, f"{seen_s - on_s:.1f} s after power-on"),
        Row("read-only root: writing is refused", refused, " ".join(PLACES)),
        Row("read-only root: no unit has failed", not failed, failed or "0 failed"),
        Row("read-only root: same bytes before and after", before == after, before[:12]),
        Row("read-only root: a setting is kept", controls["microsleep_s"] == 1.7, "1.7"),
        Row("read-only root: " + asleep.name, asleep.good, asleep.figure),
    ]


def root_hash(rig: Rig) -> str:
    """SHA-256 of the second partition."""
    start, length = partition(rig.board.card, 1)
    found = hashlib.sha256()
    with rig.board.card.open("rb") as card:
        card.seek(start)
        while length > 0 and (data := card.read(min(length, 1 << 22))):
            found.update(data)
            length -= len(data)
    return found.hexdigest()


def partition(card: Path, number: int) -> tuple[int, int]:
    """Begin and length in bytes, read from the card's own partition table."""
    with card.open("rb") as data:
        entry = data.read(512)[446 + 16 * number : 462 + 16 * number]
    return tuple(int.from_bytes(entry[at : at + 4], "little") * 512 for at in (8, 12))  # type: ignore[return-value]
