"""What a .tflite file is made of, read back from the file; and the file, run on pictures.

`check(read(path))` is the gate that every model of ours passes before it is committed: every operator
int8, ReLU fused, no PAD, one XNNPACK partition, camera bytes in as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter


@dataclass(frozen=True)
class Port:
    """An input or output tensor: what a runtime needs to know to feed or read it."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    scale: float  # real = (stored - zero_point) * scale; 0.0 when the tensor is float32
    zero_point: int


@dataclass(frozen=True)
class Graph:
    """What a .tflite file is made of. `ops` counts (operator, dtype of its first output)."""

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    ops: Mapping[tuple[str, str], int]
    loose_relus: int  # RELU/RELU6 operators of their own, which XNNPACK does not take in int8
    parameters: int
    macs: int
    partitions: int  # XNNPACK partitions; 1 only when nothing runs outside it
    size: int  # bytes of the file

    @property
    def int8_share(self) -> float:
        """Share of the operators whose result is int8."""
        return sum(n for (_, dtype), n in self.ops.items() if dtype == "INT8") / sum(self.ops.values())


def read(path: Path) -> Graph:
    """Read a .tflite file back: ports, operators by dtype, cost, and how XNNPACK cuts it."""
    model = parse(path)
    main = model.subgraphs[0]
    kinds = [_operator(model, op) for op in main.operators]
    dtypes = [_dtype(main.tensors[op.outputs[0]]) for op in main.operators]
    weighed = [(op, kind) for op, kind in zip(main.operators, kinds, strict=True) if kind in _WEIGHTED]
    constants = {int(i) for op, _ in weighed for i in list(op.inputs)[1:] if i >= 0}
    return Graph(
        inputs=tuple(_port(main.tensors[i]) for i in main.inputs),
        outputs=tuple(_port(main.tensors[i]) for i in main.outputs),
        ops=dict(Counter(zip(kinds, dtypes, strict=True))),
        loose_relus=sum(kind.startswith("RELU") for kind in kinds),
        parameters=sum(int(np.prod(main.tensors[i].shape)) for i in constants),
        macs=sum(_macs(main, op, kind) for op, kind in weighed),
        partitions=_partitions(path),
        size=path.stat().st_size,
    )


def check(found: Graph, allow_float: bool = False) -> None:
    """Raise ValueError, naming every fault, unless the graph is what XNNPACK runs fastest."""
    faults = [f"{n} x {op} is {dtype}" for (op, dtype), n in found.ops.items() if dtype != "INT8" and not allow_float]
    faults += [f"{n} x {op} should be folded" for (op, _), n in found.ops.items() if op in ("PAD", "TRANSPOSE")]
    faults += [f"{found.loose_relus} ReLU not fused"] * bool(found.loose_relus)
    faults += [f"{found.partitions} XNNPACK partitions, expected 1"] * (found.partitions != 1)
    source = found.inputs[0]
    if (source.dtype, source.zero_point) != ("INT8", -128) or abs(source.scale * 255 - 1) > 1e-4:
        faults.append(f"input {source.name} is not camera bytes ^ 0x80: {source}")
    faults += [f"output {p.name} is {p.dtype}" for p in found.outputs if p.dtype != "INT8" and not allow_float]
    if faults:
        raise ValueError("graph refused: " + "; ".join(faults))


def run(path: Path, pictures: np.ndarray) -> dict[str, np.ndarray]:
    """Run uint8[N, H, W, C] through a float or int8 model: {head: float32[N, ...]}, dequantised."""
    return {name: (raw.astype(np.float32) - zero) * scale if scale else raw
            for name, (raw, scale, zero) in run_raw(path, pictures).items()}  # fmt: skip


def run_raw(path: Path, pictures: Iterable[np.ndarray]) -> dict[str, tuple[np.ndarray, float, int]]:
    """As `run`, but as stored: {head: (int8 or float32[N, ...], scale, zero point)}."""
    interpreter = Interpreter(str(path), num_threads=1)
    interpreter.allocate_tensors()
    source = interpreter.get_input_details()[0]
    heads = interpreter.get_output_details()
    seen: dict[str, list[np.ndarray]] = {head["name"]: [] for head in heads}
    for picture in pictures:
        int8 = source["dtype"] == np.int8
        stored = (picture ^ 0x80).view(np.int8) if int8 else picture.astype(np.float32) / 255
        interpreter.set_tensor(source["index"], stored[None])
        interpreter.invoke()
        for head in heads:
            seen[head["name"]].append(interpreter.get_tensor(head["index"])[0].copy())
    return {h["name"]: (np.stack(seen[h["name"]]), *h["quantization"]) for h in heads}


_WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
_OPERATORS: dict[int, str] = {v: k for k, v in vars(schema.BuiltinOperator).items() if isinstance(v, int)}
_DTYPES: dict[int, str] = {v: k for k, v in vars(schema.TensorType).items() if isinstance(v, int)}


def parse(path: Path) -> Any:
    """The file as the schema's object tree (`ModelT`), with every buffer inside the tree.

    The quantiser writes larger models with the weights behind the tree, by offset; whoever packs such
    a tree again without them writes a broken file.
    """
    raw = path.read_bytes()
    model = schema.ModelT.InitFromPackedBuf(raw, 0)
    for buffer in model.buffers:
        if buffer.offset > 1:
            buffer.data = np.frombuffer(raw, np.uint8, buffer.size, buffer.offset)
        buffer.offset = buffer.size = 0
    return model


def _operator(model: Any, op: Any) -> str:
    code = model.operatorCodes[op.opcodeIndex]
    return _OPERATORS[max(code.builtinCode, code.deprecatedBuiltinCode)]  # old files fill only the latter


def _dtype(tensor: Any) -> str:
    return _DTYPES[tensor.type]


def _port(tensor: Any) -> Port:
    q = tensor.quantization
    quantised = q is not None and q.scale is not None and len(q.scale) > 0
    scale, zero = (float(q.scale[0]), int(q.zeroPoint[0])) if quantised else (0.0, 0)
    return Port(tensor.name.decode(), tuple(int(n) for n in tensor.shape), _dtype(tensor), scale, zero)


def _macs(main: Any, op: Any, kind: str) -> int:
    weights = main.tensors[op.inputs[1]].shape
    if kind == "FULLY_CONNECTED":
        return int(np.prod(weights))
    per_output = np.prod(weights[1:3]) if kind == "DEPTHWISE_CONV_2D" else np.prod(weights[1:])
    return int(np.prod(main.tensors[op.outputs[0]].shape) * per_output)


def _partitions(path: Path) -> int:
    """Parts that XNNPACK takes, plus one if anything before, between or after them is left over."""
    interpreter = Interpreter(str(path), num_threads=1)
    interpreter.allocate_tensors()
    parts = [op for op in interpreter._get_ops_details() if op["op_name"] == "DELEGATE"]
    ends = {d["index"] for d in interpreter.get_input_details() + interpreter.get_output_details()}
    covered = {int(t) for part in parts for t in [*part["inputs"], *part["outputs"]]}
    return len(parts) + (not ends <= covered)
