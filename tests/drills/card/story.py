"""From the power switch to a sleeper, and a service that hangs: what a card must do by itself."""

from __future__ import annotations

import math
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.drills.card.rig import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.drills.card.rig import Rig

DOZING_S = 2.0
"""From the first picture of her falling asleep to shut eyes."""

START_S = 3.0
"""The bar for a service's start. An emulated processor may miss it: see ``AT_MOST``."""

AT_MOST = 4.0
"""Times what Python with NumPy and OpenCV alone takes to start on the same processor: what a start
of ours may take, whatever processor that is. On a board at rest: in its boot a start is as slow as
what starts beside it."""

BARE = "/opt/mien/current/deps/bin/python -I -c 'import numpy, cv2'"

STAMPS = ("ExecMainStartTimestampMonotonic", "ActiveEnterTimestampMonotonic")


def boot(rig: Rig) -> list[Row]:
    """Power on, and nothing else."""
    on_s = rig.board.power_on().on_s
    online_s, _ = rig.wait("availability", on_s, lambda said: said == "online")
    info_s, info = rig.wait("info", on_s, lambda _: True)
    state_s, _ = rig.wait("state", on_s, lambda _: True)
    spent_s = rig.board.spent_s
    seen_s = rig.up(on_s)
    started_s, ready_s = (stamp(rig, name) for name in STAMPS)
    began_s = started_s + _clock_s(rig)
    # the first state comes while the rest of the board still starts
    blame = rig.board.shell(
        "systemctl is-system-running --wait; "
        "systemd-analyze; systemd-analyze blame; systemd-analyze critical-chain",
        timeout_s=600,
    )
    (rig.folder / "blame.txt").write_text(blame, encoding="utf-8")
    # of this boot only: an early try without a camera would show here
    restarts = int(prop(rig, "NRestarts"))
    again, bare_s = _started_again(rig), min(_takes(rig, BARE) for _ in range(3))
    return [
        Row("power-on to availability: online", True, f"{online_s - on_s:.1f} s"),
        Row("power-on to info", info["profile"] == "vehicle", f"{info_s - on_s:.1f} s"),
        Row("power-on to the first state", state_s - on_s <= 60, f"{state_s - on_s:.1f} s (60)"),
        Row("of this machine's processors until then", True, f"{spent_s:.0f} s of CPU time"),
        Row("power-on to a state with a face in it", True, f"{seen_s - on_s:.1f} s"),
        Row("kernel's start to service's start", restarts == 0, f"{started_s:.1f} s"),
        Row("service's start to READY, in the boot", True, _against_bar(ready_s - started_s)),
        Row("… to the first state", True, _against_bar(state_s - began_s)),
        Row(
            "started again, the board at rest, to READY",
            again.ready_s <= max(START_S, AT_MOST * bare_s),
            f"{_against_bar(again.ready_s)}, "
            f"{again.ready_s / bare_s:.1f} times Python with NumPy and OpenCV alone ({AT_MOST:g})",
        ),
        Row("… to the first state", True, _against_bar(again.state_s)),
    ]


def boots(rig: Rig, count: int) -> Iterator[Row]:
    """The plug pulled and put back, over and over: how much a boot differs from a boot."""
    found: list[tuple[float, Start]] = []
    for number in range(1, count + 1):
        rig.board.shell("sync")
        rig.board.power_cut()
        on_s = rig.board.power_on().on_s
        state_s, _ = rig.wait("state", on_s, lambda _: True)
        started_s, ready_s = (stamp(rig, name) for name in STAMPS)
        start = Start(ready_s - started_s, state_s - started_s - _clock_s(rig))
        found.append((state_s - on_s, start))
        figure = f"{state_s - on_s:.1f} s, {_against_bar(start.ready_s)}, {start.state_s:.1f} s"
        yield Row(f"boot {number}: first state; service's start to READY, to it", True, figure)
    for name, figures in (
        ("power-on to the first state", [each for each, _ in found]),
        ("service's start to READY", [start.ready_s for _, start in found]),
        ("… to the first state", [start.state_s for _, start in found]),
    ):
        least, most, middle = min(figures), max(figures), statistics.median(figures)
        yield Row(
            f"{count} boots: {name}", True, f"{least:.2f} to {most:.2f} s, median {middle:.2f}"
        )


def watching(rig: Rig) -> list[Row]:
    """Observations come from a V4L2 camera, at the rate that it has."""
    began_s = time.monotonic()
    rig.board.camera("awake")
    _, health = rig.wait("health", began_s, lambda said: said["fps"] is not None)
    _, state = rig.wait("state", began_s, lambda said: said["subject"]["present"])
    cost_ms = round(sum(health["cpu_ms"].values()))
    return [
        Row(
            "a face from /dev/video0 (v4l2loopback)",
            state["subject"]["faces"] == 1 and health["fps"] > 1,
            f"{health['fps']} fps of {rig.fps:g}, networks {cost_ms} ms, {health['rss_mb']} MB",
        )
    ]


