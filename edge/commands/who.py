"""Who speaks: what ``info`` says of the program, the board, the models and the settings."""

from __future__ import annotations

import os
import platform
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from edge import __version__
from edge.device import camera, health
from edge.tell import messages as m
from edge.tell.report import Identity, Said

if TYPE_CHECKING:
    from edge.config import Config
    from edge.see.modelfile import ModelFile


def identity(config: Config, models: dict[str, ModelFile]) -> Identity:
    """Who this process is until it ends."""
    return Identity(
        device=config.device,
        boot_id=os.urandom(4).hex(),
        params_hash=short_hash(config.rules),
        emotion=bool(config.emotion),
        emotion_model=models["expression"].version if config.emotion else "",
    )


def info(
    config: Config,
    models: dict[str, ModelFile],
    who: Identity,
    runtime: str,
    head: dict[str, Any],
    *,
    page: bool,
) -> Said:
    """The ``info`` message."""
    used = {role: f for role, f in models.items() if who.emotion or role != "expression"}
    capabilities = ["drowsiness", "attention_summary"]
    if who.emotion:
        capabilities.append("emotion_summary")
    message = m.Info(
        **head,
        sw=m.Software(version=__version__, python=platform.python_version(), runtime=runtime),
        hw=m.Hardware(model=health.board(), camera=camera.kind(config.camera.source)),
        models=[
            m.ModelInfo(role=role, version=f.version, sha256=f.sha256, license=f.license)
            for role, f in used.items()
        ],
        profile=config.profile,
        privacy=m.Privacy(page=page),
        capabilities=capabilities,
        config_hash=_config_hash(config),
        params_hash=who.params_hash,
    )
    return Said("info", message, retain=True)


def _config_hash(config: Config) -> str:
    """Of what a fleet has in common, so that one that differs is seen: not name, seat and login.

    And of what is no secret: a hash lets one try passwords.
    """
    source = camera.without_password(config.camera.source)
    return short_hash(
        replace(
            config,
            device="",
            seat=None,
            camera=replace(config.camera, source=source),
            mqtt=replace(config.mqtt, username=None, password=None, certificate=None, key=None),
        )
    )


def short_hash(value: object) -> str:
    """Settings in eight characters, to be compared."""
    return sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()[:8]
