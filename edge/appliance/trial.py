"""A version on trial: it runs in place of the old one, and ``current`` does not lead to it yet.

What makes it run lies in ``/run`` alone. If the power goes, or this process dies, the next start is
the old version's; nothing has to be found out or put right then. Only a version that has started,
worked a frame through and gone on for a while is made ``current``. Its ``mien boot`` is tried with
it: the next power-on has nothing else to make the settings from.
"""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

UNIT = "mien.service"
BOOT = "mien-boot.service"
COMMANDS = {UNIT: "run --config /run/mien/config.yaml", BOOT: "boot"}
"""What is tried of a version, by the unit that runs it."""

RUN = Path("/run/systemd/system")
SETTINGS = Path("/run/mien")
"""What ``mien boot`` makes for the services."""

PATIENCE_S = 60.0
SETTLED_S = 10.0
"""So long it has to run on in one piece."""

UNDO = "mien-trial-undo"
UNDO_S = 300
"""Longer than any trial. Whoever watches one may be killed: then systemd goes back."""

CRASHES = 3
"""Restarts after which nobody waits any longer: a driver is not watched meanwhile."""


@dataclass(frozen=True, slots=True)
class Look:
    """What systemd says about the service at one moment."""

    t_s: float
    active: bool
    pid: int
    restarts: int
    doing: str
    boot: str = "success"  # how ``mien boot`` ended


def verdict(looks: list[Look]) -> str | None:
    """``healthy``, what is wrong with the version, or None: too early to say."""
    first, last = looks[0], looks[-1]
    if last.boot != "success":  # the settings of the version before may still lie there
        return f"its mien boot failed ({last.boot}): journalctl -u {BOOT}"
    for look in reversed(looks):
        if not look.active or not look.doing or look.pid != last.pid:
            break
        if last.t_s - look.t_s >= SETTLED_S:
            return "healthy"
    if last.restarts - first.restarts >= CRASHES:
        return f"it ended {CRASHES} times"
    if last.t_s - first.t_s < PATIENCE_S:
        return None
    if not last.active:
        return f"it was not up within {PATIENCE_S:.0f} s"
    return f"it was not watching within {PATIENCE_S:.0f} s: {last.doing or 'it said nothing'}"


def begin(version: Path) -> None:
    """Run ``version``, until ``end``, the next start of the board, or five minutes have gone."""
    _systemctl("stop", f"{UNDO}.timer")  # of a trial that nobody has ended
    later = ("systemd-run", "--quiet", "--collect", f"--unit={UNDO}", f"--on-active={UNDO_S}")
    _run(*later, "/bin/sh", "-c", _back())
    for unit, command in COMMANDS.items():
        _lay(unit, version, command)
    for made in SETTINGS.glob("*.yaml"):  # by the version before: this one has to make its own
        made.unlink()
    _systemctl("daemon-reload")
    _systemctl("reset-failed", BOOT, UNIT)  # what the version before did is not held against this
    _systemctl("restart", "--no-block", BOOT, UNIT)


def _lay(unit: str, version: Path, command: str) -> None:
    own, drop = RUN / unit, RUN / f"{unit}.d"
    drop.mkdir(parents=True, exist_ok=True)
    own.unlink(missing_ok=True)
    own.symlink_to(version / "systemd" / unit)  # /run goes before /usr/local/lib
    text = f"[Service]\nExecStart=\nExecStart={version}/bin/mien {command}\n"
    (drop / "trial.conf").write_text(text, encoding="ascii")


def end(*, restart: bool) -> None:
    """Forget the trial; ``restart``: and go back to the version that is ``current``."""
    _systemctl("stop", f"{UNDO}.timer")
    _run("/bin/sh", "-c", _back() if restart else _forgotten())


def _forgotten() -> str:
    """For a shell, since systemd does it too, where nobody is left to call ``end``.

    Without a semicolon: systemd 252 writes that into a unit as something no shell knows.
    """
    laid = " ".join(f"{RUN / unit} {RUN / unit}.d" for unit in COMMANDS)
    return f"rm -rf {laid} && systemctl daemon-reload"


def _back() -> str:
    # both: a `mien boot` of the trial that hangs would be waited for, and not run again
    afresh = f"(systemctl reset-failed {UNIT} || true) && systemctl restart {BOOT} {UNIT}"
    return f"{_forgotten()} && {afresh}"


def watch(
    old_pid: int,
    say: Callable[[str], None],
    stopped: Callable[[], bool],
    clock: Callable[[], float] = time.monotonic,
) -> str:
    """Look on until there is a verdict, or somebody wants it to end."""
    looks: list[Look] = []
    until_s = clock() + PATIENCE_S
    while not stopped():
        look = observe()
        # the old one may still be saying goodbye; none (0) does not
        if look.pid != old_pid or not old_pid:
            looks.append(look)
            found = verdict(looks)
            if found is not None:
                return found
            if len(looks) == 1 or looks[-2].doing != look.doing or looks[-2].pid != look.pid:
                say(f"process {look.pid}: {look.doing or 'starting'}")
        elif clock() >= until_s:
            return f"what ran before had not ended within {PATIENCE_S:.0f} s"
        time.sleep(0.5)
    return "it was interrupted"


def observe() -> Look:
    """Ask systemd."""
    names = ("ActiveState", "MainPID", "NRestarts", "StatusText", "Result")
    command = ["systemctl", "show", UNIT, BOOT, *(f"--property={name}" for name in names)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, start_new_session=True
    )
    said, boot = (  # a block each, in the order that was asked for
        dict(line.partition("=")[::2] for line in block.splitlines())
        for block in done.stdout.split("\n\n")
    )
    return Look(
        t_s=time.monotonic(),
        active=said["ActiveState"] == "active",
        pid=int(said["MainPID"]),
        restarts=int(said["NRestarts"]),
        doing=said["StatusText"],
        boot=boot["Result"],
    )


def _systemctl(*arguments: str) -> None:
    _run("systemctl", *arguments)


def _run(*command: str) -> None:
    """In a session of its own: Ctrl-C and a terminal that is gone do not end the way back."""
    subprocess.run(command, check=False, stdin=subprocess.DEVNULL, start_new_session=True)
