"""LiteRT: a model is a file that was checked, and a function of one array.

The only module that knows ``ai_edge_litert`` or ``tflite_runtime``; both have the same
interpreter. They are imported when a model is loaded, not before.
"""

from __future__ import annotations

import hashlib
import importlib
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import Struct

if TYPE_CHECKING:
    from types import ModuleType

    from numpy.typing import NDArray

    from edge.see.modelfile import ModelFile

RUNTIMES = ("ai_edge_litert.interpreter", "tflite_runtime.interpreter")
"""In the order in which they are tried."""


class ModelError(Exception):
    """A model that is missing, damaged or not the one this code was written for."""


class Tensor(Struct, frozen=True):
    """A tensor as the code expects it: name, shape and dtype (``int8``, ``uint8``, ``float32``)."""

    name: str
    shape: tuple[int, ...]
    dtype: str


class Spec(Struct, frozen=True):
    """The shape of a model that a decoder was written for."""

    name: str
    input: Tensor
    outputs: tuple[Tensor, ...]


class Stored(Struct, frozen=True):
    """An output as the file has it: real = (values - zero) * scale, as the file says."""

    values: NDArray[np.int8]
    scale: float
    zero: int

    def real(self) -> NDArray[np.float32]:
        """float32, flat."""
        return (self.values.ravel().astype(np.float32) - self.zero) * np.float32(self.scale)

    def at(self, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """float32[N, channels] of the chosen cells, all dimensions but the last counted as one."""
        chosen = self.values.reshape(-1, self.values.shape[-1])[rows]
        return (chosen.astype(np.float32) - self.zero) * np.float32(self.scale)

    def stored(self, real: float) -> float:
        """The value, not rounded, that ``real`` would be stored as."""
        return real / self.scale + self.zero


class Model:
    """A loaded model: input as stored in, outputs by name as stored out."""

    def __init__(self, interpreter: Any, spec: Spec, file: ModelFile, runtime: str) -> None:
        """Wire up an allocated interpreter that was checked against ``spec``."""
        self.spec = spec
        self.file = file
        self.runtime = runtime
        self._interpreter = interpreter
        details = interpreter.get_input_details()[0]
        self._input: int = details["index"]
        by_name = {d["name"]: d for d in interpreter.get_output_details()}
        self._outputs = [
            (t.name, by_name[t.name]["index"], *by_name[t.name]["quantization"])
            for t in spec.outputs
        ]

    def __call__(self, array: NDArray[Any]) -> dict[str, Stored]:
        """Run once. ``array`` has the dtype and shape of ``spec.input``."""
        self._interpreter.set_tensor(self._input, array)
        self._interpreter.invoke()
        return {
            name: Stored(self._interpreter.get_tensor(index), scale, zero)
            for name, index, scale, zero in self._outputs
        }

    def invoke(self) -> None:
        """Run on whatever the input holds: what ``bench`` measures everything against."""
        self._interpreter.invoke()


def load(spec: Spec, file: ModelFile, runtime: str | None = None) -> Model:
    """Open ``file``, refuse it in words unless hash, tensors, shapes and dtypes are ``spec``'s.

    Raises ``ModelError``.
    """
    try:
        content = file.path.read_bytes()
    except OSError as error:
        msg = f"model {spec.name}: cannot read {file.path}: {error.strerror}"
        raise ModelError(msg) from error
    found = hashlib.sha256(content).hexdigest()
    if found != file.sha256:
        msg = (
            f"model {spec.name}: {file.path} is not the file of the manifest: "
            f"sha256 is {found[:16]}…, expected {file.sha256[:16]}…"
        )
        raise ModelError(msg)
    module = _runtime(runtime)
    try:
        interpreter = module.Interpreter(model_content=content, num_threads=1)
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        msg = f"model {spec.name}: {file.path} is not a usable .tflite file: {error}"
        raise ModelError(msg) from error
    _match(spec, spec.input, interpreter.get_input_details())
    for tensor in spec.outputs:
        _match(spec, tensor, interpreter.get_output_details())
    return Model(interpreter, spec, file, module.__name__.partition(".")[0])


def _runtime(name: str | None) -> ModuleType:
    for candidate in RUNTIMES if name is None else (f"{name}.interpreter",):
        try:
            return importlib.import_module(candidate)
        except ModuleNotFoundError:
            continue
    msg = "no LiteRT runtime is installed: pip install ai-edge-litert"
    raise ModelError(msg)


def _match(spec: Spec, tensor: Tensor, details: list[dict[str, Any]]) -> None:
    by_name = {d["name"]: d for d in details}
    if tensor.name not in by_name:
        msg = f"model {spec.name}: no tensor {tensor.name!r}, only {', '.join(sorted(by_name))}"
        raise ModelError(msg)
    found = by_name[tensor.name]
    shape, dtype = tuple(int(n) for n in found["shape"]), np.dtype(found["dtype"]).name
    if shape != tensor.shape or dtype != tensor.dtype:
        msg = (
            f"model {spec.name}: tensor {tensor.name!r} is {dtype}{list(shape)}, "
            f"expected {tensor.dtype}{list(tensor.shape)}"
        )
        raise ModelError(msg)
