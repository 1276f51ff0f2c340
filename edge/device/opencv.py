"""What OpenCV's releases disagree about: boards on Bookworm have 4.11, everything else 5."""

from __future__ import annotations

import cv2

SILENT = 0


def silence() -> None:
    """Our words, not OpenCV's, on stderr."""
    quiet = getattr(cv2, "setLogLevel", None) or cv2.utils.logging.setLogLevel
    quiet(SILENT)
