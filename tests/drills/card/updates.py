"""Updates as a user puts them on the card: beside ``mien.yaml``, with the power off.

A card that was made for nobody's updates leaves the file there. With a key in it, one is kept; one
that crashes is answered by the version before; and so is one in whose trial the plug is pulled.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.drills import releases
from tests.drills.card import story
from tests.drills.card.board import BoardError
from tests.drills.card.rig import Row
from tests.drills.releases import BLIND, CRASHES, signed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.drills.card.rig import Rig

ANSWER = "mien-update.txt"
PATIENCE_S = 300.0
INSTALL = "cd /opt/mien/current && ./install.sh --no-apt --update-key /boot/firmware/key.pub"


def by_card(rig: Rig) -> Iterator[Row]:
    """Numbers that no release has had yet; the last one that was kept stays."""
    key = releases.new_key(rig.folder / "key")
    good, crashes, blind = (
        signed(key, number, rig.folder / "updates", instead)
        for number, instead in (("99.0.1", None), ("99.0.2", CRASHES), ("99.0.3", BLIND))
    )
    _cut(rig)
    rig.board.put(key.with_suffix(".pub"), "key.pub")
    _put(rig, good)
    rig.board.power_on()
    said, _ = _answer(rig)
    left = _left(rig)
    yield Row(
        "update: whose are taken is not known: left there", left and "left here" in said, said
    )

    rig.board.shell(INSTALL, timeout_s=300)
    _cut(rig)
    on_s = rig.board.power_on().on_s
    said, took_s = _answer(rig, unlike=said)
    kept = _version(rig, on_s) == "99.0.1" and not _left(rig)
    yield Row("update: kept", kept, f"{took_s:.1f} s after power-on: {said}")

    _cut(rig)
    _put(rig, crashes)
    on_s = rig.board.power_on().on_s
    said, took_s = _answer(rig)
    rig.up(time.monotonic())
    back = "back to what ran before" in said and _version(rig, on_s) == "99.0.1"
    yield Row("update: crashes", back, f"{took_s:.1f} s after power-on: {said}")

    _cut(rig)
    _put(rig, blind)
    rig.board.power_on()
    _trial(rig)
    rig.board.power_cut()  # in the middle of it, with nothing told to the disk
    on_s = rig.board.power_on().on_s
    seen_s = rig.up(on_s) - on_s
    before = _version(rig, on_s) == "99.0.1"
    figure = f"the version before watches {seen_s:.1f} s after power-on"
    yield Row("update: the plug pulled in its trial", before and _left(rig), figure)

    said, took_s = _answer(rig)  # the file is still there, and is tried again
    rig.up(time.monotonic())
    back = "back to what ran before" in said and not _left(rig)
    running = rig.board.shell("readlink /opt/mien/current").strip()
    yield Row(
        "update: never watches",
        back and "99.0.1" in running,
        f"{took_s:.1f} s after power-on: {said}",
    )


def _put(rig: Rig, update: Path) -> None:
    rig.board.put(update, "new.update")
    empty = rig.folder / "empty"
    empty.write_bytes(b"")
    rig.board.put(empty, ANSWER)


def _cut(rig: Rig) -> None:
    rig.board.shell("sync")
    rig.board.power_cut()


def _left(rig: Rig) -> bool:
    return rig.board.tries("test -e /boot/firmware/new.update")


def _answer(rig: Rig, unlike: str = "") -> tuple[str, float]:
    """What stands beside the file, and how long after power-on it did."""
    rig.up(rig.board.on_s)
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if rig.board.tries(f"test -s /boot/firmware/{ANSWER}"):
            said = rig.board.shell(f"cat /boot/firmware/{ANSWER}").strip()
            if said != unlike:
                return said, time.monotonic() - rig.board.on_s
        time.sleep(0.5)
    raise BoardError(f"no answer to the update; see {rig.board.console}")


def _trial(rig: Rig) -> None:
    """Until the new version is looked at."""
    rig.up(rig.board.on_s)
    end = time.monotonic() + PATIENCE_S
    while "trying" not in rig.board.shell("journalctl -b -u mien-update -o cat"):
        if time.monotonic() > end:
            raise BoardError(f"no trial; see {rig.board.console}")
        time.sleep(0.5)
    while story.prop(rig, "ActiveState") != "active":
        time.sleep(0.5)


def _version(rig: Rig, since_s: float) -> str:
    """The last that ``info`` said."""
    rig.wait("info", since_s, lambda _: True)
    return str(rig.heard("info", since_s)[-1][1]["sw"]["version"])
