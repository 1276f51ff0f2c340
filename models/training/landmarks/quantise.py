"""The trained network to float and int8 .tflite, and the fixture that pins its bits."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch

from models.training import export, graph
from models.training.landmarks import dataset
from models.training.landmarks.crop import SIZE

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from models.training.landmarks.augment import Grey
    from models.training.landmarks.net import LandmarkNet

CALIBRATION_PICTURES: Final = 512
CALIBRATION_SEED: Final = 7
FIXTURE_INPUTS: Final = 32
FIXTURE_SEED: Final = 3
FIXTURE_GRID: Final = 16


def calibration(chips: dataset.Chips, backgrounds: list[Grey]) -> NDArray[np.uint8]:
    """Training examples as training drew them (dark, bright, covered, no face): uint8[N, 128, 128, 1]."""
    rng = np.random.default_rng(CALIBRATION_SEED)
    drawn = dataset.batch(chips, backgrounds, CALIBRATION_PICTURES, rng)
    return drawn.pictures.transpose(0, 2, 3, 1).copy()


def even_necks(net: LandmarkNet, pictures: NDArray[np.uint8]) -> None:
    """Give every channel of the linear necks the same range, in place; the answers stay the same.

    One int8 scale serves all channels of a neck, and a few wide ones take the steps from the rest:
    left as they are, two thirds of the int8 error of the points come from there (measured). What a
    channel is divided by, its heads' weights are multiplied by (Nagel et al. 2019, section 4.1).
    """
    shown = torch.from_numpy(pictures.transpose(0, 3, 1, 2)).float() / 255
    with torch.no_grad():
        fine = net.eval().fine(shown)
        coarse = net.coarse(fine)
        for neck, before, heads in (
            (net.neck, coarse, list(net.points.values())),
            (net.eye_neck, fine, [net.eyes_fine]),
        ):
            spread = neck(before).abs().transpose(0, 1).flatten(1).quantile(0.999, dim=1)
            spread = spread.clamp(min=1e-6)
            neck[1].weight.div_(spread)  # type: ignore[operator]
            neck[1].bias.div_(spread)  # type: ignore[operator]
            for head in heads:
                head.weight.mul_(spread[None, :, None, None])  # type: ignore[operator]


def write_models(
    net: LandmarkNet, pictures: NDArray[np.uint8], as_float: Path, as_int8: Path
) -> graph.Graph:
    """Both files, and what the int8 one is made of; raises if XNNPACK would not take all of it.

    Rounding shifts the heads' means a little (lids read narrower): the shift over the calibration
    pictures is taken off the int8 model's biases (bias correction, Nagel et al. 2019, section 4.2).
    """
    even_necks(net, pictures)
    export.to_float(net.eval(), (SIZE, SIZE, 1), as_float)
    export.to_int8(as_float, as_int8, export.ranges(as_float, pictures))
    wanted, got = graph.run(as_float, pictures), graph.run(as_int8, pictures)
    corrected, shifted = copy.deepcopy(net), as_float.with_name(f"{as_float.stem}-shifted.tflite")
    with torch.no_grad():
        for name, head in (*corrected.points.items(), *corrected.state.items()):
            shift = torch.from_numpy((wanted[name] - got[name]).mean(0))
            head.bias.add_(shift)  # type: ignore[operator]
    export.to_float(corrected.eval(), (SIZE, SIZE, 1), shifted)
    export.to_int8(shifted, as_int8, export.ranges(shifted, pictures))
    found = graph.read(as_int8)
    graph.check(found)
    return found


def fixture_pictures(grids: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Seeded mosaics without people: uint8[N, 16, 16] enlarged eight times, plus a ramp, modulo 256."""
    large = grids.repeat(SIZE // FIXTURE_GRID, axis=1).repeat(SIZE // FIXTURE_GRID, axis=2)
    ramp = np.add.outer(np.arange(SIZE), np.arange(SIZE)).astype(np.uint8)
    return (large + ramp[None]).astype(np.uint8)


def write_fixture(model: Path, file: Path) -> None:
    """``grids`` (see ``fixture_pictures``) and every int8 output of the model on them, by name."""
    rng = np.random.default_rng(FIXTURE_SEED)
    grids = rng.integers(0, 256, (FIXTURE_INPUTS, FIXTURE_GRID, FIXTURE_GRID), dtype=np.uint8)
    # Contrasts from flat to full, so that the outputs are not all of one kind.
    grids = (grids * np.linspace(0, 1, FIXTURE_INPUTS)[:, None, None]).astype(np.uint8)
    outputs = graph.run_raw(model, fixture_pictures(grids)[..., None])
    file.parent.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {name: raw for name, (raw, _, _) in outputs.items()}
    np.savez_compressed(file, grids=grids, **arrays)
