"""What has been set over MQTT: kept in the state directory, laid over config.yaml.

config.yaml belongs to the owner of the device and is never written. What is kept is there twice.
"""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from edge import config as configuration
from edge.config import EMOTION_ASKED, EMOTION_FORBIDDEN, Config, ConfigError
from edge.device import disk

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Scalar = bool | int | float | str | None
FILE, COPY = "kept.json", "kept.copy.json"

DAMAGED = (msgspec.DecodeError, ValueError, OSError)
"""What reading a file may raise that a card has damaged; ``ValueError``: not UTF-8."""

log = logging.getLogger("mien")


class Controls(Struct, frozen=True, kw_only=True):
    """The switches. ``capture`` off closes the camera; ``alerts`` off mutes up to level 3."""

    capture: bool = True
    alerts: bool = True
    emotion: bool = True
    buzzer: bool = True
    discovery: bool = True


class Kept(Struct, frozen=True, kw_only=True):
    """Settings by dotted key, and the switches."""

    config: dict[str, Scalar] = field(default_factory=dict)
    controls: Controls = Controls()


def load(folder: Path | None) -> Kept:
    """What was kept. Raises ``ConfigError`` where neither the file nor its copy can be read.

    A card loses a block in some year, and nobody is there to remove a file: the board shall start.
    Whoever removes the file goes back to config.yaml alone, whatever the copy says.
    """
    if folder is None or not (folder / FILE).is_file():
        return Kept()
    file, copy = folder / FILE, folder / COPY
    try:
        kept = _read(file)
        good, other = file, copy
    except DAMAGED as error:
        try:
            kept = _read(copy)
        except DAMAGED:
            msg = f"{file}: {error}; remove the file to go back to config.yaml alone"
            raise ConfigError(msg) from error
        log.error("%s: %s; its copy holds", file, error)  # noqa: TRY400 - one line
        good, other = copy, file
    with contextlib.suppress(OSError):  # neither is worth less for that
        disk.put(other, good.read_bytes())
    return kept


def store(kept: Kept, folder: Path) -> None:
    """Write it so that a power cut leaves the old or the new, whole. Raises ``OSError``."""
    data = msgspec.json.format(msgspec.json.encode(kept), indent=1)
    disk.replace(folder / FILE, data)
    with contextlib.suppress(OSError):  # made good with the next start
        disk.replace(folder / COPY, data)


def _read(file: Path) -> Kept:
    return msgspec.json.decode(file.read_bytes(), type=Kept)


def overlay(config: Config, values: Mapping[str, Scalar], name: str) -> Config:
    """``config`` with ``values`` by dotted key over it. Raises ``ConfigError``, naming ``name``."""
    if not values:
        return config
    raw: dict[str, Any] = msgspec.to_builtins(config)
    for key, value in values.items():
        *path, last = key.split(".")
        place: Any = raw
        with contextlib.suppress(KeyError):
            for step in path:
                place = place[step]
        if not isinstance(place, dict) or last not in place:
            msg = f"{name}: {key}: no such setting"
            raise ConfigError(msg)
        place[last] = value
    checked = configuration.convert(raw, Config, name)
    if checked.profile in EMOTION_FORBIDDEN and checked.emotion:
        checked = replace(checked, emotion=False)
    return replace(checked, rules=replace(checked.rules, emotion=bool(checked.emotion)))


def strictness(profile: str) -> int:
    """How little a profile infers of people: 2 no emotion ever, 1 only if asked for, 0 rest."""
    if profile in EMOTION_FORBIDDEN:
        return 2
    return 1 if profile in EMOTION_ASKED else 0
