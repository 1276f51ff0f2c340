"""``mien watch``: what the devices at a broker say: a live board, lines of words, or of JSON."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from rich.live import Live
from rich.text import Text

from edge.commands.board import COLOURS, Board
from edge.tell import messages as m

if TYPE_CHECKING:
    import argparse

Show = Callable[[str, str, bytes], None]
"""Device, topic below it, payload."""


def run(arguments: argparse.Namespace) -> int:
    """Subscribe and show until Ctrl-C: a board on a terminal, else a line a message."""
    host, port = address(arguments.broker)
    stop, unread = threading.Event(), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with contextlib.ExitStack() as stack:
        show = _json if arguments.json else _board(stack) if sys.stdout.isatty() else _plain

        def shown(device: str, topic: str, payload: bytes) -> None:
            try:
                show(device, topic, payload)
            except BrokenPipeError:  # in paho's thread: `mien watch --json | head`
                unread.set()
                stop.set()

        try:
            client = subscribe(host, port, arguments.base, arguments.device, shown)
        except OSError as error:
            print(f"mien watch: {host}:{port}: {error.strerror or error}", file=sys.stderr)
            return 1
        stack.callback(client.loop_stop)
        stack.callback(client.disconnect)
        stop.wait()
    if unread.is_set():
        raise BrokenPipeError
    return 0


def _board(stack: contextlib.ExitStack) -> Show:
    board = Board()
    # four times a second is readable and little to send over ssh
    stack.enter_context(Live(board, refresh_per_second=4, screen=True))

    def show(device: str, topic: str, payload: bytes) -> None:
        board.hear(device, topic, payload, line(topic, payload))

    return show


def _plain(device: str, topic: str, payload: bytes) -> None:
    text = line(topic, payload)
    if text is not None:
        print(f"{device:16} {text.plain}", flush=True)


def _json(device: str, topic: str, payload: bytes) -> None:
    """One JSON object a line: device, topic and the message as it came."""
    try:
        message: msgspec.Raw | str | None = payload.decode() if payload else None
        if payload and topic != m.AVAILABILITY:
            message = msgspec.Raw(payload)
        if isinstance(message, msgspec.Raw):
            msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        message = repr(payload)
    said = {"device": device, "topic": topic, "message": message}
    print(msgspec.json.encode(said).decode(), flush=True)


def address(text: str, default_port: int = 1883) -> tuple[str, int]:
    """``HOST[:PORT]`` taken apart. Raises ``SystemExit`` with words."""
    host, _, port = text.partition(":")
    if not host or (port and not (port.isdigit() and 0 < int(port) < 65536)):
        msg = f"--broker: expected HOST or HOST:PORT, got {text!r}"
        raise SystemExit(msg)
    return host, int(port) if port else default_port


def subscribe(host: str, port: int, base: str, device: str, show: Show) -> paho.Client:
    """Connect and hand every message to ``show(device, topic below it, payload)``."""
    client = paho.Client(CallbackAPIVersion.VERSION2)

    def on_connect(*_: object) -> None:
        client.subscribe(f"{base}/{device}/#", qos=1)

    def on_message(_client: object, _data: object, message: paho.MQTTMessage) -> None:
        _, name, *below = message.topic.split("/", 2)
        if below:
            show(name, below[0], bytes(message.payload))

    client.on_connect = on_connect
    client.on_message = on_message
    client.connect(host, port)
    client.loop_start()
    return client


def line(topic: str, payload: bytes) -> Text | None:
    """One message in plain words; None for what has nothing to say to a person."""
    if topic == m.AVAILABILITY:
        word = payload.decode(errors="replace")
        return Text(f"● {word}", style="green" if word == "online" else "red")
    if topic not in m.KINDS or not payload:  # empty: what was retained has been taken back
        return None
    try:
        message = m.decode(topic, payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return Text(f"{topic}: not a message of this version: {error}", style="red")
    clock = f"{message.ts[11:22]} "
    if isinstance(message, m.State):
        return Text(clock + _state(message), style=COLOURS[min(message.level, 5)])
    if isinstance(message, m.Event):
        return Text(clock + _event(message), style=COLOURS[min(message.level, 5)])
    if isinstance(message, m.AttentionSummary | m.EmotionSummary):
        return Text(clock + _summary(message), style="magenta")
    if isinstance(message, m.Health):
        return Text(clock + _health(message), style="dim")
    if isinstance(message, m.Log):
        return Text(f"{clock}{message.level}: {message.code}: {message.msg}", style="yellow")
    if isinstance(message, m.Info):
        words = f"info    version {message.sw.version}, {message.profile}, {message.hw.camera}"
        return Text(clock + words, style="dim")
    return None


def _state(s: m.State) -> str:
    eyes = s.drowsiness
    words = [f"state   level {s.level}"]
    if not s.subject.present:
        words.append("nobody in the picture")
    else:
        opened = "not seen" if eyes.openness is None else f"{min(1, eyes.openness):.0%} open"
        shut = f", shut for {eyes.eyes_closed_ms / 1000:.1f} s" if eyes.eyes_closed_ms else ""
        words += [f"{eyes.state:12}", f"eyes {opened}{shut}"]
        if isinstance(s.emotion, m.Expression):
            words.append(f"{s.emotion.label} {s.emotion.confidence:.0%}")
    if s.fps is not None:
        words.append(f"{s.fps:.0f} fps")
    return "  ".join(words)


def _event(e: m.Event) -> str:
    words = f"{'▲' if e.change == 'new' else '▼' if e.change == 'end' else '·'} EVENT "
    words += f"{e.change:6} {e.type:16} level {e.level}  {e.duration_ms / 1000:.1f} s"
    words += f"  {e.reason}" if e.reason else ""
    return words + (f"  (late by {e.age_ms / 1000:.0f} s)" if e.late else "")


def _summary(s: m.AttentionSummary | m.EmotionSummary) -> str:
    if isinstance(s, m.AttentionSummary):
        index = "no face" if s.attention is None else f"{s.attention.index:.0%}"
        return f"ATTENTION {s.window_s:.0f} s, seen {s.seen_s:.0f} s: {index}"
    shares = sorted(s.share.items(), key=lambda item: -item[1])
    shown = ", ".join(f"{name} {part:.0%}" for name, part in shares if part >= 0.05)
    return f"SUMMARY {s.window_s:.0f} s, seen {s.valid_s:.0f} s: {shown or 'no face'}"


def _health(h: m.Health) -> str:
    heat = "" if h.temp_c is None else f", {h.temp_c:.0f} °C"
    return f"health  cpu {h.cpu_pct or 0:.0f} %, {h.rss_mb:.0f} MB{heat}, dropped {h.dropped}"
