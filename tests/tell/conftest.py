"""What the tests of telling share."""

from __future__ import annotations

from hypothesis import settings

# a shared machine may stand still for seconds: time is no property of these tests
settings.register_profile("telling", deadline=None)
settings.load_profile("telling")
