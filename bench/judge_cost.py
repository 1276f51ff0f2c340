"""What judging costs: microseconds a frame and memory, on a drive as long as you like.

python -m bench.judge_cost [--hours 12] [--fps 15]
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import time
import tracemalloc
from typing import TYPE_CHECKING

from edge.judge.advance import advance
from edge.judge.rules import Rules
from edge.judge.state import State
from edge.types import ACTIONS, NS, Box, FaceReading, Gaze, Light, Observation, Pose, Vehicle

if TYPE_CHECKING:
    from collections.abc import Iterator

BAR_US, BAR_MB = 150.0, 2.0


def drive(hours: float, fps: float) -> Iterator[Observation]:
    """A driver who blinks, looks about, yawns, nods off now and then and is lost at times."""
    chance = random.Random(1)  # noqa: S311 - a drive, not a secret
    every = max(1, round(fps / 3))  # expressions a second
    light, box = Light(0.4, 0.2), Box(220, 80, 420, 280)
    shut_until = next_blink = 0.0
    feels = ((0.9, *(0.1 / 7,) * 7), (0.1 / 7, 0.9, *(0.1 / 7,) * 6))
    for number in range(round(hours * 3600 * fps)):
        t = number / fps
        if t >= next_blink:
            long = chance.random() < 0.02
            shut_until = t + (chance.uniform(0.5, 2.5) if long else chance.gauss(0.18, 0.05))
            next_blink = shut_until + chance.expovariate(0.4)
        open_ = 0.0 if t < shut_until else 1.0 + chance.gauss(0, 0.03)
        yaw = -35.0 if t % 11 < 1 else 50.0 if t % 47 < 1.5 else 3 * math.sin(t / 5)
        face = FaceReading(
            track=1,
            box=box,
            confidence=0.98,
            ear=0.087 + 0.173 * open_,
            mar=0.8 if t % 400 < 4 else 0.1,
            pose=Pose(yaw, chance.gauss(0, 1), 0.0),
            gaze=Gaze(1.2 * yaw + chance.gauss(3, 4), chance.gauss(-2, 3), 0.9) if open_ else None,
            emotion=feels[t % 90 > 80] if number % every == 0 else None,
            actions=(chance.gauss(0, 0.1),) * len(ACTIONS) if number % every == 0 else None,
        )
        faces = () if t % 600 < 1 else (face,)
        yield Observation(round(t * NS), faces, light, 640, 480, Vehicle(80.0))


def loop_ns() -> float:
    """How fast this machine is at this moment: other work on it slows everything alike."""
    started, total = time.thread_time(), 0
    for number in range(1_000_000):
        total += number
    return (time.thread_time() - started) * 1e9 / 1_000_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=float, default=12.0)
    parser.add_argument("--fps", type=float, default=15.0)
    arguments = parser.parse_args()
    rules, state, alerts = Rules(), State(), 0
    spent: list[float] = []  # means of blocks of a thousand frames
    block = 0
    hold: list[Observation] = []
    peak_mb = 0.0
    for seen in drive(arguments.hours, arguments.fps):
        hold.append(seen)
        if len(hold) < 1000:
            continue
        tracing = block % 50 == 0  # tracing slows everything: measure memory and time apart
        if tracing:
            tracemalloc.start()
        started = time.thread_time()
        for each in hold:
            state, step = advance(state, each, rules)
            alerts += sum(alert.change == "new" for alert in step.changes)
        used = time.thread_time() - started
        if tracing:
            peak_mb = max(peak_mb, tracemalloc.get_traced_memory()[1] / 1e6)
            tracemalloc.stop()
        else:
            spent.append(used / len(hold) * 1e6)
        block += 1
        hold.clear()
    spent.sort()
    print(f"{'drive':24}{arguments.hours:g} h at {arguments.fps:g} frames a second")
    print(f"{'alerts':24}{alerts}")
    print(f"{'judge, median':24}{statistics.median(spent):.0f} µs a frame (bar {BAR_US:.0f})")
    print(f"{'judge, worst 1000':24}{spent[-1]:.0f} µs a frame")
    print(f"{'one turn of a for loop':24}{loop_ns():.0f} ns here (about 40 on an idle 3 GHz core)")
    print(f"{'memory, peak':24}{peak_mb:.2f} MB (bar {BAR_MB:g})")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
