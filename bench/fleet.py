"""``python -m bench.fleet``: a thousand devices and one mosquitto, on this machine.

Every device is the real judgement and the real telling over written observations; only the
pictures are left out. Then the broker is restarted, and the time is taken until all are back.
"""

from __future__ import annotations

import argparse
import logging
import math
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import psutil

from edge import pipeline
from edge.judge.rules import Rules
from edge.tell.mqtt import Publisher
from edge.tell.report import Identity, Reporter
from edge.tell.settings import MqttSettings
from edge.types import NS, Box, FaceReading, Observation
from tests.tell.brokers import Listener, Mosquitto

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.types import Step

OPEN_EAR, SHUT_EAR = 0.26, 0.087
BLINK_S, DOZE_S, CYCLE_S = 0.3, 2.2, 60.0
"""A driver who blinks every four seconds and nods off for two seconds once a minute."""


EACH = 250
"""Devices in one process: paho waits in select(2), which knows 1024 files, and each needs three."""


class _Head(msgspec.Struct):
    dev: str
    mono_ms: int


def main() -> int:
    parser = argparse.ArgumentParser(description="A fleet on one broker.")
    parser.add_argument("--devices", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--fps", type=float, default=3, help="observations a second and device")
    parser.add_argument("--processes", type=int, default=0, help="left out: 250 devices in each")
    parser.add_argument("--worker", type=int, nargs=3, metavar=("PORT", "FIRST", "COUNT"))
    arguments = parser.parse_args()
    arguments.processes = arguments.processes or math.ceil(arguments.devices / EACH)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if arguments.worker:
        logging.disable()  # a thousand times "the connection was lost"
        work(*arguments.worker, fps=arguments.fps)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        return measure(arguments, Path(folder))


def measure(arguments: argparse.Namespace, folder: Path) -> int:
    """Start them all, listen, restart the broker, listen again, print."""
    lines = ("allow_anonymous true", "max_queued_messages 100000", "log_type error")
    with Mosquitto(folder, lines=lines) as broker, Listener(broker.port, "mien/#") as listener:
        workers = _start(arguments, broker.port)
        try:
            births_s = _until_online(listener, arguments.devices, 0)
            steady = _steady(listener, psutil.Process(broker.pid), arguments.seconds)
            mark = len(listener.heard)
            began = time.monotonic()
            broker.stop()
            broker.start()
            back_s = _until_online(listener, arguments.devices, mark, began)
        finally:
            for worker in workers:
                worker.terminate()
                worker.wait()
    rows = {
        "devices": arguments.devices,
        "all online after a cold start": f"{births_s:.1f} s",
        **steady,
        "all online after a broker restart": f"{back_s:.1f} s",
        "load of this machine meanwhile": f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores",
    }
    for name, value in rows.items():
        print(f"| {name} | {value} |")
    return 0 if math.isfinite(back_s) else 1


def _start(arguments: argparse.Namespace, port: int) -> list[subprocess.Popen[bytes]]:
    share = math.ceil(arguments.devices / arguments.processes)
    command = [sys.executable, "-m", "bench.fleet", "--fps", str(arguments.fps), "--worker"]
    return [
        subprocess.Popen(
            [*command, str(port), str(first), str(min(share, arguments.devices - first))]
        )
        for first in range(0, arguments.devices, share)
    ]


def _until_online(
    listener: Listener, devices: int, mark: int, began: float | None = None, patience_s: float = 180
) -> float:
    """Seconds until every device has said ``online`` since message ``mark``."""
    began = time.monotonic() if began is None else began
    online: dict[str, float] = {}
    while len(online) < devices:
        if time.monotonic() - began > patience_s:
            print(f"only {len(online)} of {devices} came online", file=sys.stderr)
            return math.inf
        time.sleep(0.2)
        heard, mark = listener.heard[mark:], len(listener.heard)
        for one in heard:
            if one.topic.endswith("/availability") and one.payload == b"online":
                online.setdefault(one.topic, one.at_s)
    return max(online.values()) - began


def _steady(listener: Listener, broker: psutil.Process, seconds: float) -> dict[str, Any]:
    mark, spent, began = len(listener.heard), sum(broker.cpu_times()[:2]), time.monotonic()
    time.sleep(seconds)
    took_s = time.monotonic() - began
    cpu = (sum(broker.cpu_times()[:2]) - spent) / took_s
    heard = listener.heard[mark:]
    said = [(h, msgspec.json.decode(h.payload, type=_Head)) for h in heard if h.payload[:1] == b"{"]
    late_ms = sorted(h.at_s * 1000 - head.mono_ms for h, head in said)
    events = [h for h in heard if h.topic.endswith("/event")]
    size = statistics.mean(len(h.payload) for h in heard)
    return {
        "messages a second": f"{len(heard) / took_s:.0f} ({len(events) / took_s:.1f} events)",
        "bytes a message": f"{size:.0f}",
        "broker": f"{cpu:.1%} of a core, {broker.memory_info().rss / 1e6:.0f} MB",
        "decision to subscriber": (
            f"p50 {late_ms[len(late_ms) // 2]:.1f} ms, "
            f"p99 {late_ms[len(late_ms) * 99 // 100]:.1f} ms"
        ),
    }


def work(port: int, first: int, count: int, fps: float) -> None:
    """``count`` devices in one process, each at its own pace, until told to stop."""
    settings = MqttSettings(host="127.0.0.1", port=port, metrics_hz=1)
    dice = random.Random(first)  # noqa: S311 - so that not all look at once
    devices = [_device(settings, number) for number in range(first, first + count)]
    due = [(time.monotonic() + dice.random() / fps) for _ in devices]
    while True:
        for number, (out, tell, steps) in enumerate(devices):
            if time.monotonic() >= due[number]:
                due[number] += 1 / fps
                for said in tell(next(steps), fps):
                    out.publish(said)
                out.tend()
        time.sleep(max(0.0, min(due) - time.monotonic()))


def _device(settings: MqttSettings, number: int) -> tuple[Publisher, Reporter, Iterator[Step]]:
    name = f"pi_{number:06d}"
    who = Identity(device=name, boot_id=f"{number:08x}", params_hash="fleet", emotion=False)
    tell = Reporter(who, lambda t_ns: t_ns - time.monotonic_ns() + time.time_ns(), lambda: True)
    tell.settle(who, muted=False, metrics_hz=settings.metrics_hz)
    out = Publisher(settings, name)
    out.__enter__()
    return out, tell, pipeline.judge(_drive(number * CYCLE_S / 97), Rules(emotion=False))


def _drive(offset_s: float) -> Iterator[Observation]:
    """What a camera in front of a tired driver would have shown, now."""
    box = Box(200, 100, 420, 380)
    while True:
        t_ns = time.monotonic_ns()
        at_s = (t_ns / NS + offset_s) % CYCLE_S
        shut = at_s < DOZE_S or at_s % 4 < BLINK_S
        ear = SHUT_EAR if shut else OPEN_EAR
        face = FaceReading(track=1, box=box, confidence=0.95, ear=ear)
        yield Observation(t_ns=t_ns, faces=(face,), width=640, height=480)


if __name__ == "__main__":
    sys.exit(main())
