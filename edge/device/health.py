"""What the kernel says about the board: heat, CPU, memory, model. Values, no judgement."""

from __future__ import annotations

import os
from pathlib import Path

THERMAL = Path("/sys/class/thermal/thermal_zone0/temp")
MODEL = Path("/proc/device-tree/model")
THROTTLED = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")
SYNCED = Path("/run/systemd/timesync/synchronized")
PAGE = os.sysconf("SC_PAGE_SIZE")


def temperature_c() -> float | None:
    """Temperature of the processor in degrees Celsius, None where the board does not tell."""
    text = _read(THERMAL)
    return int(text) / 1000 if text and text.lstrip("-").isdigit() else None


def throttled() -> str | None:
    """Raspberry Pi firmware's throttle bits as hexadecimal text, None elsewhere."""
    text = _read(THROTTLED)
    return f"0x{int(text, 16):x}" if text else None


def board() -> str | None:
    """The board's name from the device tree, None on machines without one."""
    text = _read(MODEL)
    return text.rstrip("\0") if text else None


def clock_synced() -> bool:
    """Whether the network has set the wall clock since boot: a Pi has no clock of its own."""
    return SYNCED.exists()


def rss_mb() -> float:
    """Resident memory of this process in MB (10^6 bytes)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * PAGE / 1e6


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return None
