"""The 127 points of the landmark network, named by their MediaPipe mesh indices.

"Left" is the left of the picture (the person's right eye), as in MediaPipe's
drawing order: mesh point 33 is the outer corner of the eye on the left of the picture.

Eye contours run: outer corner, seven lower-lid points, inner corner, seven upper-lid
points in the same direction, so that lower point ``k`` faces upper point ``k + 8``.
Lips run likewise: corner, nine lower, corner, nine upper (``k`` faces ``k + 10``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEFT_EYE: Final = (33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173)
RIGHT_EYE: Final = (263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398)
LEFT_IRIS: Final = (468, 469, 470, 471, 472)
RIGHT_IRIS: Final = (473, 474, 475, 476, 477)
LEFT_BROW: Final = (70, 63, 105, 66, 107, 46, 53, 52, 65, 55)
RIGHT_BROW: Final = (300, 293, 334, 296, 336, 276, 283, 282, 295, 285)
OUTER_LIPS: Final = (
    *(61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291),
    *(185, 40, 39, 37, 0, 267, 269, 270, 409),
)
INNER_LIPS: Final = (
    *(78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308),
    *(191, 80, 81, 82, 13, 312, 311, 310, 415),
)
NOSE: Final = (168, 6, 197, 195, 5, 4, 1, 2, 98, 327, 129, 358)
OUTLINE: Final = (389, 454, 361, 397, 379, 400, 152, 176, 150, 172, 132, 234, 162)

MESH_INDEX: Final = (
    LEFT_EYE
    + RIGHT_EYE
    + LEFT_IRIS
    + RIGHT_IRIS
    + LEFT_BROW
    + RIGHT_BROW
    + OUTER_LIPS
    + INNER_LIPS
    + NOSE
    + OUTLINE
)
COUNT: Final = len(MESH_INDEX)

EYES: Final = slice(0, 32)
IRISES: Final = slice(32, 42)
BROWS: Final = slice(42, 62)
LIPS: Final = slice(62, 102)
NOSE_POINTS: Final = slice(102, 114)
OUTLINE_POINTS: Final = slice(114, 127)
REGIONS: Final = {
    "eyelids": EYES,
    "iris": IRISES,
    "brows": BROWS,
    "lips": LIPS,
    "nose": NOSE_POINTS,
    "outline": OUTLINE_POINTS,
}

GROUPS: Final = (
    (*range(16), *range(32, 37)),
    (*range(16, 32), *range(37, 42)),
    tuple(range(42, 52)),
    tuple(range(52, 62)),
    tuple(range(62, 102)),
    tuple(range(102, 114)),
)
"""Point numbers per group: left eye and iris, right eye and iris, two brows, lips, nose."""


def _mirrored_lips(lips: tuple[int, ...]) -> tuple[int, ...]:
    return lips[10::-1] + lips[:10:-1]


_NOSE_MIRRORED: Final = (168, 6, 197, 195, 5, 4, 1, 2, 327, 98, 358, 129)
# An iris runs centre, right, top, left, bottom of the picture: a mirror swaps right and left.
_IRIS_MIRRORED: Final = (0, 3, 2, 1, 4)
MESH_MIRRORED: Final = (
    RIGHT_EYE
    + LEFT_EYE
    + tuple(RIGHT_IRIS[k] for k in _IRIS_MIRRORED)
    + tuple(LEFT_IRIS[k] for k in _IRIS_MIRRORED)
    + RIGHT_BROW
    + LEFT_BROW
    + _mirrored_lips(OUTER_LIPS)
    + _mirrored_lips(INNER_LIPS)
    + _NOSE_MIRRORED
    + OUTLINE[::-1]
)
MIRROR: Final[NDArray[np.intp]] = np.array(
    [MESH_INDEX.index(index) for index in MESH_MIRRORED], dtype=np.intp
)
"""``points[MIRROR]`` are the points of the mirrored picture in the usual order."""

LID_PAIRS: Final = tuple((start + k, start + k + 8) for start in (0, 16) for k in range(1, 8))
LIP_PAIRS: Final = tuple((82 + k, 92 + k) for k in range(1, 10))


def eye_distance(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Distance of the two outer eye corners, the unit of every error here.

    ``points``: float32[..., 127, 2], any unit; gives float32[...] in that unit.
    """
    return np.asarray(
        np.linalg.norm(points[..., 0, :] - points[..., 16, :], axis=-1), dtype=np.float32
    )


def eye_aspect(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Lid gap over eye width, mean of the three middle lid pairs; float32[..., 2], left, right."""
    both = []
    for start in (0, 16):
        eye = points[..., start : start + 16, :]
        width = np.linalg.norm(eye[..., 0, :] - eye[..., 8, :], axis=-1)
        gaps = [np.linalg.norm(eye[..., k, :] - eye[..., k + 8, :], axis=-1) for k in (3, 4, 5)]
        both.append(np.mean(gaps, axis=0) / (width + 1e-6))
    return np.stack(both, axis=-1).astype(np.float32)


def eye_height(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """As ``eye_aspect``, but only what of the gaps is upright to the eye: what the product reads.

    Opposite points of the lids stand 0.05 widths apart sideways even where the eye is shut.
    """
    both = []
    for start in (0, 16):
        eye = points[..., start : start + 16, :]
        across = eye[..., 0, :] - eye[..., 8, :]
        gap = (eye[..., 3:6, :] - eye[..., 11:14, :]).mean(-2)
        upright = across[..., 0] * gap[..., 1] - across[..., 1] * gap[..., 0]
        both.append(np.abs(upright) / ((across**2).sum(-1) + 1e-6))
    return np.stack(both, axis=-1).astype(np.float32)


def mouth_aspect(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Inner lip gap over inner mouth width, mean of the three middle pairs; float32[...]."""
    width = np.linalg.norm(points[..., 82, :] - points[..., 92, :], axis=-1)
    gaps = [
        np.linalg.norm(points[..., 82 + k, :] - points[..., 92 + k, :], axis=-1) for k in (4, 5, 6)
    ]
    return np.asarray(np.mean(gaps, axis=0) / (width + 1e-6), dtype=np.float32)
