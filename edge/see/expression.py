"""Emotion of one face: Mien's own int8 expression network (``models/README.md``)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from edge.see.image import Region
from edge.see.runtime import Spec, Tensor
from edge.types import EMOTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from edge.see.runtime import Stored

SIZE = 48
SPEC = Spec(
    "expression",
    Tensor("image", (1, SIZE, SIZE, 1), "int8"),
    (Tensor("logits", (1, len(EMOTIONS)), "int8"),),
)
"""The logits come in the order of ``EMOTIONS``."""

SPAN, DOWN = 0.385, 0.11
"""Eye distance and the way down from the eyes, in sides of the crop: how the pictures of FER+ are
cut (measured on 381 of them with MediaPipe's attention mesh, ``models/training/README.md``)."""


def prepare(crop: NDArray[np.uint8]) -> NDArray[np.int8]:
    """uint8[48, 48] grey -> int8[1, 48, 48, 1]: the bytes as they are, shifted by 128."""
    return (crop ^ np.uint8(0x80)).view(np.int8)[None, :, :, None]


def decode(outputs: Mapping[str, Stored], temperature: float) -> tuple[float, ...]:
    """Probabilities in the order of ``EMOTIONS``, calibrated by the manifest's temperature."""
    logits = outputs["logits"].real() / temperature
    risen = np.exp(logits - logits.max())
    return tuple((risen / risen.sum()).tolist())


def mean(said: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    """Probabilities of several looks at one face, averaged, in the order of ``EMOTIONS``."""
    return tuple(sum(each) / len(said) for each in zip(*said, strict=True))


def region(
    eyes: tuple[NDArray[np.float32], NDArray[np.float32]], mouth: NDArray[np.float32]
) -> Region:
    """The square that the network was trained on: upright by the eyes, brows to chin.

    ``eyes``: right and left eye centre, ``mouth``: mouth centre, each float32[2] in the frame. The
    larger of eye distance and eyes to mouth counts: one of the two survives a turned head.
    """
    right, left = eyes
    x, y = ((right + left) / 2).tolist()
    across_x, across_y = (left - right).tolist()
    span = max(math.hypot(across_x, across_y), math.hypot(mouth[0] - x, mouth[1] - y))
    side = span / SPAN
    angle = math.atan2(across_y, across_x)
    down = DOWN * side
    return Region(x - math.sin(angle) * down, y + math.cos(angle) * down, side, angle)