def sleeper(rig: Rig) -> list[Row]:
    """The pinned clip's six seconds of shut eyes, there and back: one `sleep`, and an end."""
    began_s = time.monotonic()
    rig.board.camera("sleep")
    new_s, _ = rig.wait("event", began_s, lambda e: e["type"] == "sleep" and e["change"] == "new")
    end_s, _ = rig.wait("event", began_s, lambda e: e["type"] == "sleep" and e["change"] == "end")
    count = len(rig.events(began_s, "new", "sleep"))
    new_s, end_s = (at_s - began_s - DOZING_S for at_s in (new_s, end_s))
    figure = f"new {new_s:.1f} s, end {end_s:.1f} s after the lids fell"
    return [Row("one sleep, ended when awake", count == 1, figure)]


def hanging(rig: Rig) -> list[Row]:
    """SIGSTOP: the watchdog kills it, systemd starts it again, and subscribers see both."""
    began_s = time.monotonic()
    rig.board.shell("systemctl kill --kill-whom=main -s STOP mien")
    off_s, _ = rig.wait("availability", began_s, lambda said: said == "offline")
    on_s, _ = rig.wait("availability", off_s, lambda said: said == "online")
    seen_s = rig.up(on_s)
    journal = rig.board.shell("journalctl -b -u mien -o cat | grep -c 'Watchdog timeout' || true")
    return [
        Row(
            "hung: watchdog, offline, online, watching",
            int(journal) >= 1 and int(prop(rig, "NRestarts")) >= 1,
            f"offline {off_s - began_s:.1f} s, online {on_s - began_s:.1f} s, "
            f"watching {seen_s - began_s:.1f} s after it hung",
        )
    ]


def closed(rig: Rig) -> list[Row]:
    """No password, no shell from outside, no broker, and systemd content with all of it."""
    open_ports = rig.board.shell("ss -Hltun 'not src 127.0.0.0/8' | grep -v ':68 ' || true").split(
        "\n"
    )
    listening = [line for line in open_ports if line and not _resolver(line)]
    shadow = rig.board.shell("cut -d: -f2 /etc/shadow | sort -u").split()
    failed = rig.board.shell("systemctl --failed --plain --no-legend").strip()
    return [
        Row("nothing listens on the network", not listening, "; ".join(listening) or "0 ports"),
        Row("no password fits", all(p[0] in "!*" for p in shadow), " ".join(shadow)),
        Row("no unit has failed", not failed, failed or "0 failed"),
    ]


@dataclass(frozen=True)
class Start:
    """Seconds from a start of the service to its READY, and to its first ``state``."""

    ready_s: float
    state_s: float


def _started_again(rig: Rig) -> Start:
    """The middle one of three, which are as long as this machine is busy."""
    return sorted((_restarted(rig) for _ in range(3)), key=lambda start: start.state_s)[1]


def _restarted(rig: Rig) -> Start:
    rig.board.shell("systemctl restart mien", timeout_s=300)
    started_s, ready_s = (stamp(rig, name) for name in STAMPS)
    began_s = started_s + _clock_s(rig)  # what came before it was said by the process before
    state_s, _ = rig.wait("state", began_s, lambda _: True)
    rig.up(began_s)
    return Start(ready_s - started_s, state_s - began_s)


def _clock_s(rig: Rig) -> float:
    """What to add to the board's clock of monotonic seconds to have this machine's."""
    offset_s, least_s = 0.0, math.inf
    for _ in range(5):  # the quickest answer says it best
        asked_s = time.monotonic()
        board_s = float(rig.board.shell("cut -d' ' -f1 /proc/uptime"))
        took_s = time.monotonic() - asked_s
        if took_s < least_s:
            offset_s, least_s = asked_s + took_s / 2 - board_s, took_s
    return offset_s


def _against_bar(start_s: float) -> str:
    return f"{start_s:.1f} s (bar {START_S:g}: {'met' if start_s <= START_S else 'missed'})"


def _takes(rig: Rig, command: str) -> float:
    """Seconds, on the board's own clock."""
    first, last = rig.board.shell(f"date +%s.%N; {command}; date +%s.%N").split()
    return float(last) - float(first)


def _resolver(line: str) -> bool:
    """systemd-resolved and DHCPv6 clients talk on link-local addresses of their own."""
    return "127.0.0.5" in line or ":546" in line


def prop(rig: Rig, name: str) -> str:
    """A property of the service."""
    return rig.board.shell(f"systemctl show -P {name} mien").strip()


def stamp(rig: Rig, name: str) -> float:
    """Seconds since the kernel's start."""
    return int(prop(rig, name)) / 1e6
