"""config.yaml and the model manifest -> frozen settings, checked before anything opens.

The settings live beside the code that they steer; here they are only read (``edge.strict``).
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from msgspec import field
from msgspec.structs import replace

from edge.device.buzzer import BuzzerSettings
from edge.device.camera import CameraSettings
from edge.judge.rules import Rules
from edge.see.modelfile import ModelFile
from edge.see.settings import SightSettings
from edge.strict import ConfigError, compose, composed, convert, shown, without_words
from edge.tell.settings import MqttSettings
from edge.types import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Config",
    "ConfigError",
    "complete",
    "convert",
    "load",
    "manifest",
    "manifest_path",
    "measured",
]

Profile = Literal["vehicle", "home", "care", "retail", "research", "workplace", "education"]

EMOTION_FORBIDDEN = frozenset({"workplace", "education"})
"""AI Act Art. 5(1)(f): no emotion is inferred of people at work or at school."""

EMOTION_ASKED = frozenset({"vehicle"})
"""Whoever drives may be at work: there emotion is off unless the owner asks for it."""

DRIVING = "vehicle"

OF = "sha256 of manifest.yaml"

DEVICE = re.compile(r"[a-z0-9_]{1,32}")
SERIAL = Path("/proc/device-tree/serial-number")
MACHINE = Path("/etc/machine-id")

log = logging.getLogger("mien")


class Config(Settings, frozen=True, kw_only=True):
    """All of config.yaml. Only ``__main__`` and its commands ever see it whole."""

    profile: Profile
    device: str = "auto"
    emotion: bool | None = None
    camera: CameraSettings = field(default_factory=CameraSettings)
    see: SightSettings = field(default_factory=SightSettings)
    rules: Rules = field(default_factory=Rules)
    mqtt: MqttSettings = field(default_factory=MqttSettings)
    board: BuzzerSettings = field(default_factory=BuzzerSettings)
    seat: str | None = None


def load(path: Path) -> Config:
    """Read, check and complete a configuration. Raises ``ConfigError``."""
    return checked(raw(path), str(path))


def checked(settings: dict[str, Any], name: str) -> Config:
    """Check and complete keys and values. Raises ``ConfigError`` that begins with ``name``."""
    given = settings.get("rules")
    asked = given.get("attention", {}) if isinstance(given, dict) else {}
    config = convert(settings, Config, name)
    if config.profile != DRIVING:
        # nobody drives: speed means nothing, and looking away is nobody's business unless asked for
        rules = replace(config.rules, speed=replace(config.rules.speed, enabled=False))
        if "enabled" not in (asked or {}):
            rules = replace(rules, attention=replace(rules.attention, enabled=False))
        config = replace(config, rules=rules)
    return complete(config, name)


def as_profile(settings: dict[str, Any], profile: str) -> dict[str, Any]:
    """The owner's settings with another profile, and so with another default of much else."""
    changed = {**settings, "profile": profile}
    if profile in EMOTION_FORBIDDEN:  # though the owner has asked for it where it may be
        changed["emotion"] = False
    return changed


def complete(config: Config, name: str = "config") -> Config:
    """Fill in what depends on the board, the profile and the environment."""
    device = _device() if config.device == "auto" else config.device
    if not DEVICE.fullmatch(device):
        msg = f"{name}: device: expected 1 to 32 of a-z, 0-9 and _, got {shown(config.device)}"
        raise ConfigError(msg)
    if config.seat is not None and not DEVICE.fullmatch(config.seat):
        msg = f"{name}: seat: expected 1 to 32 of a-z, 0-9 and _, got {shown(config.seat)}"
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
        # one is kept in the device when the settings no longer speak of it
        key=config.mqtt.key and (_credential("mqtt_key") or config.mqtt.key),
    )
    rules = replace(config.rules, emotion=emotion)
    return replace(config, device=device, emotion=emotion, rules=rules, mqtt=mqtt)


def manifest(path: Path) -> dict[str, ModelFile]:
    """Model files by role, from ``manifest.yaml``. Raises ``ConfigError``."""
    found = _laid_down(path) or _yaml(path)
    models = found.get("models") if isinstance(found, dict) else None
    if not isinstance(models, dict) or not models:
        msg = f"{path}: models: expected an entry for each model"
        raise ConfigError(msg)
    return {
        str(role): ModelFile(
            path=path.parent / str(_entry(path, role, entry, "file")),
            sha256=str(_entry(path, role, entry, "sha256")),
            version=str(_entry(path, role, entry, "version")),
            license=str(_entry(path, role, entry, "licence")),
            temperature=float(entry.get("temperature", 1.0)),
            uncertain_below=_number(entry.get("uncertain_below")),
        )
        for role, entry in models.items()
    }


def lay_down(path: Path) -> None:
    """Put beside ``manifest.yaml`` what is in it, so that no start need read all of its words."""
    found = {OF: _hash(path), **_yaml(path)}
    path.with_suffix(".composed").write_bytes(compose(found))


def _laid_down(path: Path) -> Any:
    """None where there is nothing, or where it is another manifest's."""
    try:
        found = composed(path.with_suffix(".composed").read_bytes())
        return found if found and found.get(OF) == _hash(path) else None
    except OSError:
        return None


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def measured(config: Config, models: Mapping[str, ModelFile]) -> Config:
    """With what was measured of the networks, where the owner has not set it."""
    certain = models["expression"].uncertain_below if "expression" in models else None
    if config.rules.mood.certain is not None or certain is None:
        return config
    mood = replace(config.rules.mood, certain=certain)
    return replace(config, rules=replace(config.rules, mood=mood))


def manifest_path() -> Path:
    """``models/manifest.yaml``: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parent
    for folder in (package / "models", package.parent / "models"):
        if (folder / "manifest.yaml").is_file():
            return folder / "manifest.yaml"
    msg = f"models/manifest.yaml: not found in {package} nor in {package.parent}"
    raise ConfigError(msg)


def raw(path: Path) -> dict[str, Any]:
    """Keys and values as they stand in a file, unchecked. Raises ``ConfigError``."""
    found = _yaml(path)
    if not isinstance(found, dict):
        msg = f"{path}: expected keys and values, got {without_words(found)}"
        raise ConfigError(msg)
    return found


def _yaml(path: Path) -> Any:
    try:
        data = path.read_bytes()
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}"
        raise ConfigError(msg) from error
    found = composed(data)
    if found is None:
        from edge.yamlfile import parse  # noqa: PLC0415 - for what people have written

        found = parse(data, str(path))
    return found


def _entry(path: Path, role: str, entry: object, key: str) -> object:
    if not isinstance(entry, dict) or key not in entry:
        msg = f"{path}: models.{role}.{key}: missing"
        raise ConfigError(msg)
    return entry[key]


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


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
    file = _credential(name)
    if value is None and file is not None:
        try:
            value = Path(file).read_text(encoding="utf-8").strip("\r\n")
        except (OSError, ValueError):  # whose words quote it; who drives is watched all the same
            log.error("%s: cannot be read; going on without it", file)  # noqa: TRY400
    return value


def _credential(name: str) -> str | None:
    """The file of a systemd credential, where we were given it."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    file = Path(folder) / name if folder else None
    return str(file) if file and file.is_file() else None
