"""Eye and mouth ratios, read off the landmarks and brought to the scales that are judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from edge.see.landmarks import INNER_LIPS, LEFT_EYE, RIGHT_EYE
from edge.types import EAR_OPEN, EAR_SHUT

if TYPE_CHECKING:
    from numpy.typing import NDArray

RAW_SHUT, RAW_OPEN = -0.02, 0.30
"""Stretched to the common scale, ``EAR_SHUT`` and ``EAR_OPEN``. The rules' "shut" then begins at
0.076: on the sleeper's clip eyes that are shut read 0.01 to 0.05, lowered ones 0.07 to 0.09, and
90 % of the stills with shut eyes (``eyes/faces``) stay under 0.057."""

MAR_SCALE = 0.6 / 0.42
"""The mean of three gaps between these lips reads 0.42 where a yawn begins that the driver state
table puts at 0.6: of web pictures (``yawn/web``) 78 % of yawns and 4 % of talk and laughter read
more, and the laughter of the pinned clip stays under 0.38. A yawn must last on top of that."""


class Shape(Struct, frozen=True):
    """Ratios that are read off the points, right eye first.

    ``ears``: eye aspect ratios on the common scale (0.087 shut, 0.26 open), mean of the three
    middle pairs of lids over the width. ``widths``: of the eyes, pixels. ``mar``: inner-lip gap
    over mouth width on the scale of the driver state table, 0 shut, over 0.6 a yawn.
    """

    ears: tuple[float, float]
    widths: tuple[float, float]
    mar: float


PAIRS = np.array(
    [(eye + k, eye + k + 8) for eye in (RIGHT_EYE, LEFT_EYE) for k in (3, 4, 5, 0)]
    + [(INNER_LIPS + k, INNER_LIPS + k + 10) for k in (4, 5, 6, 0)]
)
"""Three lid gaps and the width of each eye, three lip gaps and the width of the mouth."""

EYE_GAPS = np.array([[0, 1, 2], [4, 5, 6]])
EYE_WIDTHS = np.array([3, 7])
WIDTHS_AND_LIPS = np.array([3, 7, 8, 9, 10, 11])


def shape(points: NDArray[np.float32]) -> Shape:
    """Eye and mouth ratios; all twelve differences in one go, since this runs on every frame.

    Of a lid gap only what is upright to the eye counts: opposite points stand 0.05 of the width
    apart sideways even where the eye is shut, and that would hide whether it is.
    """
    across = points[PAIRS[:, 0]] - points[PAIRS[:, 1]]
    heights = across[EYE_GAPS].sum(axis=1) / 3
    corners = across[EYE_WIDTHS]
    turned = np.abs(corners[:, 0] * heights[:, 1] - corners[:, 1] * heights[:, 0]).tolist()
    right, left, *lips, mouth = np.hypot(*across[WIDTHS_AND_LIPS].T).tolist()
    ears = _ear(turned[0], right), _ear(turned[1], left)
    return Shape(ears, (right, left), MAR_SCALE * sum(lips) / 3 / max(1e-6, mouth))


def _ear(gap_by_width: float, width: float) -> float:
    raw = gap_by_width / max(1e-6, width * width)
    return EAR_SHUT + (raw - RAW_SHUT) * (EAR_OPEN - EAR_SHUT) / (RAW_OPEN - RAW_SHUT)
