"""A torch network becomes a float32 .tflite, then an int8 one, and both are read back and checked.

The whole way, for a network with one or several named heads:

    to_float(net, (128, 128, 1), work / "landmarks-float.tflite")
    found = ranges(work / "landmarks-float.tflite", pictures)           # clipped at 99.99 %
    to_int8(work / "landmarks-float.tflite", Path("models/landmarks.tflite"), found)
    graph.check(graph.read(Path("models/landmarks.tflite")))            # raises, in words
    values = graph.run(Path("models/landmarks.tflite"), pictures)       # {head: float32[N, ...]}

(`from models.training import graph`; `pictures` are uint8[N, H, W, C].)

`net` is an `nn.Module` in eval mode. It takes float32[1, C, H, W] in 0..1 (camera byte / 255) and
returns a dict of name -> tensor; a 4-D head comes out as NHWC, any other shape as it is. The dict's
keys become the names of the output tensors and the signature's names; the input is called `image`.

What keeps the graph in one XNNPACK partition (each was measured):

- Conv2d + BatchNorm2d + ReLU6 is folded by the converter, and so is `F.relu6(a + b)` into ADD.
- A 3x3 stride 2 convolution on an even size: `nn.ZeroPad2d((0, 1, 0, 1))` and `padding=0` is what
  SAME means in TFLite, and leaves no PAD. `padding=1` pads on the other side and leaves a PAD.
- A global mean is `x.mean((2, 3), keepdim=True)`; without `keepdim` a TRANSPOSE appears.
- A stand-alone ReLU/ReLU6 on a tensor that was already used elsewhere cannot be fused.

Depthwise -> pointwise equalisation is left out on purpose: with ReLU6 between the two, every channel
already ends at 6, and scaling a channel would move its ceiling.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from torch import Tensor, nn

from models.training.graph import parse, run

INPUT = "image"
SAMPLES = 2_000_000  # values kept for each tensor's percentiles: 200 beyond either end at 99.99 %
AGREES = 1e-3  # of a head's largest value: float32 summed in another order
FAINTEST = 2.0**-9  # of a sum's scale, for what is added: XNNPACK leaves an ADD alone below 2**-10
Ranges = Mapping[str, tuple[float, float]]


class _CameraLayout(nn.Module):
    """NHWC outside, NCHW inside; the converter cancels the transpositions."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        heads = self.net(image.permute(0, 3, 1, 2))
        return {k: v.permute(0, 2, 3, 1) if v.ndim == 4 else v for k, v in heads.items()}


def to_float(net: nn.Module, shape: tuple[int, int, int], dst: Path) -> Path:
    """Write `net` as float32 .tflite with input float32[1, H, W, C] in 0..1. `shape` is (H, W, C)."""
    import litert_torch  # heavy (jax); only whoever exports pays for it

    # A network in channels_last is exported with its weights in the wrong order, without a word.
    plain = copy.deepcopy(net).to(memory_format=torch.contiguous_format).eval()  # type: ignore[call-overload]
    with torch.no_grad():
        edge = litert_torch.convert(
            _CameraLayout(plain).eval(), sample_kwargs={INPUT: torch.zeros(1, *shape)}
        )
    dst.parent.mkdir(parents=True, exist_ok=True)
    edge.export(str(dst))
    _rename_ports(dst)
    _same_answers(net, dst, shape)
    return dst


@torch.no_grad()
def _same_answers(net: nn.Module, exported: Path, shape: tuple[int, int, int]) -> None:
    """Raise ValueError if the exported file and the network disagree on noise."""
    noise = np.random.default_rng(0).integers(0, 256, (4, *shape), np.uint8)
    found = run(exported, noise)
    for row, picture in enumerate(noise):
        wanted = _CameraLayout(net.eval())(torch.from_numpy(picture[None]).float() / 255)
        for name, value in wanted.items():
            apart = float(np.abs(found[name][row] - value[0].numpy()).max())
            if apart > AGREES * max(1.0, float(value.abs().max())):
                raise ValueError(
                    f"{exported.name}: {name} is {apart:.4f} away from the torch network"
                )


