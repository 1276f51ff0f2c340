"""A model's entry for `models/manifest.yaml`, written beside the model by the run that made it.

    write(Path("models/manifest.yaml"), entry(Path("models/expression.tflite"), Facts(...)))

What can be read from the file (hash, tensors, operators, cost) is read from the file; what only the
training knows (`Facts`) is said by the training.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from models.training import graph

HEAD = """# The networks that Mien runs, each entry written by the training that made it. A file whose sha256
# or tensors differ is refused at start. What the figures mean: models/README.md.
"""


@dataclass(frozen=True)
class Facts:
    """What the file cannot say about itself.

    `order` is the label or point order of each output, by output name. `accuracy` is set -> "float" or
    "int8" -> figure -> value, the same sets for both. `extra` holds the model's own constants
    (temperature, thresholds, crop geometry).
    """

    version: str
    licence: str  # of the training data, as stated by its source
    order: Mapping[str, Sequence[str]]
    data: Sequence[str]
    command: str
    seed: int
    epochs: int
    accuracy: Mapping[str, Mapping[str, Mapping[str, float]]]
    failures: Sequence[str]
    extra: Mapping[str, Any] = field(default_factory=dict)


def entry(model: Path, facts: Facts) -> dict[str, Any]:
    """The manifest entry as plain values. Raises ValueError if the graph is not one XNNPACK partition of int8."""
    found = graph.read(model)
    graph.check(found)
    return {
        "file": model.name,
        "sha256": hashlib.sha256(model.read_bytes()).hexdigest(),
        "bytes": found.size,
        "version": facts.version,
        "licence": facts.licence,
        "inputs": [_port(p) for p in found.inputs],
        "outputs": [_port(p) | {"order": list(facts.order.get(p.name, ()))} for p in found.outputs],
        **facts.extra,
        "parameters": found.parameters,
        "macs": found.macs,
        "operators": {f"{op} {dtype.lower()}": n for (op, dtype), n in sorted(found.ops.items())},
        "int8_share": round(found.int8_share, 4),
        "partitions": found.partitions,
        "training": {
            "data": list(facts.data),
            "command": facts.command,
            "seed": facts.seed,
            "epochs": facts.epochs,
        },
        "accuracy": {
            name: {
                kind: {k: _figure(v) for k, v in figures.items()} for kind, figures in kinds.items()
            }
            for name, kinds in facts.accuracy.items()
        },
        "known_failures": list(facts.failures),
    }


def write(path: Path, found: Mapping[str, Any]) -> None:
    """Put one model's entry into the manifest at ``path``, under the model's name.

    The other entries stay as they are; keys are in the order given.
    """
    there = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else None
    models = (there or {}).get("models", {}) | {Path(found["file"]).stem: dict(found)}
    text = yaml.safe_dump({"models": models}, sort_keys=False, allow_unicode=True, width=100)
    path.write_text(HEAD + text, encoding="utf-8")


def _figure(value: float) -> float:
    """A count as it is, a share with four digits."""
    return value if isinstance(value, int) else round(float(value), 4)


def _port(port: graph.Port) -> dict[str, Any]:
    return {
        "name": port.name,
        "shape": list(port.shape),
        "dtype": port.dtype.lower(),
        "scale": port.scale,
        "zero_point": port.zero_point,
    }
