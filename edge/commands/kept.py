"""What has been set over MQTT: kept in the state directory, laid over config.yaml.

config.yaml belongs to the owner of the device and is never written.
"""

from __future__ import annotations

import contextlib
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
FILE = "kept.json"


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
    """What was kept. Raises ``ConfigError`` for a file that is not ours."""
    if folder is None or not (folder / FILE).is_file():
        return Kept()
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=Kept)
    except (msgspec.DecodeError, ValueError, OSError) as error:  # ValueError: not UTF-8
        msg = f"{folder / FILE}: {error}; remove the file to go back to config.yaml alone"
        raise ConfigError(msg) from error


def store(kept: Kept, folder: Path) -> None:
    """Write it so that a power cut leaves the old or the new, whole. Raises ``OSError``."""
    disk.replace(folder / FILE, msgspec.json.format(msgspec.json.encode(kept), indent=1))


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
