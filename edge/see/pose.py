"""Head pose from two axes of the face in three dimensions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from edge.types import Pose

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def from_axes(
    across: NDArray[np.float32], down: NDArray[np.float32], angle: float, rest_pitch_deg: float
) -> Pose | None:
    """Pose from the directions right eye -> left eye and brow -> chin.

    ``across``, ``down``: float32[3] x, y, z in crop pixels, z growing away from the camera.
    ``angle``: how far the crop was turned, radians. ``rest_pitch_deg``: what ``down`` reads on a
    face that looks straight ahead. None where the axes say nothing.
    """
    ax, ay, az = (float(v) for v in across)
    _, dy, dz = (float(v) for v in down)
    if math.hypot(ax, ay, az) < 1e-6 or math.hypot(dy, dz) < 1e-6:
        return None
    yaw = math.degrees(math.atan2(az, math.hypot(ax, ay)))
    pitch = math.degrees(math.atan2(dz, dy)) - rest_pitch_deg
    roll = math.degrees(math.atan2(ay, ax) + angle)
    return Pose(yaw, pitch, roll)
