"""Where the network looks: a square, turned so that the eyes are level, from points or from a detection.

Coordinates are those of OpenCV: the middle of the first pixel is (0, 0). numpy only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZE: Final = 128
MARGIN: Final = 1.2
"""Side of the crop over the larger side of the upright box of brows and outline."""

_LEFT_EYE, _RIGHT_EYE = slice(0, 16), slice(16, 32)
_BROWS_AND_OUTLINE = [*range(42, 62), *range(114, 127)]

# Fit on the training pictures (10,961 of `faces/`, BlazeFace's box and key points against
# `crop_from_points`): middle off by 0.00 +- 0.05 and 0.00 +- 0.03 sides, side by 5 %, turn by 2.7
# degrees (standard deviations), which is within the jitter that the network was trained with.
DETECTION_DOWN: Final = 0.047
DETECTION_PER_EYES: Final = 1.97
DETECTION_PER_MOUTH: Final = 0.61


@dataclass(frozen=True)
class Crop:
    """A turned square in picture pixels; ``turn`` in radians, positive clockwise in the picture."""

    x: float
    y: float
    side: float
    turn: float


def crop_from_points(points: NDArray[np.float32]) -> Crop:
    """The next crop of a tracked face. ``points``: float32[127, 2] picture pixels."""
    across = points[_RIGHT_EYE].mean(0) - points[_LEFT_EYE].mean(0)
    turn = math.atan2(float(across[1]), float(across[0]))
    level = _level(turn)
    box = points[_BROWS_AND_OUTLINE] @ level.T
    low, high = box.min(0), box.max(0)
    x, y = level.T @ ((low + high) / 2)
    return Crop(float(x), float(y), float((high - low).max()) * MARGIN, turn)


def crop_from_detection(box: NDArray[np.float32], keypoints: NDArray[np.float32]) -> Crop:
    """The first crop of a face just found.

    ``box``: float32[4] left, top, right, bottom; ``keypoints``: float32[6, 2] eye on the left of
    the picture, eye on the right, nose tip, mouth, ear on the left, ear on the right; pixels.
    """
    across = keypoints[1] - keypoints[0]
    turn = math.atan2(float(across[1]), float(across[0]))
    eyes, mouth = (keypoints[0] + keypoints[1]) / 2, keypoints[3]
    side = DETECTION_PER_EYES * math.hypot(*across) + DETECTION_PER_MOUTH * math.hypot(
        *(mouth - eyes)
    )
    box_middle = (box[:2] + box[2:]) / 2
    down = _level(turn).T @ np.array([0.0, DETECTION_DOWN * side])
    x, y = eyes / 4 + mouth / 4 + box_middle / 2 + down
    return Crop(float(x), float(y), float(side), turn)


def crop_matrix(crop: Crop, size: int = SIZE) -> NDArray[np.float64]:
    """Affine float64[2, 3] from picture pixels to crop pixels, for ``cv2.warpAffine``."""
    turn = _level(crop.turn) * (size / crop.side)
    middle = np.array([(size - 1) / 2, (size - 1) / 2])
    return np.hstack([turn, (middle - turn @ np.array([crop.x, crop.y]))[:, None]])


def to_picture(crop: Crop, relative: NDArray[np.float32]) -> NDArray[np.float32]:
    """Points in parts of the crop's side about its middle (the network's unit) to picture pixels."""
    return np.asarray(
        relative @ (_level(crop.turn) * crop.side) + np.array([crop.x, crop.y]), dtype=np.float32
    )


def _level(turn: float) -> NDArray[np.float64]:
    """Rotation float64[2, 2] that brings a line at angle ``turn`` to the horizontal."""
    c, s = math.cos(turn), math.sin(turn)
    return np.array([[c, s], [-s, c]])
