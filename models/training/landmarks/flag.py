"""The face flag: real crops kept, and crops without a face refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from models.training.landmarks import augment, dataset, negatives, occluders
from models.training.landmarks.crop import SIZE
from models.training.landmarks.evaluate import Grey, Held, Net, crops_of, cut

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

NEGATIVE_PATCHES: Final = 4000


def negative_crops(data: Path, seed: int = 21) -> Grey:
    """Squares of held-out scenes without people, any size, as a false detection would cut them."""
    rng, scenes = np.random.default_rng(seed), negatives.scenes(data, held_out=True)
    return np.array([augment.patch(scenes[k % len(scenes)], rng) for k in range(NEGATIVE_PATCHES)])


def face_crops(held: Held, chips: dataset.Chips, seed: int = 22) -> dict[str, Grey]:
    """Real crops of held-out persons: as they are, eyes shut by the warp, a hand in front."""
    rng = np.random.default_rng(seed)
    plain = np.array(
        [cut(p, c) for p, c in zip(held.pictures, crops_of(held, "tracked"), strict=True)]
    )
    shut, hands = [], []
    for chip in chips.chips:
        there, _, _ = augment.geometry(augment.TRACKED, rng)
        picture, _ = augment.closed(chip, rng)
        shut.append(cv2.warpAffine(picture, there, (SIZE, SIZE)))
        covered = np.asarray(cv2.warpAffine(chip.picture, there, (SIZE, SIZE)), np.uint8)
        occluders.paint(covered, occluders.hand(SIZE, rng), False, rng)
        hands.append(covered)
    return {"as they are": plain, "eyes shut": np.array(shut), "a hand in front": np.array(hands)}


def scores(net: Net, crops: Grey) -> NDArray[np.float64]:
    """The flag's probability for each crop, float64[N]."""
    return np.array([answer.face for answer in net(crops)], np.float64)
