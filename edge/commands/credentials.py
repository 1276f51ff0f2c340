"""What the installed service reads and is handed by systemd, for ``mien check`` beside it."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from edge.commands.places import Places

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACES = Places(Path("/"), None)
VARIABLE = "CREDENTIALS_DIRECTORY"


def settings(unit: str) -> Path:
    """What the service of that name reads; ``config.yaml`` where none was ever started."""
    camera = unit.partition("@")[2]
    return PLACES.run / f"{camera or 'config'}.yaml" if PLACES.run.is_dir() else Path("config.yaml")


@contextlib.contextmanager
def handed(file: Path) -> Iterator[None]:
    """Whoever may look into them (root) has the service's credentials, with the service's settings.

    Links, so that no secret is written; by the names of ``LoadCredential=mqtt:`` in its unit.
    """
    kept = PLACES.kept / "secret/mqtt"
    if (
        file.parent != PLACES.run
        or VARIABLE in os.environ
        or not os.access(kept, os.R_OK | os.X_OK)
    ):
        yield
        return
    with tempfile.TemporaryDirectory(prefix=".check-", dir=PLACES.run) as folder:
        for secret in kept.iterdir():
            (Path(folder) / f"mqtt_{secret.name}").symlink_to(secret)
        os.environ[VARIABLE] = folder
        try:
            yield
        finally:
            del os.environ[VARIABLE]
