"""A model as the manifest names it: reading a configuration loads neither NumPy nor a runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from pathlib import Path


class ModelFile(Struct, frozen=True):
    """A model as the manifest names it."""

    path: Path
    sha256: str
    version: str = ""
    license: str = ""
    temperature: float = 1.0
    """By which logits are divided so that probabilities mean what they say."""

    uncertain_below: float | None = None
    """Probability under which the network's best guess is no better than saying so."""
