"""How a command is loaded: without what its libraries load for annotations alone.

Loading is nearly all of a start. ``python -X importtime -m edge run`` shows on what it goes.
"""

from __future__ import annotations

import gc
import importlib
import sys
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def staying(*, for_ever: bool) -> Iterator[None]:
    """What is loaded meanwhile is not looked through for garbage; ``for_ever``: nor later."""
    gc.disable()
    try:
        yield
    finally:
        if for_ever:
            gc.freeze()
        gc.enable()


def load_msgspec() -> None:
    """Without typing_extensions, of which it needs nothing since Python 3.11.

    That would load inspect, ast and dis: a twentieth of a start.
    """
    with _in_place_of("typing_extensions", None):  # Python's way to say: not there
        importlib.import_module("msgspec")


def load_numpy() -> None:
    """Without numpy._typing, whose names stand in annotations of numpy.linalg alone.

    To make them takes a fifteenth of a start.
    """
    if "numpy" not in sys.modules:
        with _in_place_of("numpy._typing", _Names("numpy._typing")):
            importlib.import_module("numpy")


class _Names(ModuleType):
    """Has every name, as something that takes brackets, as ``NDArray`` does."""

    def __getattr__(self, name: str) -> type[list[object]]:
        if name.startswith("__"):  # Python's own questions
            raise AttributeError(name)
        return list


@contextmanager
def _in_place_of(name: str, stand_in: ModuleType | None) -> Iterator[None]:
    """Who imports it meanwhile gets the stand-in; who does later gets it."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = stand_in  # type: ignore[assignment]  # None: it cannot be imported
    try:
        yield
    finally:
        del sys.modules[name]
