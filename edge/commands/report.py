"""The file of ``mien check --report``: what support needs, and nothing that is nobody's business.

Every text goes through ``hushed`` on its way: each secret that this device knows is taken out
wherever it stands, so that a password in a line of the journal is not sent to anybody either.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct, field

from edge import __version__, strict
from edge.commands.desk import flat
from edge.types import Board

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.commands.findings import Finding
    from edge.config import Config
    from edge.tell import messages as m

FORMAT = "mien-report/1"
JOURNAL_LINES = 100

LOGIN = re.compile(r"(?<=://)[^/\s\"']*@")
"""User and password in an address that stands in other words."""

HIDDEN = "•••"


class Facts(Struct):
    """What the checks came across. Not frozen: they fill it in on their way."""

    unit: str
    raw: object = None  # config.yaml as it stands, even where it is refused
    config: Config | None = None
    sensors: Board = field(default_factory=Board)
    health: m.Health | None = None
    journal: list[str] = field(default_factory=list)


def written(found: list[Finding], facts: Facts) -> bytes:
    """The report as JSON."""
    content = {
        "format": FORMAT,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": __version__,
        "findings": [msgspec.to_builtins(finding) for finding in found],
        "settings": {} if facts.config is None else flat(facts.config),
        "sensors": msgspec.to_builtins(facts.sensors),
        "health": msgspec.to_builtins(facts.health),
        "journal": facts.journal,
    }
    return msgspec.json.format(msgspec.json.encode(_hushed(content, facts)), indent=1) + b"\n"


def hushed(text: str, facts: Facts) -> str:
    """``text`` without anything that is secret on this device."""
    for secret in _secrets(facts):
        text = text.replace(secret, HIDDEN)
    return LOGIN.sub(f"{HIDDEN}@", text)


def _hushed(value: Any, facts: Facts) -> Any:
    if isinstance(value, dict):
        return {hushed(str(key), facts): _hushed(inner, facts) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_hushed(inner, facts) for inner in value]
    return hushed(value, facts) if isinstance(value, str) else value


def _secrets(facts: Facts) -> list[str]:
    """Every secret that can be known here, the longest first: one may stand inside another."""
    found = {value for name, value in os.environ.items() if name.startswith("MIEN_MQTT_")}
    if facts.config is not None:
        mqtt, source = facts.config.mqtt, str(facts.config.camera.source)
        found |= {mqtt.password or ""}
        if mqtt.username not in {None, mqtt.base, facts.config.device}:  # else nothing is left
            found |= {mqtt.username or ""}
        # to the last @, whatever stands before it: here it is an address and no line of a journal
        found |= {login.partition(":")[2] for login in strict.LOGIN.findall(source)}
    found |= set(_below(facts.raw))
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    for file in Path(folder).rglob("*") if folder else ():
        try:
            found |= {line.strip() for line in file.read_text(encoding="utf-8").splitlines()}
        except (OSError, UnicodeDecodeError):  # a folder, or a key in binary
            continue
    return sorted((secret for secret in found if len(secret) > 2), key=len, reverse=True)


def _below(value: object) -> Iterator[str]:
    """What stands under a secret's name anywhere in plain data."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in strict.SECRET and isinstance(inner, str | int | float):
                yield str(inner)
            yield from _below(inner)
