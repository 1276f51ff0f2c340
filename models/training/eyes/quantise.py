"""The trained eye network to float and int8 .tflite, and the fixture that pins its bits."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Final

import numpy as np
import torch

from models.training import export, graph
from models.training.eyes import data

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from models.training.eyes.net import EyeNet
    from models.training.landmarks.augment import Grey
    from models.training.landmarks.dataset import Chips

CALIBRATION_PICTURES: Final = 768
CALIBRATION_SEED: Final = 7
FIXTURE_INPUTS: Final = 32
FIXTURE_SEED: Final = 3
SHAPE: Final = (64, 48, 1)


def calibration(chips: Chips, backgrounds: list[Grey]) -> NDArray[np.uint8]:
    """Training examples as training drew them: uint8[N, 64, 48, 1]."""
    rng = np.random.default_rng(CALIBRATION_SEED)
    drawn = data.batch(chips, backgrounds, CALIBRATION_PICTURES, rng)
    return drawn.pictures.transpose(0, 2, 3, 1).copy()


@torch.no_grad()
def even_neck(net: EyeNet, pictures: NDArray[np.uint8]) -> None:
    """Give every channel of the linear neck the same range, in place; the answers stay the same.

    One int8 scale serves all of them, and a few wide ones would take the steps from the rest
    (Nagel et al. 2019, section 4.1).
    """
    shown = torch.from_numpy(pictures.transpose(0, 3, 1, 2)).float() / 255
    out = net.eval().neck(net.features(shown))
    spread = out.abs().transpose(0, 1).flatten(1)[:, ::4].quantile(0.999, dim=1).clamp(min=1e-6)
    net.neck[1].weight.div_(spread)  # type: ignore[operator]
    net.neck[1].bias.div_(spread)  # type: ignore[operator]
    net.head.weight.mul_(spread[None, :, None, None])


def write_models(net: EyeNet, pictures: NDArray[np.uint8], as_float: Path, as_int8: Path) -> None:
    """Both files; raises if XNNPACK would not take all of the int8 one.

    Rounding shifts the means a little: the shift over the calibration pictures is taken off the
    head's biases (bias correction, Nagel et al. 2019, section 4.2).
    """
    even_neck(net, pictures)
    export.to_float(net.eval(), SHAPE, as_float)
    export.to_int8(as_float, as_int8, export.ranges(as_float, pictures))
    wanted, got = (graph.run(file, pictures)["points"] for file in (as_float, as_int8))
    corrected, shifted = copy.deepcopy(net), as_float.with_name(f"{as_float.stem}-shifted.tflite")
    with torch.no_grad():
        shift = (wanted - got).reshape(-1, 42).mean(0)
        corrected.head.bias.add_(torch.from_numpy(shift))  # type: ignore[union-attr]
    export.to_float(corrected.eval(), SHAPE, shifted)
    export.to_int8(shifted, as_int8, export.ranges(shifted, pictures))
    graph.check(graph.read(as_int8))


def write_fixture(model: Path, file: Path) -> None:
    """``grids``: uint8[32, 8, 6], enlarged eight times; ``points``: the int8 output on them."""
    rng = np.random.default_rng(FIXTURE_SEED)
    grids = rng.integers(0, 256, (FIXTURE_INPUTS, 8, 6), dtype=np.uint8)
    # Contrasts from flat to full, so that the outputs are not all of one kind.
    grids = (grids * np.linspace(0, 1, FIXTURE_INPUTS)[:, None, None]).astype(np.uint8)
    pictures = grids.repeat(8, axis=1).repeat(8, axis=2)[..., None]
    points, _, _ = graph.run_raw(model, pictures)["points"]
    file.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(file, grids=grids, points=points)
