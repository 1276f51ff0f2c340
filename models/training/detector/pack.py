"""Makes a quantised .tflite smaller without changing what it computes.

The quantiser writes, for every per-channel tensor, a zero-point vector of eight bytes a channel:
all of them zeros; and every tensor's name is the whole path of the torch module that it came from.
In a network this small that is a third of the file. Equal vectors are written once here, as
flatbuffers allow, and inner tensors get short names; readers see no difference.
"""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

import flatbuffers
import numpy as np

from models.training.graph import parse

if TYPE_CHECKING:
    from pathlib import Path


class _SharingBuilder(flatbuffers.Builder):  # type: ignore[misc]
    """A builder that points twice to one vector instead of writing it twice (buffers of weights
    too).
    """

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self._written: dict[tuple[str, bytes], int] = {}

    def CreateNumpyVector(self, x: Any) -> int:  # noqa: N802 - the name that flatbuffers calls
        key = (str(x.dtype), np.ascontiguousarray(x).tobytes())
        if key not in self._written:
            self._written[key] = int(super().CreateNumpyVector(x))
        return self._written[key]


def shrink(path: Path) -> int:
    """Rewrite the file in place with equal vectors shared; returns its size in bytes."""
    model = parse(path)
    main = model.subgraphs[0]
    ports = {int(i) for i in [*main.inputs, *main.outputs]}
    for k, tensor in enumerate(main.tensors):
        if k not in ports:
            tensor.name = b"t%d" % k
        if tensor.quantization is not None:
            # Calibration ranges: nobody reads them after the quantiser.
            tensor.quantization.min = tensor.quantization.max = None
    model.description = b"mien detector"
    builder = _SharingBuilder(1 << 20)
    builder.Finish(model.Pack(builder), b"TFL3")
    path.write_bytes(bytes(builder.Output()))
    return path.stat().st_size
