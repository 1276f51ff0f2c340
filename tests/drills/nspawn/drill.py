"""What every story has at hand: the machine, its broker, a listener, and its card."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.drills.machine import ROOT, Machine, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.tell.brokers import Listener, Mosquitto

CLIP = ROOT.resolve() / ".cache/media/WolfgangLanger_Pexels.mp4"
PASSWORD = "sesame 99"  # noqa: S105 - of a broker that lives for two minutes
CARD = """\
profile: home
device: van_7
camera: {{source: /srv/clip.mp4, loop: true}}
mqtt:
  host: 127.0.0.1
  port: {port}
  username: van_7
  password: "{password}"
"""


@dataclass
class Drill:
    """The machine, its broker, somebody who listens, and the folder of this drill."""

    machine: Machine
    broker: Mosquitto
    ear: Listener
    folder: Path
    pristine: set[str]

    def pid(self) -> str:
        return self.machine.service()["MainPID"]

    def hears(self, topic: str, since_s: float, wanted: Callable[[bytes], bool]) -> bool:
        return any(h.at_s >= since_s and wanted(h.payload) for h in self.ear.on(topic))

    def watching(self, since_s: float, what: str, patience_s: float = 60.0) -> float:
        """Wait until somebody says, after ``since_s``, that the woman in the clip is seen."""
        return until(
            lambda: self.hears(
                "state", since_s, lambda said: json.loads(said)["subject"]["present"]
            ),
            what,
            patience_s,
        )

    def current(self) -> str:
        return (self.machine.path / "opt/mien/current").readlink().name


NOT_OURS = (
    *("/var/log/", "/run/", "/tmp/", "/var/tmp/systemd-private"),  # noqa: S108 - listed, not used
    *(
        "/var/lib/dbus/machine-id",
        "/var/lib/systemd/",
        "/drill",
        "/src",
        "/srv/clip.mp4",
        "/wheels",
    ),
)
"""What any system has written once it was up, and what this drill has hung into it."""


def listing(root: Path) -> set[str]:
    """Every name in the file system, and where links lead."""
    command = ["find", str(root), "-xdev", "-mindepth", "1", "-printf", "/%P %l\n"]
    return set(
        subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    )
