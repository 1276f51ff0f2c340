"""``make drill-broker``: everything that happens to a broker, with a real mosquitto.

Prints a table; the exit status is 1 if anything was lost, overtaken or too slow.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from tests.drills import cable, mishaps, network
from tests.drills.pace import FULL, SHORT, Outcome, Pace

if TYPE_CHECKING:
    from collections.abc import Callable


SCENARIOS: dict[str, Callable[[Path, Pace], Outcome]] = {
    "killed, back later": mishaps.killed,
    "paused (SIGSTOP)": mishaps.paused,
    "restarted": mishaps.restarted,
    "network cut": cable.cut,
    "half-open, new broker": cable.half_open,
    "wrong password": mishaps.wrong_password,
    "expired certificate": mishaps.expired_certificate,
    "full queue": mishaps.full_queue,
    "slow subscriber": mishaps.slow_subscriber,
    "a day of alerts": mishaps.a_day,
    "process killed": mishaps.process_dies,
    "no broker at all": mishaps.idle_cost,
}
NEEDS_NETWORK = {"network cut", "half-open, new broker"}


def main() -> int:
    parser = argparse.ArgumentParser(description="A broker's mishaps, and what is lost by them.")
    parser.add_argument("--short", action="store_true", help="under a minute, with short keepalive")
    parser.add_argument("--only", help="scenarios whose name has this in it")
    arguments = parser.parse_args()
    pace = SHORT if arguments.short else FULL
    table = Table(title=f"Broker drill, keepalive {pace.keepalive_s} s", title_justify="left")
    for name in (
        "scenario",
        "said",
        "heard",
        "lost",
        "twice",
        "order",
        "late",
        "worst frame",
        "",
        "",
    ):
        table.add_column(name)
    failed = 0
    for name, scenario in SCENARIOS.items():
        if arguments.only and arguments.only not in name:
            continue
        if name in NEEDS_NETWORK and not network.possible():
            table.add_row(name, *["–"] * 8, "not tried: needs root and network namespaces")
            continue
        with tempfile.TemporaryDirectory() as folder:
            outcome = scenario(Path(folder), pace)
        failed += not outcome.good
        b = outcome.books
        figures = (b.said, b.heard, b.missing, b.twice, "kept" if b.in_order else "BROKEN", b.late)
        table.add_row(
            name,
            *map(str, figures),
            f"{outcome.frame_s * 1000:.1f} ms",
            "ok" if outcome.good else "FAIL",
            outcome.note,
        )
        print(f"{name}: {'ok' if outcome.good else 'FAIL'}: {b} {outcome.note}", file=sys.stderr)
    Console(width=150).print(table)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
