"""What the tests of the boot partition and of the versions share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edge.appliance.versions import Home
from tests.appliance.card import Board

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def board(tmp_path) -> Board:
    return Board(tmp_path)


@pytest.fixture
def source(tmp_path) -> Path:
    """A release small enough to be laid out in no time."""
    folder = tmp_path / "release"
    files = {"edge/__init__.py": '__version__ = "1.2.0"\n', "install/requirements.txt": "pins\n"}
    for name, text in {**files, "install.sh": "#!/bin/sh\n", "README.md": "x\n"}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def home(tmp_path) -> Home:
    made = Home(tmp_path / "board")
    (made.path / "versions").mkdir(parents=True)
    (made.path / "deps/abc").mkdir(parents=True)
    return made
