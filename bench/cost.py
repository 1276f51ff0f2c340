"""What a frame costs: one tracked face (a clip), four faces, nobody; start-up, help, memory.

    python -m bench.cost [--frames N] [--soak]

Where the peers have been fetched (``make bench-models`` does), each scene also says what BlazeFace,
face mesh and fer would cost for the same calls: Mien began with those, and the aim of 1.5 times
the bare networks was set against them.

``--soak`` instead: ten minutes of looped clip (unpaced), memory after the first and at the end.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np

from bench.models import NETWORKS, interpreter, take_turns
from edge import config, pipeline
from edge.commands.bench import Cost, measure, read, start_s, table
from edge.device import camera, health
from edge.device.camera import CameraSettings
from edge.judge.rules import Rules
from edge.see.settings import SightSettings
from edge.see.sight import Sight
from edge.types import NS, Frame

MEDIA = Path(__file__).parents[1] / ".cache" / "media"
CLIP = MEDIA / "WolfgangLanger_Pexels.mp4"
SOAK_S = 600


def main() -> None:
    parser = argparse.ArgumentParser(description="What a frame costs.")
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--soak", action="store_true", help="ten minutes of clip, memory watched")
    arguments = parser.parse_args()
    if arguments.soak:
        soak()
        return
    files = config.manifest(config.manifest_path())
    scenes = {
        "one tracked face (the pinned clip)": read(CLIP, arguments.frames),
        "four faces (one portrait, four times)": four_faces(arguments.frames),
        "nobody (grey noise)": nobody(arguments.frames),
    }
    for name, frames in scenes.items():
        cost = measure(frames, files, SightSettings())
        print(f"\n{name}, {cost.frames} frames")
        print("\n".join(table(cost)))
        print(f"glue: {glue_ms(cost):.3f} ms a frame")
        if (first_ms := interim_ms(cost)) is not None:
            print(
                f"the networks that it began with, alone: {first_ms:.3f} ms; "
                f"the whole frame is {cost.frame_ms / first_ms:.2f} of that"
            )
    print(f"\nstart to first observation: {median_s(lambda: start_s(CLIP)):.2f} s")
    print(f"mien --help: {median_s(help_s):.2f} s (wall, medians of 5)")


def glue_ms(cost: Cost) -> float:
    """Pipeline less bare networks, by the ratio, so that a drift in speed cancels out."""
    return (cost.ratio - 1) * cost.bare_ms


def interim_ms(cost: Cost) -> float | None:
    """What the peers' bare ``invoke()`` would take for the same calls, ms a frame; None without."""
    peers = [network for network in NETWORKS if network.peer]
    if not all(network.path.is_file() for network in peers):
        return None
    module = importlib.import_module("ai_edge_litert.interpreter")
    spent_us = take_turns({peer: interpreter(module, peer) for peer in peers}, rounds=50)
    total_us = sum(cost.stages[p.job][0] * statistics.median(us) for p, us in spent_us.items())
    return total_us / 1e3 / cost.frames


def four_faces(count: int) -> list[Frame]:
    """A portrait four times in one 640 x 480 picture, swaying a little."""
    face = cv2.imread(str(MEDIA / "single_face.jpg"), cv2.IMREAD_COLOR_RGB)
    tile = cv2.resize(face, (320, 240), interpolation=cv2.INTER_AREA)
    picture = np.tile(tile, (2, 2, 1))
    return [
        Frame(i * NS // 30, np.roll(picture, round(6 * np.sin(i / 10)), axis=1).astype(np.uint8))
        for i in range(count)
    ]


def nobody(count: int) -> list[Frame]:
    """Noise around middle grey, seeded."""
    noise = np.random.default_rng(0)
    pictures = [noise.integers(90, 160, (480, 640, 3), dtype=np.uint8) for _ in range(10)]
    return [Frame(i * NS // 30, pictures[i % 10]) for i in range(count)]


def help_s() -> float:
    started = time.monotonic()
    command = [sys.executable, "-m", "edge", "--help"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - started


def median_s(once) -> float:  # noqa: ANN001 - a function that gives seconds
    return statistics.median(once() for _ in range(5))


def soak() -> None:
    """Ten minutes of clip through see and judge; memory after the first minute and at the end."""
    settings = CameraSettings(source=str(CLIP), realtime=False, loop=True)
    see = Sight.load(config.manifest(config.manifest_path()), SightSettings())
    warm_mb = None
    with camera.frames(settings) as frames:
        for step in pipeline.judge(pipeline.observe(frames, see), Rules()):
            if warm_mb is None and step.t_ns > 60 * NS:
                warm_mb = health.rss_mb()
            if step.t_ns > SOAK_S * NS:
                break
    print(f"memory after 1 minute {warm_mb:.1f} MB, after 10 minutes {health.rss_mb():.1f} MB")


if __name__ == "__main__":
    main()
