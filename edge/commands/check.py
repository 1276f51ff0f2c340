"""``mien check``: is everything there? A line each, and exit status 1 with what to do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from edge import config as configuration
from edge.device import camera
from edge.device.camera import CameraError
from edge.see import detector, expression, landmarks
from edge.see.runtime import ModelError, load
from edge.tell.link import reachable

if TYPE_CHECKING:
    import argparse

    from edge.config import Config
    from edge.see.runtime import ModelFile, Spec

OK, BAD = "ok  ", "FAIL"


def run(arguments: argparse.Namespace) -> int:
    """Check in the order in which things depend on each other; go on after a failure."""
    try:
        config = configuration.load(arguments.config)
        files = configuration.manifest(configuration.manifest_path())
    except configuration.ConfigError as error:
        print(f"{BAD} configuration  {error}")
        return 1
    print(f"{OK} configuration  {arguments.config}: {config.profile}, device {config.device}")
    specs = [detector.SPEC, landmarks.SPEC] + ([expression.SPEC] if config.emotion else [])
    results = [_model(spec, files) for spec in specs]
    results += [_camera(config), _broker(config)]
    return 0 if all(results) else 1


def _model(spec: Spec, files: dict[str, ModelFile]) -> bool:
    try:
        file = files[spec.name]
        model = load(spec, file)
        model(np.zeros(spec.input.shape, spec.input.dtype))
    except KeyError:
        print(f"{BAD} {spec.name:14} the manifest has no such entry; reinstall the models")
        return False
    except ModelError as error:
        print(f"{BAD} {spec.name:14} {error}; reinstall the models")
        return False
    print(f"{OK} {spec.name:14} {file.path.name} {file.version}, one inference, {model.runtime}")
    return True


def _camera(config: Config) -> bool:
    settings = replace(config.camera, realtime=camera.is_live(config.camera.source))
    try:
        with camera.frames(settings) as frames:
            frame = next(frames, None)
    except CameraError as error:
        print(f"{BAD} camera         {error}; set camera.source in the configuration")
        return False
    if frame is None:
        print(f"{BAD} camera         {settings.source}: no picture; set camera.source")
        return False
    height, width = frame.image.shape[:2]
    mean = float(frame.image.mean()) / 255
    print(
        f"{OK} camera         {width}x{height} from {camera.kind(settings.source)}, "
        f"light {mean:.2f}"
    )
    return True


def _broker(config: Config) -> bool:
    where = f"{config.mqtt.host}:{config.mqtt.port}"
    problem = reachable(config.mqtt)
    if problem is not None:
        print(f"{BAD} broker         {where}: {problem}; set mqtt.host, mqtt.port and the login")
        return False
    print(f"{OK} broker         {where}")
    return True
