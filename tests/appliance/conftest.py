"""What the tests of the boot partition share."""

from __future__ import annotations

import pytest

from tests.appliance.card import Board


@pytest.fixture
def board(tmp_path) -> Board:
    return Board(tmp_path)
