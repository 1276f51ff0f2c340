"""``mien run``: the service. Exit status: 0 asked to stop, 1 a fault, 3 the file has ended."""

from __future__ import annotations

import logging
import sys
import time
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from edge import config as configuration
from edge.commands import aim, kept
from edge.commands.desk import opened
from edge.commands.room import LEAST_LIFE_S
from edge.commands.service import serve
from edge.device import watchdog
from edge.device.camera import CameraError, without_password
from edge.page.network import OPEN_S, PORT
from edge.see.runtime import ModelError
from edge.types.written import whole

if TYPE_CHECKING:
    import argparse

    from edge.config import Config
    from edge.page.server import Page
    from edge.see.modelfile import ModelFile

ENDED = 3

REFUSALS = (configuration.ConfigError, ModelError, CameraError)

log = logging.getLogger("mien")


def run(arguments: argparse.Namespace) -> int:
    """Serve until told to stop; what cannot be answered here is one line and status 1.

    Until it serves, SIGTERM and SIGINT end the process at once: ``__main__`` saw to that.
    """
    began_s = time.monotonic()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    try:
        settings = configuration.raw(arguments.config)
        models = configuration.manifest(configuration.manifest_path())

        def with_profile(profile: str) -> Config:
            return _config(arguments, configuration.as_profile(settings, profile), models)

        config = _config(arguments, settings, models)
        desk = opened(config, kept.load(arguments.state), with_profile)
        page = _page(arguments, desk.config)
        if serve(desk, models, arguments.record, arguments.state, page):
            return 0
    except REFUSALS as error:
        log.error("%s", error)  # noqa: TRY400 - a user caused it: one line, no traceback
        if not isinstance(error, CameraError):  # who waits for one is still there, and answers
            _linger(began_s)
        return 1
    except OSError as error:  # --record into a place that cannot be written
        log.error("%s: %s", error.filename or "run", error.strerror)  # noqa: TRY400 - as above
        _linger(began_s)
        return 1
    log.warning("%s: the input has ended", without_password(config.camera.source))
    return ENDED


def _config(
    arguments: argparse.Namespace, settings: dict[str, Any], models: dict[str, ModelFile]
) -> Config:
    config = configuration.checked(settings, str(arguments.config))
    if arguments.source is not None:
        config = replace(config, camera=replace(config.camera, source=_source(arguments)))
    return configuration.measured(config, models)


def _linger(began_s: float) -> None:
    """What is refused is refused again in two seconds: no board is kept busy with that."""
    if watchdog.watched():
        time.sleep(max(0.0, began_s + LEAST_LIFE_S - time.monotonic()))


def _page(arguments: argparse.Namespace, config: Config) -> Page | None:
    """The page to aim by. Raises ``ConfigError`` where nobody may be watched, or it cannot be."""
    if arguments.page is not None:
        page = _opened(arguments.page, config)
        print(f"aim the camera by {page.url} (for 15 minutes)", flush=True)  # once, and in no log
        return page
    wanted = None if arguments.aim is None else aim.asked(arguments.aim)
    if wanted is None:
        return None
    try:
        page = _opened(f"0.0.0.0:{PORT}", config, wanted)
    except configuration.ConfigError as error:  # nobody asked us: no reason not to watch
        log.warning("aim: %s", error)
        return None
    log.info("the page to aim by is open for %.0f s; its address is on the card", wanted.left_s)
    return page


def _opened(text: str, config: Config, wanted: aim.Asked | None = None) -> Page:
    if config.profile in configuration.EMOTION_FORBIDDEN:
        msg = f"--page: not with profile {config.profile}: nobody there is shown to anybody"
        raise configuration.ConfigError(msg)
    try:
        from edge.page.door import PageError, address  # noqa: PLC0415 - an extra
        from edge.page.server import Page  # noqa: PLC0415 - as above
    except ImportError as error:
        needs = f"--page: needs {error.name}, which is not installed"
        msg = f"{needs}: pip install '.[page]' in Mien's checkout"
        raise configuration.ConfigError(msg) from error
    try:
        where = address(text)
        if wanted is None:
            page = Page(where, config.device)
        else:
            page = Page(where, config.device, min(OPEN_S, wanted.left_s), wanted.token)
    except PageError as error:
        raise configuration.ConfigError(str(error)) from error
    if not where.loopback:
        log.warning("--page: who has the address sees the camera's picture, unencrypted")
    return page


def _source(arguments: argparse.Namespace) -> str | int:
    number = whole(arguments.source)
    return str(arguments.source) if number is None else number
