"""The landmark network's outputs as values, with what the product's decoder does not need. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edge.see.landmarks import CENTRES, MEAN_FACE, OFFSETS, POINT_TENSORS, POSE_UNIT_DEG
from edge.see.runtime import Stored

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["Landmarks", "Stored", "decode"]


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
    row = np.concatenate([real[name] for name in POINT_TENSORS])
    flat = row[OFFSETS] + MEAN_FACE
    flat[: len(CENTRES)] += row[CENTRES]
    left, right, mouth = (float(v) for v in _sigmoid(real["openness"]))
    see_left, see_right, see_mouth = (float(v) for v in _sigmoid(real["visible"]))
    yaw, pitch, roll = (float(v) for v in real["pose"] * POSE_UNIT_DEG)
    return Landmarks(
        np.asarray(flat.reshape(127, 2), np.float32),
        (left, right, mouth),
        (see_left, see_right, see_mouth),
        float(_sigmoid(real["face"])[0]),
        yaw,
        pitch,
        roll,
    )


def _sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(1 / (1 + np.exp(-logits)), dtype=np.float32)
