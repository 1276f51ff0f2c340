"""How long a drill takes its time, and what a scenario comes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.tell.settings import MqttSettings

if TYPE_CHECKING:
    from tests.drills.drive import Books

LASTING = ("persistence true", "autosave_interval 1", "autosave_on_changes true")
OPEN = ("allow_anonymous true",)


@dataclass(frozen=True)
class Pace:
    """How long the drill takes its time. ``keepalive_s`` as shipped, or short."""

    keepalive_s: int
    outage_s: float
    drive_s: float
    day: int
    patience_s: float = 90.0


FULL = Pace(keepalive_s=MqttSettings().keepalive_s, outage_s=50.0, drive_s=5.0, day=2880)
SHORT = Pace(keepalive_s=5, outage_s=9.0, drive_s=1.0, day=300, patience_s=40.0)


@dataclass(frozen=True)
class Outcome:
    """What a scenario came to. ``note`` is what it measured besides."""

    books: Books
    good: bool
    note: str = ""
    frame_s: float = 0.0


def settings(port: int, pace: Pace, host: str = "127.0.0.1") -> MqttSettings:
    return MqttSettings(host=host, port=port, keepalive_s=pace.keepalive_s)
