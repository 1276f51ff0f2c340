"""``make image-test``: the card boots in an emulated board, and is asked over MQTT what it does.

    python tests/drills/image.py IMAGE [--only WORD ...] [--faults MINUTES | --boots N] [--cuts 8]

Prints a table; the exit status is 1 if a line of it fails. The emulator computes each instruction
of the board's processor: pictures are small (320 × 180) and come four times a second, and times of
the service are far above a board's. Nothing here tells of a Pi's firmware, its cameras or its heat.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from tests.drills.card import board, camera, cuts, faults, readonly, story, updates, wifi
from tests.drills.card.rig import Rig, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROOT = Path(__file__).parents[2]
CLIP = ROOT / ".cache" / "media" / "WolfgangLanger_Pexels.mp4"
MODULE = ROOT / ".cache" / "image" / "test" / "v4l2loopback.ko"


def main() -> int:
    arguments = _arguments()
    absent = board.missing()
    if absent:
        print(f"image-test: missing: apt-get install {' '.join(absent)}", file=sys.stderr)
        return 1
    for file in (arguments.image, MODULE, CLIP):
        if not file.exists():
            print(f"image-test: {file}: not there; `make image-test` makes it", file=sys.stderr)
            return 1
    parts: dict[str, Callable[[Rig], Iterable[Row]]] = {
        "boot": story.boot,
        "closed": story.closed,
        "watching": story.watching,
        "sleeper": story.sleeper,
        "hanging": story.hanging,
        "camera": camera.faults,
        "cuts": lambda rig: cuts.power_cuts(rig, arguments.cuts, arguments.seed),
        "updates": updates.by_card,
        "wifi": wifi.joins,
        "readonly": readonly.boots,
    }
    if arguments.faults:
        parts = {
            "boot": story.boot,
            "faults": lambda rig: faults.minutes(rig, arguments.faults, arguments.seed),
        }
    elif arguments.boots:
        parts = {"boot": story.boot, "boots": lambda rig: story.boots(rig, arguments.boots)}
    elif arguments.only:
        parts = {name: part for name, part in parts.items() if name in {"boot", *arguments.only}}
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="card-") as folder:
        work = arguments.keep or Path(folder)
        work.mkdir(parents=True, exist_ok=True)
        with Rig(work, arguments.image, MODULE, CLIP) as rig:
            for name, part in parts.items():
                rows += _played(name, part, rig)
    _show(rows)
    return 0 if all(row.good for row in rows) else 1


def _played(name: str, part: Callable[[Rig], Iterable[Row]], rig: Rig) -> list[Row]:
    rows: list[Row] = []
    try:
        for row in part(rig):
            rows.append(row)
            _print(row)
    except board.BoardError as error:
        rows.append(Row(name, good=False, figure=str(error)[:300]))
        _print(rows[-1])
    return rows


def _print(row: Row) -> None:
    print("ok  " if row.good else "FAIL", row.name, "|", row.figure, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Boot a card in an emulated board.")
    parser.add_argument("image", type=Path)
    parser.add_argument("--only", nargs="+", metavar="PART", default=[])
    parser.add_argument("--faults", type=float, default=0.0, metavar="MINUTES")
    parser.add_argument("--boots", type=int, default=0, metavar="N", help="nothing but N boots")
    parser.add_argument("--cuts", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="work here and leave consoles and logs")
    return parser.parse_args()


def _show(rows: list[Row]) -> None:
    one, five, fifteen = os.getloadavg()
    load = f"{one:.1f} {five:.1f} {fifteen:.1f} on {os.cpu_count()} processors"
    table = Table(title=f"The card in an emulated board; this machine's load: {load}")
    for name in ("what", "", "figure"):
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(row.name, "ok" if row.good else "FAIL", row.figure)
    Console(width=150).print(table)


if __name__ == "__main__":
    sys.exit(main())
