"""The landmark network's int8 outputs as values. numpy only; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from models.training.landmarks.points import GROUPS
from models.training.landmarks.shape import MEAN_SHAPE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

POSE_UNIT_DEG: Final = 60.0
_EYES: Final = [k for group in GROUPS[:2] for k in group]
_FEATURES: Final = [k for group in GROUPS[2:] for k in group]
_GROUP_OF: Final = [next(g for g, group in enumerate(GROUPS) if k in group) for k in range(114)]


@dataclass(frozen=True)
class Stored:
    """An output tensor as the file has it: real = (values - zero_point) * scale."""

    values: NDArray[np.int8]
    scale: float
    zero_point: int

    def real(self) -> NDArray[np.float32]:
        """float32, flat."""
        return ((self.values.astype(np.float32) - self.zero_point) * self.scale).ravel()


@dataclass(frozen=True)
class Landmarks:
    """One crop's answer, still in the crop's frame.

    ``points``: float32[127, 2], parts of the crop's side about its middle (``crop.to_picture``);
    ``openness``: left eye, right eye (of the picture), mouth, 0 shut .. 1 open;
    ``visible``: the same three, 0 covered .. 1 free; ``face``: 0..1;
    ``yaw_deg`` positive to the picture's right, ``pitch_deg`` positive up, ``roll_deg`` positive
    clockwise in the crop: add the crop's own turn.
    """

    points: NDArray[np.float32]
    openness: tuple[float, float, float]
    visible: tuple[float, float, float]
    face: float
    yaw_deg: float
    pitch_deg: float
    roll_deg: float


def decode(outputs: Mapping[str, Stored]) -> Landmarks:
    """Values from the file's output tensors, by name.

    `centres` [12], `outline` [26], `eyes` [84], `features` [144]: points, from the mean shape;
    `openness` [3], `visible` [3], `face` [1]: logits; `pose` [3]: yaw, pitch, roll in 60 degrees.
    """
    real = {name: stored.real() for name, stored in outputs.items()}
    centres = real["centres"].reshape(6, 2)
    points = np.empty((127, 2), np.float32)
    points[_EYES] = real["eyes"].reshape(42, 2)
    points[_FEATURES] = real["features"].reshape(72, 2)
    points[:114] += centres[_GROUP_OF]
    points[114:] = real["outline"].reshape(13, 2)
    left, right, mouth = (float(v) for v in _sigmoid(real["openness"]))
    see_left, see_right, see_mouth = (float(v) for v in _sigmoid(real["visible"]))
    yaw, pitch, roll = (float(v) for v in real["pose"] * POSE_UNIT_DEG)
    return Landmarks(
        points + MEAN_SHAPE,
        (left, right, mouth),
        (see_left, see_right, see_mouth),
        float(_sigmoid(real["face"])[0]),
        yaw,
        pitch,
        roll,
    )


def _sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(1 / (1 + np.exp(-logits)), dtype=np.float32)
