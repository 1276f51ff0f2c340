"""The networks and rules of a profile, loaded once for as many files as there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from edge import config as configuration
from edge.see import tiles
from edge.see.settings import SightSettings
from edge.see.sight import Sight, opened

if TYPE_CHECKING:
    from edge.judge.rules import Rules
    from edge.see.runtime import Model

PROFILE = "research"
"""Unless another is asked for: somebody looks at pictures that they chose."""

LIVE_FACES = 16
"""Faces followed at once in a video: a board has time for four, this has time."""

PHOTO_FACES = 100
PHOTO_SCORE, PHOTO_LOOKS = 0.6, 3
"""Of one photo there is no next frame: the landmarks look again, and the detector is stricter."""


class Kit(Struct, frozen=True):
    """What looks and what judges."""

    profile: str
    emotion: bool
    rules: Rules
    models: dict[str, Model]
    versions: dict[str, str]

    def sight(self, *, photo: bool) -> Sight:
        """A fresh pair of eyes: nobody is followed yet."""
        if photo:
            settings = SightSettings(faces=PHOTO_FACES, detect_score=PHOTO_SCORE)
            return Sight(
                self.models, settings, emotion=self.emotion, find=tiles.find, looks=PHOTO_LOOKS
            )
        settings = SightSettings(faces=LIVE_FACES)
        return Sight(self.models, settings, emotion=self.emotion)


def load(profile: str = PROFILE) -> Kit:
    """Raises ``ConfigError`` for a profile that there is not, ``ModelError`` for bad networks."""
    config = configuration.checked({"profile": profile}, "profile")
    files = configuration.manifest(configuration.manifest_path())
    config = configuration.measured(config, files)
    emotion = bool(config.emotion)
    models = opened(files, emotion=emotion)
    versions = {role: files[role].version for role in models}
    return Kit(profile, emotion, config.rules, models, versions)
