"""The service as systemd knows it: whether it runs, how often it fell, what it last complained of.

The only module that calls systemctl, journalctl and timedatectl. None: there is no systemd here.
"""

from __future__ import annotations

import shutil
import subprocess

from msgspec import Struct

PATIENCE_S = 5.0


class Unit(Struct, frozen=True):
    """``active``: active, failed, inactive ... ``loaded``: whether there is such a unit at all."""

    loaded: bool
    active: str
    sub: str
    restarts: int
    result: str
    exit_status: int


def unit(name: str) -> Unit | None:
    """How the unit stands; None where no systemd answers."""
    wanted = "LoadState,ActiveState,SubState,NRestarts,Result,ExecMainStatus"
    text = _said("systemctl", "show", f"{name}.service", f"--property={wanted}")
    if text is None:
        return None
    said = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    return Unit(
        loaded=said.get("LoadState") == "loaded",
        active=said.get("ActiveState", "unknown"),
        sub=said.get("SubState", "unknown"),
        restarts=_number(said.get("NRestarts", "")),
        result=said.get("Result", "unknown"),
        exit_status=_number(said.get("ExecMainStatus", "")),
    )


def complaints(name: str, lines: int) -> list[str]:
    """The last warnings and errors of this boot and the one before, oldest first."""
    text = _said(
        *("journalctl", f"--unit={name}.service", "--priority=warning", "--no-pager", "--quiet"),
        *("--output=short-iso", f"--lines={lines}"),
    )
    return [] if text is None else [line for line in text.splitlines() if line.strip()]


def clock_synced() -> bool | None:
    """Whether the kernel's clock is kept by the network (any daemon's doing)."""
    text = _said("timedatectl", "show", "--property=NTPSynchronized", "--value")
    return None if text is None or not text.strip() else text.strip() == "yes"


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0


def _said(*command: str) -> str | None:
    if shutil.which(command[0]) is None:
        return None
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