def ranges(
    src: Path, pictures: np.ndarray, percentile: float = 99.99, seed: int = 0
) -> dict[str, tuple[float, float]]:
    """Range of every activation of the float model, clipped at `percentile` at both ends.

    `pictures` is uint8[N, H, W, C]; some hundreds, dark and bright ones among them. Min-max ruins
    these networks: single outliers are many times the 99.9th percentile (spec: models).
    """
    interpreter = Interpreter(
        str(src),
        num_threads=1,
        experimental_preserve_all_tensors=True,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    interpreter.allocate_tensors()
    image = interpreter.get_input_details()[0]["index"]
    results = {t for op in interpreter._get_ops_details() for t in op["outputs"]}
    names = {t: interpreter._get_tensor_details(t, 0)["name"] for t in results}
    seen: dict[str, list[np.ndarray]] = {name: [] for name in names.values()}
    rng = np.random.default_rng(seed)
    keep = max(1, SAMPLES // len(pictures))
    for picture in pictures:
        interpreter.set_tensor(image, picture[None].astype(np.float32) / 255)
        interpreter.invoke()
        for tensor, name in names.items():
            values = interpreter.get_tensor(tensor).ravel()
            seen[name].append(
                values if values.size <= keep else rng.choice(values, keep, replace=False)
            )
    found = {name: _clipped(np.concatenate(values), percentile) for name, values in seen.items()}
    for op in interpreter._get_ops_details():
        if op["op_name"] == "ADD":
            total = found[names[op["outputs"][0]]]
            for name in (names[t] for t in op["inputs"] if t in names):
                found[name] = _widened(found[name], FAINTEST * (total[1] - total[0]))
    return found


def _widened(values: tuple[float, float], least: float) -> tuple[float, float]:
    """A block that has learned next to nothing adds next to nothing; its scale must not show that."""
    low, high = values
    return low, max(high, low + least)


def _clipped(values: np.ndarray, percentile: float) -> tuple[float, float]:
    low, high = np.percentile(values, [100 - percentile, percentile])
    return min(0.0, float(low)), max(1e-6, float(high))  # zero must be representable


def to_int8(src: Path, dst: Path, found: Ranges, keep_float: Sequence[str] = ()) -> Path:
    """Write `src` with per-channel int8 weights, int8 activations, int8 in and out.

    `found` comes from `ranges`; entries may be replaced, by tensor name, where a range is known.
    The input's range is 0..1 by construction, so that a camera byte ^ 0x80 is the stored int8.
    The operators that make the heads named in `keep_float` stay float32, and then all heads come out
    as float32 (an escape, not a habit: `graph.check` refuses it unless told `allow_float`).
    """
    os.environ.setdefault("GLOG_minloglevel", "3")
    from ai_edge_quantizer import qtyping, quantizer, recipe
    from ai_edge_quantizer.algorithm_manager import AlgorithmName

    job = quantizer.Quantizer(str(src), recipe.static_wi8_ai8())
    for head in keep_float:
        everything = qtyping.TFLOperationName.ALL_SUPPORTED
        job.update_quantization_recipe(head, everything, algorithm_key=AlgorithmName.NO_QUANTIZE)
    shapes = {t.name.decode(): len(t.shape) for t in parse(src).subgraphs[0].tensors}
    wanted = {**{k: v for k, v in found.items() if k in shapes}, INPUT: (0.0, 1.0)}
    statistics = {
        name: {
            "min": np.full((1,) * shapes[name], low, np.float32),
            "max": np.full((1,) * shapes[name], high, np.float32),
        }
        for name, (low, high) in wanted.items()
    }
    result = job.quantize(statistics, enable_progress_report=False)
    dst.parent.mkdir(parents=True, exist_ok=True)
    dst.write_bytes(bytes(result.quantized_model))
    _rename_ports(dst)
    return dst


def _rename_ports(path: Path) -> None:
    """Give input and output tensors their signature's names: `image`, and the heads' own."""
    import flatbuffers

    model = parse(path)
    tensors = model.subgraphs[0].tensors
    for port in [*model.signatureDefs[0].inputs, *model.signatureDefs[0].outputs]:
        tensors[port.tensorIndex].name = port.name
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), b"TFL3")
    path.write_bytes(bytes(builder.Output()))
