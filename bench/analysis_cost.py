"""What `mien analyze` costs: a photo, a video, and the memory of a long one.

    python -m bench.analysis_cost [--minutes 60]

CPU time of this process, so that other work on the machine counts less. A photo: reading the file,
looking and judging, with everything loaded. A video: the pinned clip with its JSON, its table, its
timeline and its page, as times of real time at 30 frames a second on one core. With ``--minutes``
the clip is written again and again into one file of that length, at 30 frames a second, which is
then analysed as any other; memory is what the process holds, read as it goes.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from fractions import Fraction
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import av
from PIL import Image

from edge.analysis import kit, looking
from edge.analysis.library import analyze, described
from edge.analysis.opening import opened
from edge.analysis.write.outputs import Outputs, Wishes
from edge.device import health

if TYPE_CHECKING:
    from collections.abc import Iterator

MEDIA = Path(__file__).parents[1] / ".cache" / "media"
CLIP = MEDIA / "WolfgangLanger_Pexels.mp4"
FPS = 30
MARKS = (1 / 60, 0.25, 0.5, 0.75)
"""Parts of the film after which memory is told; and at the end."""


def main() -> None:
    parser = argparse.ArgumentParser(description="What an analysis costs.")
    parser.add_argument("--minutes", type=float, help="and a film of that length, as one file")
    arguments = parser.parse_args()
    for name in ("single_face.jpg", "multi_face.jpg"):
        print(f"{name}: {photo_ms(MEDIA / name)}")
    with tempfile.TemporaryDirectory() as folder:
        for width in (1500, 3000):
            path = crowd(Path(folder), width)
            print(f"multi_face.jpg eight times in a picture {width} wide: {photo_ms(path)}")
    frames, spent_s = video(CLIP)
    print(f"{CLIP.name}: {frames / FPS / spent_s:.1f} times real time at 30 fps on one core")
    if arguments.minutes:
        with tempfile.TemporaryDirectory() as folder:
            long = Path(folder, "long.mp4")
            over_and_over(CLIP, long, arguments.minutes * 60)
            frames, spent_s = video(long, arguments.minutes * 60)
        times = frames / FPS / spent_s
        print(f"{frames} frames in {spent_s:.0f} s of CPU, {times:.1f} times real time")


def crowd(folder: Path, width: int) -> Path:
    """A photo of forty: the group of five, four times beside each other and twice below."""
    group = Image.open(MEDIA / "multi_face.jpg")
    across = width // 4
    group = group.resize((across, round(group.height * across / group.width)))
    whole = Image.new("RGB", (4 * across, 2 * group.height))
    for place in range(8):
        whole.paste(group, (place % 4 * across, place // 4 * group.height))
    path = folder / f"{width}.jpg"
    whole.save(path, quality=90)
    return path


def photo_ms(path: Path) -> str:
    found = len(analyze(path).frames[0].faces)
    spent = []
    for _ in range(20):
        started = time.process_time_ns()
        analyze(path)
        spent.append((time.process_time_ns() - started) / 1e6)
    return f"{found} faces, {statistics.median(spent):.1f} ms of CPU"


def video(path: Path, tell_s: float = 0.0) -> tuple[int, float]:
    """Frames and CPU seconds of a film with all its tables; memory is told over ``tell_s``."""
    tools = kit.load()
    started = time.process_time()
    count = 0
    marks = [part * tell_s for part in MARKS] if tell_s else []
    with tempfile.TemporaryDirectory() as folder, opened(str(path)) as pictures:
        source = described(path.name, pictures, tools)
        wishes = Wishes(out=Path(folder), json=True, csv=True, timeline=True, report=True)
        stem = PurePath(path.name)
        with (
            Path(os.devnull).open("wb") as nowhere,
            Outputs(wishes, stem, source, None, nowhere, emotion=True) as outputs,
        ):
            for look in looking.looks(pictures, tools):
                outputs.add(look)
                count += 1
                if marks and look.result.t_s >= marks[0]:
                    print(
                        f"after {marks.pop(0) / 60:4.1f} min: {health.rss_mb():.1f} MB", flush=True
                    )
            outputs.end("complete", None)
        if tell_s:
            end = f"at the end, {look.result.t_s / 60:.1f} min, with its timeline drawn"
            print(f"{end}: {health.rss_mb():.1f} MB")
    return count, time.process_time() - started


def over_and_over(clip: Path, long: Path, length_s: float) -> None:
    """The clip's packets again and again, at ``FPS``, until ``length_s`` is full."""
    with av.open(str(long), "w") as out:
        with av.open(str(clip)) as first:
            stream = out.add_stream_from_template(first.streams.video[0])
        number, full = 0, round(length_s * FPS)
        while number < full:
            begun = number
            for packet, shown, decoded in _packets(clip):
                packet.stream = stream
                packet.time_base = Fraction(1, FPS)
                packet.pts, packet.dts = begun + shown, begun + decoded
                out.mux(packet)
                number += 1


def _packets(clip: Path) -> Iterator[tuple[av.Packet, int, int]]:
    """Each packet with its place among those shown and among those decoded."""
    with av.open(str(clip)) as container:
        packets = [p for p in container.demux(video=0) if p.pts is not None]
        places = {pts: place for place, pts in enumerate(sorted(p.pts for p in packets))}
        reach = max(decoded - places[p.pts] for decoded, p in enumerate(packets))
        for decoded, packet in enumerate(packets):
            yield packet, places[packet.pts], decoded - reach


if __name__ == "__main__":
    main()
