"""``mien demo``: a clip through the real service, with a broker and a subscriber around it.

The service runs as its own process, exactly as systemd would run it; this one listens.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from rich.console import Console
from rich.table import Table

from edge.commands import run as service
from edge.commands.watch import broker, line, place, words
from edge.tell import messages as m
from edge.tell.audience import Audience
from edge.tell.trust import LinkError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from edge.tell.settings import MqttSettings

DEVICE = "demo"
WINDOW_S = 4.0
"""Summaries of four seconds: the clip is shorter than the usual minute."""

SEEN_BY_A_PERSON = {
    "WolfgangLanger_Pexels.mp4": (
        (0.0, 0.7, "awake, looking down, lids lowered"),
        (0.7, 5.8, "eyes shut, worried; a hand over the face from 3.8 s"),
        (5.8, 9.6, "eyes open, looking up, a hand at the mouth, then calm"),
        (9.6, 18.3, "laughing, eyes narrowed"),
        (18.3, 19.7, "laughing with her eyes shut"),
    )
}
"""What is to be seen in the clip that ``make demo`` plays, in seconds."""

Heard = list[tuple[str, bytes]]


def run(arguments: argparse.Namespace) -> int:
    """Play the clip, show what is said, end with what was said and when."""
    console = Console()
    if not arguments.clip.is_file():
        print(f"mien demo: {arguments.clip}: no such file", file=sys.stderr)
        return 1
    with contextlib.ExitStack() as stack:
        if arguments.broker:
            settings = broker(arguments.broker)
        else:
            settings = broker("{}:{}".format(*stack.enter_context(embedded_broker())))
        heard: Heard = []
        problems: list[str] = []
        gone = threading.Event()

        def show(_device: str, topic: str, payload: bytes) -> None:
            heard.append((topic, payload))
            text = line(topic, payload)
            if text is not None:
                console.print(text)
            if topic == m.AVAILABILITY and payload == b"offline":
                gone.set()

        try:
            stack.enter_context(Audience(settings, DEVICE, show, problems.append))
        except (OSError, LinkError) as error:
            problems.append(words(error))
        if problems:
            print(f"mien demo: broker {place(settings)}: {problems[0]}", file=sys.stderr)
            return 1
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        command = _service(arguments, Path(folder), settings)
        console.print(f"[dim]broker {place(settings)}; the service: {' '.join(command[1:4])} …")
        heard.clear()  # what the broker remembered of an earlier demo
        status = _wait(subprocess.Popen(command))
        gone.wait(5)
        if status == service.ENDED:
            console.print(_table(arguments.clip.name, heard))
            return 0
        return status


@contextlib.contextmanager
def embedded_broker() -> Iterator[tuple[str, int]]:
    """An amqtt broker in a process of its own, on a free port of the loopback address."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
    # a session of its own: Ctrl-C must not take the broker away before the service says goodbye
    broker = subprocess.Popen(
        [sys.executable, "-m", "edge.commands.broker", str(port)], start_new_session=True
    )
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.1):
                break
            time.sleep(0.1)
        else:
            msg = "mien demo: the embedded broker did not start; use --broker HOST[:PORT]"
            raise SystemExit(msg)
        yield "127.0.0.1", port
    finally:
        broker.terminate()
        broker.wait(10)


def _service(arguments: argparse.Namespace, folder: Path, settings: MqttSettings) -> list[str]:
    config = {
        "profile": "vehicle",
        "device": DEVICE,
        "emotion": True,
        "camera": {"source": str(arguments.clip), "realtime": not arguments.fast},
        "rules": {"people": {"window_s": WINDOW_S}},
        # the embedded broker does not speak 5, and would only be silent for a while
        "mqtt": {
            "host": settings.host,
            "port": settings.port,
            "protocol": "auto" if arguments.broker else "3.1.1",
        },
    }
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    command = [sys.executable, "-m", "edge", "run", "--config", str(path)]
    return command + (["--record", str(arguments.record)] if arguments.record else [])


def _wait(process: subprocess.Popen[bytes]) -> int:
    """The service's exit status. On Ctrl-C it gets the same signal and says goodbye by itself."""
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.terminate()
        process.wait(10)
        return 130


def _table(clip: str, heard: Heard) -> Table:
    messages = [m.decode(t, p) for t, p in heard if t in m.KINDS]
    first = min((x.mono_ms for x in messages if isinstance(x, m.State)), default=0)
    table = Table(title="What was said, and when", title_justify="left")
    for name in ("in the clip", "a person sees", "Mien said"):
        table.add_column(name)
    spans = SEEN_BY_A_PERSON.get(clip, ((0.0, float("inf"), ""),))
    for start, end, what in spans:
        said = [
            f"{_at(x, first):5.1f} s  {words}"
            for x in messages
            if start <= _at(x, first) < end and (words := _words(x)) is not None
        ]
        until = f"{end:.1f} s" if end < 1e6 else "the end"
        table.add_row(f"{start:.1f} s to {until}", what, "\n".join(said) or "–", end_section=True)
    return table


def _at(message: m.Message, first_ms: int) -> float:
    return (message.mono_ms - first_ms) / 1000


def _words(message: m.Message) -> str | None:
    if isinstance(message, m.Event) and message.change != "update":
        lasted = f" after {message.duration_ms / 1000:.1f} s" if message.change == "end" else ""
        return f"{message.type} {message.change}{lasted}" + (
            f" ({message.reason})" if message.reason else ""
        )
    if isinstance(message, m.EmotionSummary) and message.dominant is not None:
        share = message.share[message.dominant]
        return f"last {message.window_s:.0f} s: {message.dominant} {share:.0%}"
    return None
