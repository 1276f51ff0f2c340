"""A file that appears under its name only when it is whole."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO, Self

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType


class Draft:
    """A file beside the one that it will be. Without ``keep`` nothing is left of it."""

    def __init__(self, path: Path) -> None:
        """Open it; folders on the way are made. Raises ``OSError``."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._draft = path.with_name(f".{path.name}.part")
        self.file: BinaryIO = self._draft.open("wb+")
        self._kept = False

    def __enter__(self) -> Self:
        """Nothing to do: it is open."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take it away unless it was kept."""
        with suppress(OSError):  # a full disk may refuse the last bytes
            self.file.close()
        if not self._kept:
            self._draft.unlink(missing_ok=True)

    def keep(self) -> None:
        """It is whole: give it its name. Raises ``OSError``."""
        self.file.close()
        os.replace(self._draft, self.path)  # noqa: PTH105 - says better that it replaces
        self._kept = True


def written(path: Path, content: bytes) -> None:
    """Write a whole file at once. Raises ``OSError``."""
    with Draft(path) as draft:
        draft.file.write(content)
        draft.keep()
