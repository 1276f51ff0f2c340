"""Mien: reads faces on a small board and says what matters over MQTT.

``from edge import analyze`` looks at photos and videos; nothing is loaded before it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edge.analysis.library import analyze

__all__ = ["__version__", "analyze"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name == "analyze":
        from edge.analysis.library import analyze  # noqa: PLC0415 - loads OpenCV and numpy

        return analyze
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
