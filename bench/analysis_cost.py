"""What `mien analyze` costs: a photo, a video, and the memory of a long one.

    python -m bench.analysis_cost [--minutes 10]

CPU time of this process, so that other work on the machine counts less. A photo: reading the file,
looking and judging, with everything loaded. A video: the pinned clip with its JSON, its table and
its timeline, as times of real time at 30 frames a second on one core. Memory: the clip again and
again, as one video, after the first minute and at the end.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from edge.analysis import kit, looking
from edge.analysis.library import analyze, described
from edge.analysis.opening import opened
from edge.analysis.write.outputs import Outputs, Wishes
from edge.device import health
from edge.types import NS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.analysis.sources import Opened
    from edge.types import Frame

MEDIA = Path(__file__).parents[1] / ".cache" / "media"
CLIP = MEDIA / "WolfgangLanger_Pexels.mp4"


def main() -> None:
    parser = argparse.ArgumentParser(description="What an analysis costs.")
    parser.add_argument("--minutes", type=float, default=10.0)
    arguments = parser.parse_args()
    for name in ("single_face.jpg", "multi_face.jpg"):
        print(f"{name}: {photo_ms(MEDIA / name):.1f} ms of CPU")
    frames, spent_s = video(1)
    print(f"{CLIP.name}: {frames / 30 / spent_s:.1f} times real time at 30 fps on one core")
    rounds = max(1, round(arguments.minutes * 60 / 19.7))
    video(rounds, say=True)


def photo_ms(path: Path) -> float:
    analyze(path)
    spent = []
    for _ in range(20):
        started = time.process_time_ns()
        analyze(path)
        spent.append((time.process_time_ns() - started) / 1e6)
    return statistics.median(spent)


def video(rounds: int, *, say: bool = False) -> tuple[int, float]:
    """Frames and CPU seconds of the clip ``rounds`` times over."""
    tools = kit.load()
    started = time.process_time()
    count, next_s = 0, 60.0
    with tempfile.TemporaryDirectory() as folder, opened(str(CLIP)) as first:
        pictures = replace(first, frames=over_and_over(rounds))
        source = described(str(CLIP), pictures, tools)
        wishes = Wishes(out=Path(folder), json=True, csv=True, timeline=True, report=True)
        with (
            Path(folder, "nowhere").open("wb") as nowhere,
            Outputs(wishes, PurePath("clip"), source, None, nowhere, emotion=True) as outputs,
        ):
            for look in looking.looks(pictures, tools):
                outputs.add(look)
                count += 1
                if say and look.result.t_s >= next_s:
                    print(f"after {next_s / 60:4.0f} min: {health.rss_mb():.1f} MB", flush=True)
                    next_s *= 2
            outputs.end("complete", None)
        if say:
            print(f"at the end, {look.result.t_s / 60:.1f} min: {health.rss_mb():.1f} MB")
    return count, time.process_time() - started


def over_and_over(rounds: int) -> Iterator[Frame]:
    base_ns = 0
    for _ in range(rounds):
        with opened(str(CLIP)) as pictures:
            yield from _moved(pictures, base_ns)
        base_ns += round(19.7 * NS)


def _moved(pictures: Opened, base_ns: int) -> Iterator[Frame]:
    for frame in pictures.frames:
        yield replace(frame, t_ns=frame.t_ns + base_ns)


if __name__ == "__main__":
    main()
