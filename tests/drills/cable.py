"""A cable that is pulled: only the network is at fault, and nobody is told."""

from __future__ import annotations

import math
import subprocess
import time
from typing import TYPE_CHECKING

from edge.tell import messages as m
from tests.drills import network
from tests.drills.drive import Drive, books
from tests.drills.pace import LASTING, OPEN, Outcome, Pace, settings
from tests.tell.brokers import Mosquitto

if TYPE_CHECKING:
    from pathlib import Path


OFFLINE_S = 30.0
"""Within so long of a cut the broker must say ``offline`` (contract, rule 4)."""


def cut(folder: Path, pace: Pace) -> Outcome:
    """The cable is pulled: ``offline`` must be heard on the broker's side in time."""
    return _pulled(folder, pace, broker_dies=False)


def half_open(folder: Path, pace: Pace) -> Outcome:
    """As ``cut``, and the broker is another when the cable is back: it knows of no connection."""
    return _pulled(folder, pace, broker_dies=True)


def _pulled(folder: Path, pace: Pace, *, broker_dies: bool) -> Outcome:
    with network.Cable() as cable:
        lines = (*OPEN, *LASTING, f"persistence_location {folder}/")
        broker = Mosquitto(folder, lines=lines, address="0.0.0.0", prefix=cable.inside)  # noqa: S104
        with broker, Drive(settings(broker.port, pace, network.THERE)) as drive:
            log = folder / "heard"
            time.sleep(1)  # nothing can be asked of a port in another namespace from here
            sub = _listen_inside(cable, broker.port, log)
            try:
                drive.go_until(lambda: drive.out.connected, pace.patience_s)
                drive.go(pace.drive_s)
                cable.pull()
                pulled = time.time()
                drive.go(pace.drive_s)
                drive.go_until(lambda: math.isfinite(_offline(log)), pace.patience_s)
                if broker_dies:
                    broker.kill()
                    broker.start()
                cable.plug_in()
                drive.go(pace.drive_s)
                drive.go_until(
                    lambda: drive.out.connected and not drive.out.queued, pace.patience_s
                )
                enough = lambda: len(_events(log)) >= drive.said  # noqa: E731
                drive.go_until(enough, 5)
            finally:
                sub.terminate()
                sub.wait()
            found = books(drive.said, _events(log))
            offline_s = _offline(log) - pulled
            good = found.good and offline_s <= OFFLINE_S
            return Outcome(
                found, good, f"offline heard after {offline_s:.1f} s", drive.longest_frame_s
            )


def _listen_inside(cable: network.Cable, port: int, log: Path) -> subprocess.Popen[bytes]:
    """mosquitto_sub beside the broker, writing time, topic and payload."""
    command = [
        *cable.inside,
        "stdbuf",
        "-oL",
        "mosquitto_sub",
        "-p",
        str(port),
        "-t",
        "mien/#",
        "-q",
        "1",
    ]
    command += ["-i", "drill", "-c", "-F", "%U %t %p"]
    with log.open("ab") as out:
        listening = subprocess.Popen(command, stdout=out)
    time.sleep(0.5)
    return listening


def _lines(log: Path) -> list[list[bytes]]:
    return [line.split(b" ", 2) for line in log.read_bytes().splitlines()]


def _events(log: Path) -> list[bytes]:
    return [payload for _, topic, payload in _lines(log) if topic.endswith(b"/event")]


def _offline(log: Path) -> float:
    """When ``offline`` was heard, in seconds since 1970; infinitely late if it was not."""
    topic = m.AVAILABILITY.encode()
    said = [
        float(at) for at, name, what in _lines(log) if name.endswith(topic) and what == b"offline"
    ]
    return min(said, default=math.inf)
