"""config.yaml and the model manifest -> frozen settings, checked before anything opens.

The settings live beside the code that they steer; here they are only read. msgspec checks types,
unknown keys and ranges; its findings are said again with the key, the value and what is allowed.
"""

from __future__ import annotations

import difflib
import os
import re
import typing
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, replace
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar

import msgspec
import yaml

from edge.device.buzzer import BuzzerSettings
from edge.device.camera import CameraSettings
from edge.judge.rules import Rules
from edge.see.runtime import ModelFile
from edge.see.settings import SightSettings
from edge.tell.settings import MqttSettings
from edge.types import Between

Profile = Literal["vehicle", "home", "care", "retail", "research", "workplace", "education"]

EMOTION_FORBIDDEN = frozenset({"workplace", "education"})
"""AI Act Art. 5(1)(f): no emotion is inferred of people at work or at school."""

EMOTION_ASKED = frozenset({"vehicle"})
"""Whoever drives may be at work: there emotion is off unless the owner asks for it."""

DRIVING = "vehicle"

DEVICE = re.compile(r"[a-z0-9_]{1,32}")
SERIAL = Path("/proc/device-tree/serial-number")
MACHINE = Path("/etc/machine-id")

T = TypeVar("T")


class ConfigError(Exception):
    """A setting that cannot be used; the text has the file, the key, the value, what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All of config.yaml. Only ``__main__`` and its commands ever see it whole."""

    profile: Profile
    device: str = "auto"
    emotion: bool | None = None
    camera: CameraSettings = field(default_factory=CameraSettings)
    see: SightSettings = field(default_factory=SightSettings)
    rules: Rules = field(default_factory=Rules)
    mqtt: MqttSettings = field(default_factory=MqttSettings)
    board: BuzzerSettings = field(default_factory=BuzzerSettings)


def load(path: Path) -> Config:
    """Read, check and complete a configuration. Raises ``ConfigError``."""
    raw = _yaml(path)
    if not isinstance(raw, dict):
        msg = f"{path}: expected keys and values, got {_shown(raw)}"
        raise ConfigError(msg)
    given = raw.get("rules")
    asked = given.get("attention", {}) if isinstance(given, dict) else {}
    config = convert(raw, Config, str(path))
    if config.profile != DRIVING:
        # nobody drives: speed means nothing, and looking away is nobody's business unless asked for
        rules = replace(config.rules, speed=replace(config.rules.speed, enabled=False))
        if "enabled" not in (asked or {}):
            rules = replace(rules, attention=replace(rules.attention, enabled=False))
        config = replace(config, rules=rules)
    return complete(config, str(path))


def complete(config: Config, name: str = "config") -> Config:
    """Fill in what depends on the board, the profile and the environment."""
    device = _device() if config.device == "auto" else config.device
    if not DEVICE.fullmatch(device):
        msg = f"{name}: device: expected 1 to 32 of a-z, 0-9 and _, got {_shown(config.device)}"
        raise ConfigError(msg)
    if config.emotion and config.profile in EMOTION_FORBIDDEN:
        msg = f"{name}: emotion: expected false with profile {config.profile}, got true"
        raise ConfigError(msg)
    emotion = config.emotion
    if emotion is None:
        emotion = config.profile not in EMOTION_FORBIDDEN | EMOTION_ASKED
    mqtt = replace(
        config.mqtt,
        username=_secret("mqtt_username") or config.mqtt.username,
        password=_secret("mqtt_password") or config.mqtt.password,
    )
    rules = replace(config.rules, emotion=emotion)
    return replace(config, device=device, emotion=emotion, rules=rules, mqtt=mqtt)


def manifest(path: Path) -> dict[str, ModelFile]:
    """Model files by role, from ``manifest.yaml``. Raises ``ConfigError``."""
    raw = _yaml(path)
    models = raw.get("models") if isinstance(raw, dict) else None
    if not isinstance(models, dict) or not models:
        msg = f"{path}: models: expected an entry for each model"
        raise ConfigError(msg)
    return {
        str(role): ModelFile(
            path=path.parent / str(_entry(path, role, entry, "file")),
            sha256=str(_entry(path, role, entry, "sha256")),
            version=str(_entry(path, role, entry, "version")),
            license=str(_entry(path, role, entry, "license")),
            temperature=float(entry.get("temperature", 1.0)),
        )
        for role, entry in models.items()
    }


