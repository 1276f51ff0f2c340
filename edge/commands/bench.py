"""``mien bench``: what a frame costs on this machine, as CPU time, beside the bare networks.

Pipeline and bare ``invoke()`` take turns in one process, chunk by chunk, so that a machine whose
speed drifts slows both alike; the ratio of a chunk is what to compare between machines.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from itertools import islice
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from edge import config as configuration
from edge import pipeline
from edge.device import camera, health
from edge.device.camera import CameraError, CameraSettings
from edge.judge.rules import Rules
from edge.see import detector, expression, eyes, landmarks
from edge.see.runtime import ModelError, load
from edge.see.settings import SightSettings
from edge.see.sight import Sight
from edge.tell.report import Identity, Reporter

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from edge.see.modelfile import ModelFile
    from edge.see.runtime import Model
    from edge.types import Frame

CHUNK = 30
"""Frames between two turns of the bare networks."""

ROLES = {spec.name: spec for spec in (detector.SPEC, landmarks.SPEC, eyes.SPEC, expression.SPEC)}


class Cost(Struct, frozen=True):
    """Of one scene. Times are CPU milliseconds; medians over the chunks."""

    frames: int
    frame_ms: float
    bare_ms: float
    ratio: float
    stages: dict[str, tuple[int, float, float]]
    """By role: calls, ms a call with its glue, ms of the bare ``invoke()``."""

    @property
    def glue_ms(self) -> float:
        """What a frame costs beyond its networks."""
        return self.frame_ms - self.bare_ms


def run(arguments: argparse.Namespace) -> int:
    """Measure a clip and print a table."""
    if arguments.frames < 1:
        print(f"mien bench: --frames: expected 1 or more, got {arguments.frames}", file=sys.stderr)
        return 2
    try:
        config = configuration.load(arguments.config)
        files = configuration.manifest(configuration.manifest_path())
        frames = read(arguments.clip, arguments.frames)
        started_s = statistics.median(start_s(arguments.clip) for _ in range(3))
        cost = measure(frames, files, config.see)
    except (configuration.ConfigError, CameraError, ModelError) as error:
        print(f"mien bench: {error}", file=sys.stderr)
        return 1
    for line in table(cost):
        print(line)
    print(f"start to first observation {started_s:.2f} s of wall time, median of 3")
    print(f"memory {health.rss_mb():.0f} MB, of which {held_mb(frames):.0f} MB are the clip")
    return 0


def read(clip: Path, most: int) -> list[Frame]:
    """The first frames of a clip, in memory. Raises ``CameraError``."""
    settings = CameraSettings(source=str(clip), realtime=False)
    with camera.frames(settings) as frames:
        return list(islice(frames, most))


def held_mb(frames: Sequence[Frame]) -> float:
    """Memory that the frames take, MB."""
    return sum(frame.image.nbytes for frame in frames) / 1e6


def measure(frames: Sequence[Frame], files: dict[str, ModelFile], settings: SightSettings) -> Cost:
    """See, judge and report every frame, and the bare networks in turn with it."""
    models = {role: load(spec, files[role]) for role, spec in ROLES.items()}
    see = Sight(models, settings, clock=time.thread_time_ns)
    bare = {role: load(spec, files[role]) for role, spec in ROLES.items()}
    reporter = Reporter(Identity("bench", "0", "0", emotion=True), lambda t_ns: t_ns)
    camera_ns = [0]
    steps = pipeline.judge(pipeline.observe(_fresh(frames, camera_ns), see), Rules())
    done = 0
    spent_ms: list[float] = []
    bare_ms: list[float] = []
    invoke_ms: dict[str, list[float]] = {role: [] for role in ROLES}
    for _ in range(CHUNK):  # warm up: caches, and the networks' first, slower, runs
        for model in bare.values():
            model.invoke()
    while done < len(frames):
        calls = dict(see.calls)
        copied_ns, started = camera_ns[0], time.thread_time_ns()
        worked = 0
        for step in islice(steps, CHUNK):
            reporter(step)
            worked += 1
        spent = time.thread_time_ns() - started - (camera_ns[0] - copied_ns)
        turn = {role: _invoke_ms(bare[role], see.calls[role] - calls[role]) for role in bare}
        for role, times_ms in turn.items():
            invoke_ms[role] += times_ms
        done += worked
        if worked == CHUNK or not spent_ms:
            spent_ms.append(spent / 1e6 / worked)
            bare_ms.append(sum(map(sum, turn.values())) / worked)
    stages = {
        role: (
            see.calls[role],
            see.cpu_ns[role] / 1e6 / max(1, see.calls[role]),
            statistics.median(invoke_ms[role] or [0.0]),
        )
        for role in bare
    }
    ratios = [a / b for a, b in zip(spent_ms, bare_ms, strict=True) if b]
    return Cost(
        frames=done,
        frame_ms=statistics.median(spent_ms),
        bare_ms=statistics.median(bare_ms),
        ratio=statistics.median(ratios) if ratios else float("nan"),
        stages=stages,
    )


def table(cost: Cost) -> list[str]:
    """The figures as lines."""
    lines = [f"{'stage':12} {'calls':>6} {'ms a call':>10} {'bare ms':>8} {'ratio':>6}"]
    for role, (calls, call_ms, bare_ms) in cost.stages.items():
        ratio = f"{call_ms / bare_ms:6.2f}" if calls and bare_ms else "     –"
        lines.append(f"{role:12} {calls:6} {call_ms:10.3f} {bare_ms:8.3f} {ratio}")
    lines.append(
        f"a frame: {cost.frame_ms:.3f} ms of CPU, its networks alone {cost.bare_ms:.3f} ms, "
        f"ratio {cost.ratio:.2f}; one core carries {1000 / cost.frame_ms:.0f} fps"
    )
    return lines


def start_s(clip: Path) -> float:
    """Wall seconds from starting Python to the first observation of ``clip``."""
    code = "import sys; from edge.commands.bench import first; first(sys.argv[1])"
    started = time.monotonic()
    subprocess.run(
        [sys.executable, "-c", code, str(clip)],
        check=True,
        env=os.environ,
        stderr=subprocess.DEVNULL,
    )
    return time.monotonic() - started


def first(clip: str) -> None:
    """Load everything that the service loads, and look at one frame."""
    files = configuration.manifest(configuration.manifest_path())
    see = Sight.load(files, SightSettings())
    with camera.frames(replace(CameraSettings(), source=clip, realtime=False)) as frames:
        see(next(frames))


def _fresh(frames: Sequence[Frame], spent_ns: list[int]) -> Iterator[Frame]:
    """Frames as a camera hands them over: just copied, so in the cache; that time is set apart."""
    for frame in frames:
        started = time.thread_time_ns()
        copied = replace(frame, image=frame.image.copy())
        spent_ns[0] += time.thread_time_ns() - started
        yield copied


def _invoke_ms(model: Model, times: int) -> list[float]:
    spent = []
    for _ in range(times):
        started = time.thread_time_ns()
        model.invoke()
        spent.append((time.thread_time_ns() - started) / 1e6)
    return spent
