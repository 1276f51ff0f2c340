"""``mien check``: what a support engineer would ask. A line each; exit 1 with what to do."""

from __future__ import annotations

import contextlib
import sys
import time
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from msgspec.structs import replace

from edge import config as configuration
from edge.commands import credentials, findings, report
from edge.commands.findings import BAD, NOTE, OK, Finding, of_the_board, service
from edge.device import camera, health, unit
from edge.device.camera import CameraError
from edge.see import detector, expression, eyes, landmarks
from edge.see.runtime import ModelError, load
from edge.tell import messages as m
from edge.tell.visit import last_words, reachable
from edge.yamlfile import parse

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from pathlib import Path

    from edge.config import Config
    from edge.see.modelfile import ModelFile
    from edge.see.runtime import Spec

COMPLAINTS = 3
"""Lines of the journal that are shown; the report has more."""


def run(arguments: argparse.Namespace) -> int:
    """Check in the order in which things depend on each other; go on after a failure."""
    file = arguments.config or credentials.settings(arguments.unit)
    with credentials.handed(file.absolute()):
        return _checked(file, arguments)


def _checked(file: Path, arguments: argparse.Namespace) -> int:
    found: list[Finding] = []
    facts = report.Facts(unit=arguments.unit)
    for finding in _findings(file, arguments, facts):
        print(report.hushed(str(finding), facts), flush=True)
        found.append(finding)
    if arguments.report is not None:
        try:
            arguments.report.write_bytes(report.written(found, facts))
        except OSError as error:
            print(f"mien check: {arguments.report}: {error.strerror}", file=sys.stderr)
            return 1
        print(f"\n{arguments.report}: written, without secrets and pictures")
    return 1 if any(finding.grade == BAD for finding in found) else 0


def _findings(file: Path, arguments: argparse.Namespace, facts: report.Facts) -> Iterator[Finding]:
    facts.sensors = health.Sensors()()
    yield from of_the_board(facts.sensors, arguments.state)
    standing = unit.unit(arguments.unit)
    running = standing is not None and standing.active == "active"
    if arguments.config is None:
        yield from findings.complaints(credentials.PLACES.root)
        yield from findings.boot(unit.unit(findings.BOOT))
    with contextlib.suppress(OSError, configuration.ConfigError):  # said below, if it matters
        facts.raw = parse(file.read_bytes(), str(file))
    try:
        config = configuration.load(file)
        files = configuration.manifest(configuration.manifest_path())
    except configuration.ConfigError as error:
        yield Finding("configuration", BAD, str(error), _way_to(file, error.__cause__))
    else:
        facts.config = config
        text = f"{file}: {config.profile}, device {config.device}"
        yield Finding("configuration", OK, text)
        specs = [detector.SPEC, landmarks.SPEC, eyes.SPEC]
        specs += [expression.SPEC] if config.emotion else []
        for spec in specs:
            yield _model(spec, files)
        broker = _broker(config)
        if broker.grade == OK:
            facts.health = _said(config)
        yield _in_use(facts.health) if running else _camera(config)
        yield broker
    yield service(standing, arguments.unit)
    yield from _faults(facts)


def _way_to(file: Path, error: BaseException | None) -> str:
    """What to do where the service's settings cannot be read: they are for root and itself."""
    if isinstance(error, PermissionError):
        return "sudo mien check"
    if isinstance(error, FileNotFoundError) and file.parent == credentials.PLACES.run:
        return f"journalctl -u {findings.BOOT} says why there are none"
    return ""


def _model(spec: Spec, files: dict[str, ModelFile]) -> Finding:
    try:
        file = files[spec.name]
        model = load(spec, file)
        model(np.zeros(spec.input.shape, spec.input.dtype))
    except KeyError:
        return Finding(spec.name, BAD, "the manifest has no such entry", "reinstall the models")
    except ModelError as error:
        return Finding(spec.name, BAD, str(error), "reinstall the models")
    text = f"{file.path.name} {file.version}, one inference, {model.runtime}"
    return Finding(spec.name, OK, text)


def _in_use(said: m.Health | None) -> Finding:
    """The service has the camera: what it last said of it."""
    if said is None:
        return Finding("camera", NOTE, "in use by the service, of which the broker knows nothing")
    if _stale(said):
        text = f"in use by the service, of which the broker has heard nothing since {said.ts}"
        return Finding("camera", NOTE, text)
    bad = [fault for fault in said.faults if fault.startswith("camera_")]
    fps = "no" if said.fps is None else f"{said.fps:.0f}"
    text = f"in use by the service, {fps} frames a second"
    if bad:
        return Finding("camera", BAD, f"{text}, {', '.join(bad)}", "look at the lens and the cable")
    return Finding("camera", OK, text)


def _stale(said: m.Health) -> bool:
    """By either clock: the one begins anew with each start, the other may be set in between."""
    try:
        then_s = datetime.fromisoformat(said.ts).timestamp()
    except ValueError:  # anybody may have left it there
        return True
    ages_s = (time.monotonic() - said.mono_ms / 1e3, time.time() - then_s)
    return not all(-1 < age_s < m.STALE_S for age_s in ages_s)


def _camera(config: Config) -> Finding:
    settings = replace(config.camera, realtime=camera.is_live(config.camera.source))
    try:
        with camera.frames(settings) as frames:
            frame = next(frames, None)
    except CameraError as error:
        return Finding("camera", BAD, str(error), "set camera.source in the configuration")
    if frame is None:
        return Finding("camera", BAD, f"{settings.source}: no picture", "set camera.source")
    height, width = frame.image.shape[:2]
    mean = float(frame.image.mean()) / 255
    text = f"{width}x{height} from {camera.kind(settings.source)}, light {mean:.2f}"
    return Finding("camera", OK, text)


def _broker(config: Config) -> Finding:
    where = f"{config.mqtt.host}:{config.mqtt.port}"
    problem = reachable(config.mqtt)
    if problem is not None:
        todo = "set mqtt.host, mqtt.port and the login"
        return Finding("broker", BAD, f"{where}: {problem}", todo)
    return Finding("broker", OK, where)


def _said(config: Config) -> m.Health | None:
    """The last ``health`` that this device left at the broker."""
    payload = last_words(config.mqtt, f"{config.mqtt.base}/{config.device}/health")
    if payload is None:
        return None
    try:
        said = m.decode("health", payload)
    except msgspec.DecodeError:
        return None
    return said if isinstance(said, m.Health) else None


def _faults(facts: report.Facts) -> Iterator[Finding]:
    said = facts.health
    if said is not None:
        text = f"{', '.join(said.faults) or 'none'} ({said.ts})"
        yield Finding("faults", NOTE if said.faults else OK, text)
    facts.journal = unit.complaints(facts.unit, report.JOURNAL_LINES)
    for line in facts.journal[-COMPLAINTS:]:
        yield Finding("journal", NOTE, line)
