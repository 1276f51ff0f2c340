"""What is retained: the last word on every topic, and which of them the broker has yet to get.

It is kept by topic and not queued: after an outage the broker hears how things are now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.tell import messages as m

if TYPE_CHECKING:
    from edge.tell.report import Said

BEHIND = 8
"""Messages that the broker may owe its word for before only the latest are kept. Fewer than may be
under way at all (20, at HiveMQ 10): over a poor network no alert waits behind old pictures. At two
states a second, enough for 4 s from here to the broker and back."""


class Latest:
    """The last word on every retained topic. ``behind``: those still to be said, in order."""

    def __init__(self) -> None:
        """Nothing has been said."""
        self._latest: dict[str, Said | bytes] = {}
        self.behind: dict[str, None] = {}
        self._owed: dict[int, str] = {}  # the broker's number -> topic
        self._refused: dict[str, None] = {}

    @property
    def settled(self) -> bool:
        """Whether the broker has acknowledged all that it was given."""
        return not self._owed

    def put(self, said: Said) -> None:
        """The new last word on its topic."""
        self._latest[said.topic] = said
        self.behind[said.topic] = None

    def put_raw(self, topic: str, payload: bytes) -> None:
        """The same for bytes; none: nothing shall be retained on ``topic`` any more."""
        self._latest[topic] = payload
        self.behind[topic] = None

    def afresh(self) -> None:
        """The broker may have forgotten everything: all of it is to be said again."""
        self.behind = dict.fromkeys(self._latest)
        self._refused.clear()

    def again(self) -> None:
        """What was refused, and has not been taken since, is to be said again."""
        self.behind.update(self._refused)
        self._refused.clear()

    def next(self) -> tuple[str, int, bytes] | None:
        """Topic, QoS and payload of what is to go out now, if the broker keeps up."""
        if not self.behind or len(self._owed) >= BEHIND:
            return None
        topic = next(iter(self.behind))
        del self.behind[topic]
        said = self._latest[topic]
        if isinstance(said, bytes):
            return topic, 1, said
        return topic, said.qos, m.encode(said.message)

    def owed(self, mid: int, topic: str) -> None:
        """The broker has been given ``mid`` and has not acknowledged it yet."""
        self._owed[mid] = topic

    def taken(self, mid: int) -> None:
        """The broker has acknowledged ``mid``."""
        self._refused.pop(self._owed.pop(mid, ""), None)

    def refused(self, mid: int) -> None:
        """The broker will not have ``mid``: subscribers still see what was said before it."""
        topic = self._owed.pop(mid, None)
        if topic is not None:
            self._refused[topic] = None

    def taken_back(self) -> None:
        """The connection is gone, and with it whatever was under way."""
        self._owed.clear()
