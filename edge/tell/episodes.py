"""Which changes of an alert are told, under which id, and at what pace."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from msgspec.structs import replace

from edge.types import NS, Level

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edge.types import Alert

A_SECOND = 4
"""Contract, rule 5. An ``update`` waits for its turn; a ``new`` and an ``end`` never do."""

LOUD = Level.CRITICAL
"""From here on nothing is muted: warnings can be muted, the system cannot (EU 2021/1341)."""


class Episodes:
    """The episodes that are being told of. ``muted``: warnings are kept to oneself."""

    def __init__(self, new_id: Callable[[int], str]) -> None:
        """``new_id`` names an episode that began at that time of the data."""
        self._new_id = new_id
        self._ids: dict[int, str] = {}
        self._said_ns: deque[int] = deque(maxlen=A_SECOND)
        self._waiting: dict[int, Alert] = {}  # the latest update of each that must wait
        self.muted = False

    @property
    def waiting(self) -> bool:
        """Whether an update waits for its turn."""
        return bool(self._waiting)

    def name(self, episode: int) -> str | None:
        """The id of an episode that is told of."""
        return self._ids.get(episode)

    def due(self, changes: Sequence[Alert], t_ns: int) -> list[Alert]:
        """What of ``changes``, and of what waited, is to be told now; each has a name."""
        due = []
        for alert in changes:
            self._waiting.pop(alert.episode, None)  # a later word makes it needless
            if alert.episode in self._ids and alert.change == "update":
                self._waiting[alert.episode] = alert
            elif alert.episode in self._ids:
                due.append(alert)
            elif alert.change != "end" and (not self.muted or alert.level >= LOUD):
                self._ids[alert.episode] = self._new_id(alert.t_ns)
                due.append(replace(alert, change="new"))  # one muted until now begins here
        self._said_ns.extend(t_ns for _ in due)
        for episode in tuple(self._waiting):
            if len(self._said_ns) == A_SECOND and 0 <= t_ns - self._said_ns[0] < NS:
                break
            due.append(self._waiting.pop(episode))
            self._said_ns.append(t_ns)
        return due

    def over(self, alert: Alert) -> None:
        """``alert`` has been told; nothing comes after an end."""
        if alert.change == "end":
            del self._ids[alert.episode]
