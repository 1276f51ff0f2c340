"""``make drill-systemd``: installed, booted, crashed, hung, cut off, updated and taken away again.

On a Debian with the real systemd (``machine``) and a real broker with a password; the camera is the
pinned clip, looped. Prints a table; the exit status is 1 if anything was not as it should be.
``--short`` leaves out updates and taking away: what CI runs.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.drills import releases
from tests.drills.machine import ROOT, Machine, machine, wheels
from tests.drills.nspawn import life, updates
from tests.drills.nspawn.drill import CLIP, PASSWORD, Drill, listing
from tests.tell.brokers import Listener, Mosquitto


def main() -> int:
    parser = argparse.ArgumentParser(description="A board's life under the real systemd.")
    parser.add_argument("--short", action="store_true", help="no updates, no uninstalling")
    parser.add_argument("--only", nargs="+", default=[""], help="whose name has one of these in it")
    arguments = parser.parse_args()
    chosen = life.STORIES if arguments.short else life.STORIES | updates.STORIES
    chosen = {k: act for k, act in chosen.items() if any(word in k for word in arguments.only)}
    table = Table(title="systemd drill", title_justify="left")
    for name in ("what", "", "s", ""):
        table.add_column(name)
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        releases.new_key(folder / "key")
        users = folder / "users"
        command = ["mosquitto_passwd", "-b", "-c", str(users), "van_7", PASSWORD]
        subprocess.run(command, check=True, capture_output=True)
        lines = ("allow_anonymous false", f"password_file {users}")
        binds = {
            ROOT.resolve(): "/src",
            wheels(): "/wheels",
            CLIP: "/srv/clip.mp4",
            folder: "/drill",
        }
        with Mosquitto(folder, lines=lines) as broker, machine(binds) as board:
            pristine = listing(board.path)
            with Listener(broker.port, "mien/#", username="van_7", password=PASSWORD) as ear:
                drill = Drill(board, broker, ear, folder, pristine)
                for what, act in chosen.items():
                    began = time.monotonic()
                    try:
                        note, good = act(drill), True
                    except AssertionError as error:
                        note, good = f"{error}", False
                    took_s = time.monotonic() - began
                    word = "ok" if good else "FAIL"
                    print(f"{what}: {word} {took_s:.0f} s: {note}", file=sys.stderr, flush=True)
                    table.add_row(what, word, f"{took_s:.0f}", note)
                    failed += not good
                    if not good:
                        print(_journal(drill.machine), file=sys.stderr)
                        break  # what follows would only fail because of this
    Console(width=150).print(table)
    return 1 if failed else 0


def _journal(board: Machine) -> str:
    if board.process is None:
        return board.log.read_text(encoding="utf-8", errors="replace")[-3000:]
    command = ["journalctl", "--no-pager", "--lines=60", "--unit=mien*"]
    return board.run(*command).stdout


if __name__ == "__main__":
    sys.exit(main())
