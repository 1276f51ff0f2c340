"""What is asked of this device, until the loop comes round to it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from msgspec import Struct

from edge.tell.requests import BIRTH_TOPIC, Asked, HomeAssistant, Vehicle, understood

if TYPE_CHECKING:
    from edge.tell.news import Heard

LIMIT = 64
"""Questions that may wait for the loop; a flood beyond is dropped."""

A_FRAME = 8
"""Questions answered in one frame, so that nobody can hold up the pictures by asking."""


class Question(Struct, frozen=True):
    """What somebody asks of this device, and where the answer goes."""

    name: str
    asked: Asked
    answer_to: str | None = None
    correlation: bytes | None = None


class Questions:
    """Those that wait. ``topics`` are where they come from."""

    def __init__(self, root: str) -> None:
        """``root``: first levels of this device's topics."""
        self._root = root
        self.topics = tuple(f"{root}/{each}" for each in ("cmd/+", "set/+", "input/vehicle"))
        self.topics += (BIRTH_TOPIC,)
        self._waiting: deque[Question] = deque(maxlen=LIMIT)
        self._speed: Question | None = None  # the newest, however often it is said

    def heard(self, heard: Heard) -> bool:
        """Put it to the others; true where it is Home Assistant, which has come up and asks all."""
        found = understood(self._root, heard)
        if found is None:
            return False
        name, asked = found
        if isinstance(asked, HomeAssistant):
            return asked.online and not heard.retained
        question = Question(name, asked, heard.answer_to, heard.correlation)
        if isinstance(asked, Vehicle):
            self._speed = question
        else:
            self._waiting.append(question)
        return False

    def take(self) -> list[Question]:
        """The oldest, a few at most, and how fast the vehicle is."""
        count = min(A_FRAME, len(self._waiting))
        taken = [self._waiting.popleft() for _ in range(count)]
        if self._speed is not None:
            taken.append(self._speed)
            self._speed = None
        return taken