def manifest_path() -> Path:
    """``models/manifest.yaml``: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parent
    for folder in (package / "models", package.parent / "models"):
        if (folder / "manifest.yaml").is_file():
            return folder / "manifest.yaml"
    msg = f"models/manifest.yaml: not found in {package} nor in {package.parent}"
    raise ConfigError(msg)


def convert(raw: object, cls: type[T], name: str) -> T:
    """Plain data to a frozen settings class. Raises ``ConfigError``."""
    _text_keys(raw, name)
    try:
        checked = msgspec.convert(raw, _strict(cls))  # type: ignore[arg-type] # a class is hashable
        return msgspec.convert(msgspec.to_builtins(checked), cls)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{name}: {_explained(error, raw, cls)}") from error


def _text_keys(raw: object, name: str, path: str = "") -> None:
    """YAML reads a bare ``on`` or ``yes`` as true: such a key is named, not looked for."""
    if isinstance(raw, dict):
        for key, value in raw.items():
            if not isinstance(key, str):
                at = path or "(top level)"
                raise ConfigError(f"{name}: {at}: expected a name as the key, got {_shown(key)}")
            _text_keys(value, name, f"{path}.{key}" if path else key)


@cache  # settings are checked again with every change from outside
def _strict(cls: type) -> type[msgspec.Struct]:
    """The settings class as a msgspec struct that refuses unknown keys and checks ranges."""
    hints = typing.get_type_hints(cls, include_extras=True)
    members: list[tuple[str, Any, Any]] = []
    for each in fields(cls):
        kind = _strict_type(hints[each.name])
        if each.default is MISSING and each.default_factory is MISSING:
            members.append((each.name, kind, msgspec.NODEFAULT))
        else:  # an absent key stays absent, so that the class's own default stands
            members.append((each.name, kind | msgspec.UnsetType, msgspec.UNSET))
    return msgspec.defstruct(cls.__name__, members, kw_only=True, forbid_unknown_fields=True)


def _strict_type(kind: Any) -> Any:
    if typing.get_origin(kind) is Annotated:
        inner, *marks = typing.get_args(kind)
        limits = [m for m in marks if isinstance(m, Between)]
        return Annotated[inner, msgspec.Meta(ge=limits[0].low, le=limits[0].high)]
    return _strict(kind) if is_dataclass(kind) and isinstance(kind, type) else kind


def _explained(error: msgspec.ValidationError, raw: object, cls: type) -> str:
    text, _, path = str(error).partition(" - at `$")
    keys = [key for key in path.rstrip("`").split(".") if key]
    unknown = re.match(r"Object contains unknown field `(.*)`", text)
    missing = re.match(r"Object missing required field `(.*)`", text)
    holder, value = _at(raw, cls, keys)
    if unknown:
        known = [f.name for f in fields(holder)] if is_dataclass(holder) else []
        near = difflib.get_close_matches(unknown[1], known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(known)}"
        return f"{'.'.join([*keys, unknown[1]])}: unknown key; {hint}"
    if missing:
        holder, value = _at({}, cls, [*keys, missing[1]])
        return f"{'.'.join([*keys, missing[1]])}: missing; expected {_expected(holder)}"
    where = ".".join(keys) or "(top level)"
    if text.startswith(("Expected", "Invalid")):
        return f"{where}: expected {_expected(holder)}, got {_shown(value)}"
    return f"{where}: {text}"


def _at(raw: object, kind: Any, keys: list[str]) -> tuple[Any, object]:
    """The type and the value that stand at the end of a path of keys."""
    for key in keys:
        kind = typing.get_type_hints(kind, include_extras=True).get(key, object)
        raw = raw.get(key) if isinstance(raw, dict) else None
    return kind, raw


def _expected(kind: Any) -> str:
    if typing.get_origin(kind) is Annotated:
        inner, *marks = typing.get_args(kind)
        limits = next(m for m in marks if isinstance(m, Between))
        whole = "a whole number " if inner is int else ""
        return f"{whole}{limits.low:g}..{limits.high:g}"
    if typing.get_origin(kind) is Literal:
        return "one of " + ", ".join(map(str, typing.get_args(kind)))
    if isinstance(kind, UnionType):
        return " or ".join(_expected(part) for part in typing.get_args(kind))
    if is_dataclass(kind):
        return "keys and values (" + ", ".join(f.name for f in fields(kind)) + ")"
    words = {bool: "true or false", str: "text", int: "a whole number", float: "a number"}
    return "nothing" if kind is NoneType else words.get(kind, str(kind))


def _shown(value: object) -> str:
    text = msgspec.json.encode(value, enc_hook=str).decode()
    return text if len(text) <= 60 else f"{text[:57]}…"


def _yaml(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}"
        raise ConfigError(msg) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        msg = f"{path}: not YAML: {' '.join(str(error).split())}"
        raise ConfigError(msg) from error


def _entry(path: Path, role: str, entry: object, key: str) -> object:
    if not isinstance(entry, dict) or key not in entry:
        msg = f"{path}: models.{role}.{key}: missing"
        raise ConfigError(msg)
    return entry[key]


def _device() -> str:
    """``pi_`` and the last six of the board's serial number, or of the machine's id."""
    for source in (SERIAL, MACHINE):
        try:
            text = source.read_text(encoding="ascii").rstrip("\0\n").lower()
        except OSError:
            continue
        if len(text) >= 6:
            return f"pi_{text[-6:]}"
    return "pi_unknown"


def _secret(name: str) -> str | None:
    """From the environment (``MIEN_MQTT_PASSWORD``) or a systemd credential (``mqtt_password``)."""
    value = os.environ.get(f"MIEN_{name.upper()}")
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if value is None and folder and (Path(folder) / name).is_file():
        value = (Path(folder) / name).read_text(encoding="utf-8").strip()
    return value
