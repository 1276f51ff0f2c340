"""The emulated board, a broker on this machine, and somebody who writes down all that is said."""

from __future__ import annotations

import shutil
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import msgspec

from tests.drills.card import disk
from tests.drills.card.board import HOST, Board, BoardError
from tests.drills.pace import LASTING, OPEN
from tests.tell.brokers import Listener, Mosquitto

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DEVICE = "card"
ROOT = f"mien/{DEVICE}"
PATIENCE_S = 600.0
"""An emulated board on a busy machine: what has not come by then does not come."""


@dataclass(frozen=True)
class Row:
    """What a part of the drill came to."""

    name: str
    good: bool
    figure: str


@dataclass
class Rig:
    """Everything on one table."""

    folder: Path
    image: Path
    module: Path
    clip: Path
    fps: float = disk.FPS
    board: Board = field(init=False)
    broker: Mosquitto = field(init=False)
    listener: Listener = field(init=False)
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        card = self.folder / "card.img"
        shutil.copyfile(self.image, card)
        drill = disk.made(self.folder, self.clip, self.module)
        lines = (*OPEN, *LASTING, f"persistence_location {self.folder}/")
        self.broker = self._stack.enter_context(Mosquitto(self.folder, lines=lines))
        self.listener = Listener(self.broker.port, "mien/#", lasting="drill")
        self._stack.enter_context(self.listener)
        self.board = self._stack.enter_context(Board(self.folder, card, drill))
        self.board.put(self._settings(), "mien.yaml")
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def _settings(self) -> Path:
        """What a user would write on the card."""
        file = self.folder / "mien.yaml"
        file.write_text(
            f"profile: vehicle\ndevice: {DEVICE}\n"
            f"camera: {{source: /dev/video0, width: {disk.WIDTH}, height: {disk.HEIGHT}, "
            f"fps: {self.fps:g}}}\n"
            # frames of half a second, where the emulator gets little of a busy machine
            f"rules: {{eyes: {{gap_s: 1.5}}}}\nsee: {{faces: 1, detect_every_s: 10}}\n"
            f"mqtt: {{host: {HOST}, port: {self.broker.port}}}\n",
            encoding="utf-8",
        )
        return file

    # --- what was said ------------------------------------------------------------------------

    def heard(self, topic: str, since_s: float = 0.0) -> list[tuple[float, Any]]:
        """When, and what, on ``topic`` below the device, live (not what the broker kept)."""
        found = []
        for each in list(self.listener.heard):
            if each.topic == f"{ROOT}/{topic}" and each.at_s >= since_s and not each.retained:
                text = each.payload
                found.append((each.at_s, text.decode() if topic == "availability" else _json(text)))
        return found

    def wait(
        self,
        topic: str,
        since_s: float,
        fits: Callable[[Any], bool],
        patience_s: float = PATIENCE_S,
    ) -> tuple[float, Any]:
        """The first message that fits: when it came, and what it says."""
        end = time.monotonic() + patience_s
        while True:
            for at_s, said in self.heard(topic, since_s):
                if fits(said):
                    return at_s, said
            if time.monotonic() > end or not self.board.on:
                raise BoardError(
                    f"{topic}: nothing that fits in {patience_s:.0f} s; see {self.board.console}"
                )
            time.sleep(0.1)

    def events(self, since_s: float, change: str, kind: str) -> list[float]:
        """When episodes of this kind began (``new``) or ended (``end``), each once."""
        found: dict[tuple[str, int], float] = {}
        for at_s, said in self.heard("event", since_s):
            if said["change"] == change and said["type"] == kind:
                found.setdefault((said["id"], said["rev"]), at_s)
        return list(found.values())

    def up(self, since_s: float, patience_s: float = PATIENCE_S) -> float:
        """Wait until the service looks at somebody; gives when it said so."""
        return self.wait("state", since_s, lambda s: s["subject"]["present"], patience_s)[0]


def _json(data: bytes) -> Any:
    return msgspec.json.decode(data) if data else None
