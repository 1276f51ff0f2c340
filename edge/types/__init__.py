"""The words of the product: what passes from room to room.

Every value here is frozen and small: a ``msgspec.Struct``, which is made in a tenth of the time
that a frozen dataclass takes, fifty times a frame, and its class at every start. ``Frame`` is the
only one that holds pixels, and it ends in ``see``. ``None`` always means "not seen"; it is never
replaced by 0 or the last value.
"""

from edge.types.judging import (
    Alert,
    Attention,
    Calibration,
    Evidence,
    Eyes,
    Mark,
    Step,
)
from edge.types.people import AttentionIndex, Mood, MoodSummary, Person, Spread
from edge.types.seeing import (
    Board,
    Box,
    FaceReading,
    Frame,
    Gaze,
    Light,
    Observation,
    Pose,
    Remembered,
    Vehicle,
)
from edge.types.words import ACTIONS, EAR_OPEN, EAR_SHUT, EMOTIONS, NS, Level, Settings, between

__all__ = [
    "ACTIONS",
    "EAR_OPEN",
    "EAR_SHUT",
    "EMOTIONS",
    "NS",
    "Alert",
    "Attention",
    "AttentionIndex",
    "Board",
    "Box",
    "Calibration",
    "Evidence",
    "Eyes",
    "FaceReading",
    "Frame",
    "Gaze",
    "Level",
    "Light",
    "Mark",
    "Mood",
    "MoodSummary",
    "Observation",
    "Person",
    "Pose",
    "Remembered",
    "Settings",
    "Spread",
    "Step",
    "Vehicle",
    "between",
]
