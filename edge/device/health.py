"""What the kernel says about the board: heat, supply, memory, model. Values, no judgement."""

from __future__ import annotations

import os
from pathlib import Path

from edge.types import Board

SYS = Path("/sys")
MODEL = Path("/proc/device-tree/model")
SYNCED = Path("/run/systemd/timesync/synchronized")
PAGE = os.sysconf("SC_PAGE_SIZE")

FIRMWARE = (
    "devices/platform/soc/soc:firmware/get_throttled",
    "devices/platform/soc*/*firmware/get_throttled",
    "devices/platform/*firmware*/get_throttled",
)
"""Where Raspberry Pi's kernels show the firmware's throttle bits; boards differ in the path."""

HEAT = ("cpu-thermal", "cpu_thermal", "soc-thermal", "soc_thermal")
"""Thermal zones of such boards' processors. A laptop's have other names and other limits."""

SUPPLY = "rpi_volt"
"""The hwmon driver (raspberrypi-hwmon) whose ``in0_lcrit_alarm`` is 1 while the supply is weak."""


class Sensors:
    """The board's sensors: looked for once, read with every call. A board may have none."""

    def __init__(self, sys: Path = SYS) -> None:
        """``sys``: where sysfs is mounted."""
        zones = sorted(sys.glob("class/thermal/thermal_zone*/type"))
        self._heat = [zone.with_name("temp") for zone in zones if _read(zone) in HEAT]
        self._firmware = next((f for glob in FIRMWARE for f in sorted(sys.glob(glob))), None)
        self._supply = next(
            (
                name.with_name("in0_lcrit_alarm")
                for name in sorted(sys.glob("class/hwmon/hwmon*/name"))
                if _read(name) == SUPPLY
            ),
            None,
        )

    def __call__(self) -> Board:
        """What they say now; the hottest zone counts."""
        found = [_read(zone) for zone in self._heat]
        heat = [int(text) / 1000 for text in found if text and text.lstrip("-").isdigit()]
        alarm = None if self._supply is None else _read(self._supply)
        return Board(
            temp_c=max(heat, default=None),
            throttled=None if self._firmware is None else _hex(_read(self._firmware)),
            undervolt=None if alarm is None else alarm == "1",
        )


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


def _hex(text: str | None) -> int | None:
    try:
        return None if text is None else int(text, 16)
    except ValueError:
        return None


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):  # a thermal zone that is off answers with an error
        return None
