"""Inputs that anybody can make again, and the int8 outputs that they must give on every machine.

Bit for bit.
"""

from __future__ import annotations


import numpy as np
import numpy.typing as npt

from models.training import graph
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SIZE = 160


def synthetic(count: int = 8) -> npt.NDArray[np.uint8]:
    """uint8[N, 160, 160, 3] without anybody in them: gradients, noise, stripes, black, white."""
    rng = np.random.default_rng(0)
    ramp = np.linspace(0, 255, SIZE).astype(np.uint8)
    across = np.broadcast_to(ramp[None, :, None], (SIZE, SIZE, 3))
    down = np.broadcast_to(ramp[:, None, None], (SIZE, SIZE, 3))
    ys, xs = np.mgrid[0:SIZE, 0:SIZE]
    rings = (
        (127 + 127 * np.sin(np.hypot(xs - 70, ys - 90) / 5))
        .astype(np.uint8)[..., None]
        .repeat(3, 2)
    )
    board = ((xs // 10 + ys // 10) % 2 * 255).astype(np.uint8)[..., None].repeat(3, 2)
    noise = rng.integers(0, 256, (2, SIZE, SIZE, 3), dtype=np.uint8)
    rest = [np.zeros((SIZE, SIZE, 3), np.uint8), np.full((SIZE, SIZE, 3), 255, np.uint8)]
    return np.stack([across, down, rings, board, *noise, *rest])[:count]


def write_fixture(int8: Path, path: Path) -> None:
    """The exact int8 outputs for `synthetic()`.

    The inputs are not stored but made again: noise does not compress; their sum is stored, so that
    a change of them is noticed.
    """
    pictures = synthetic()
    outputs = {name: values for name, (values, _, _) in graph.run_raw(int8, pictures).items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        path,
        checksum=np.asarray(pictures.astype(np.int64).sum((1, 2, 3))),
        **{f"out_{name}": values for name, values in outputs.items()},
    )
