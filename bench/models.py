"""What each network costs, ours beside its peers, taking turns in one process.

    python -m bench.models [--runtime ai_edge_litert|tflite_runtime] [--rounds N]

Ratios are to the peer that does the same job (BlazeFace, face mesh, fer), in the same run: CPU
microseconds belong to the machine. MediaPipe's attention mesh is not in the table: its file needs
custom operators that no plain runtime has.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
PEERS = ROOT / ".cache" / "peers"
FLOAT = ROOT / "models" / "float"


@dataclass(frozen=True)
class Network:
    """A .tflite file, and which job it does."""

    name: str
    job: str
    path: Path
    peer: bool = False


NETWORKS = (
    Network(
        "BlazeFace short range, float",
        "detector",
        PEERS / "face_detection_short_range.tflite",
        peer=True,
    ),
    Network("ours, float", "detector", FLOAT / "detector.tflite"),
    Network("ours, int8", "detector", ROOT / "models" / "detector.tflite"),
    Network("MediaPipe face mesh, float", "landmarks", PEERS / "face_landmark.tflite", peer=True),
    Network("ours, float", "landmarks", FLOAT / "landmarks.tflite"),
    Network("ours, int8", "landmarks", ROOT / "models" / "landmarks.tflite"),
    Network("ours, float", "eyes", FLOAT / "eyes.tflite"),
    Network("ours, int8", "eyes", ROOT / "models" / "eyes.tflite"),
    Network(
        "fer mini-XCEPTION, dynamic int8",
        "expression",
        PEERS / "emotion_model_quantized.tflite",
        peer=True,
    ),
    Network("ours, float", "expression", FLOAT / "expression.tflite"),
    Network("ours, int8", "expression", ROOT / "models" / "expression.tflite"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description="What each network costs.")
    parser.add_argument("--runtime", default="ai_edge_litert")
    parser.add_argument("--rounds", type=int, default=100)
    arguments = parser.parse_args()
    module = importlib.import_module(f"{arguments.runtime}.interpreter")
    loaded = {network: interpreter(module, network) for network in NETWORKS}
    spent = take_turns(loaded, arguments.rounds)
    median = {network: statistics.median(times) for network, times in spent.items()}
    by_job = {network.job: network for network in NETWORKS if network.peer}
    print(f"{arguments.runtime}, one thread, medians of {arguments.rounds} interleaved runs\n")
    print("| job | network | CPU µs | peer / this | kB | MMAC |")
    print("|---|---|---|---|---|---|")
    for network in NETWORKS:
        peer = by_job.get(network.job)  # nobody's network does what the eyes' does
        ratio = "–" if peer is None else f"{pairwise_ratio(spent[peer], spent[network]):.2f}×"
        print(
            f"| {network.job} | {network.name} | {median[network]:.0f} | {ratio} "
            f"| {network.path.stat().st_size / 1000:.0f} | {mmac(network)} |"
        )
    tracked(median)


def tracked(median: dict[Network, float]) -> None:
    """Landmarks and expression of one face, ours against mesh and fer."""
    peers = sum(us for n, us in median.items() if n.peer and n.job != "detector")
    ours = sum(us for n, us in median.items() if n.name == "ours, int8" and n.job != "detector")
    size = sum(n.path.stat().st_size for n in NETWORKS if n.name == "ours, int8")
    print(f"\nlandmarks + expression: {ours / peers:.2f} of mesh + fer")
    print(f"ours together: {size / 1e6:.2f} MB")


def interpreter(module: Any, network: Network) -> Any:
    if not network.path.is_file():
        message = f"{network.path} is missing: run `make bench-models`, which fetches the peers"
        raise SystemExit(message)
    built = module.Interpreter(model_path=str(network.path), num_threads=1)
    built.allocate_tensors()
    return built


def take_turns(loaded: dict[Network, Any], rounds: int) -> dict[Network, list[float]]:
    """CPU microseconds a run; each network runs once unmeasured before it is measured."""
    spent: dict[Network, list[float]] = {network: [] for network in loaded}
    for _ in range(rounds):
        for network, built in loaded.items():
            built.invoke()
            started = time.thread_time_ns()
            built.invoke()
            spent[network].append((time.thread_time_ns() - started) / 1e3)
    return spent


def pairwise_ratio(peer: list[float], own: list[float]) -> float:
    return statistics.median(p / o for p, o in zip(peer, own, strict=True))


def mmac(network: Network) -> str:
    """From the manifest; the peers' from their papers' graphs (``models/README.md``)."""
    if network.peer:
        return {"detector": "31", "landmarks": "35", "expression": "–"}[network.job]
    manifest = yaml.safe_load((ROOT / "models" / "manifest.yaml").read_text(encoding="utf-8"))
    return f"{manifest['models'][network.job]['macs'] / 1e6:.1f}"


if __name__ == "__main__":
    main()
