"""The landmark network: 128x128 grey crop in; points, openness, visibility, pose and face flag out."""

from pathlib import Path
from typing import Final

WORK: Final = Path("models/training/work/landmarks")
"""Labels, references, checkpoints and logs, inside the repository; git ignores it."""
