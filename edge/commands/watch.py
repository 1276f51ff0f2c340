"""``mien watch``: what the devices at a broker say: a live board, lines of words, or of JSON.

A login comes from the environment, as the service's does: a command line is anybody's to read.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace
from rich.live import Live
from rich.text import Text

from edge.commands.board import Board, colour
from edge.tell import messages as m
from edge.tell.audience import Audience, Hear
from edge.tell.settings import MqttSettings
from edge.tell.trust import LinkError
from edge.types.written import host_port, legible

if TYPE_CHECKING:
    import argparse

PORT, TLS_PORT = 1883, 8883

LOGIN = "MIEN_MQTT_USERNAME", "MIEN_MQTT_PASSWORD"


def run(arguments: argparse.Namespace) -> int:
    """Subscribe and show until Ctrl-C: a board on a terminal, else a line a message."""
    settings = _settings(arguments)
    problems: list[str] = []
    stop, unread = threading.Event(), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with contextlib.ExitStack() as stack:
        board = None if arguments.json or not sys.stdout.isatty() else _board(stack)
        show = _json if arguments.json else _plain if board is None else _on(board)

        def shown(device: str, topic: str, payload: bytes) -> None:
            try:
                show(device, topic, payload)
            except BrokenPipeError:  # in paho's thread: `mien watch --json | head`
                unread.set()
                stop.set()

        def refused(why: str) -> None:
            problems.append(why)
            stop.set()

        def away(why: str) -> None:
            if board is not None:
                board.away = why
                return
            said = why or "the broker is back"
            print(f"mien watch: {place(settings)}: {said}", file=sys.stderr, flush=True)

        try:
            stack.enter_context(Audience(settings, arguments.device, shown, refused, away))
        except (OSError, LinkError) as error:
            refused(words(error))
        stop.wait()
    if unread.is_set():
        raise BrokenPipeError
    if problems:
        print(f"mien watch: {place(settings)}: {problems[0]}", file=sys.stderr)
    return 1 if problems else 0


def _board(stack: contextlib.ExitStack) -> Board:
    board = Board()
    # four times a second is readable and little to send over ssh
    stack.enter_context(Live(board, refresh_per_second=4, screen=True))
    return board


def _on(board: Board) -> Hear:
    def show(device: str, topic: str, payload: bytes) -> None:
        board.hear(device, topic, payload, line(topic, payload))

    return show


def _plain(device: str, topic: str, payload: bytes) -> None:
    text = line(topic, payload)
    if text is not None:
        print(f"{legible(device):16} {text.plain}", flush=True)


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


def _settings(arguments: argparse.Namespace) -> MqttSettings:
    device = arguments.device
    if not device or (device != "+" and any(c in "+#/\0" for c in device)):
        msg = f"--device: expected the name of a device, got {device!r}"
        raise SystemExit(msg)
    return broker(
        arguments.broker,
        base=arguments.base,
        tls=arguments.tls or arguments.ca is not None or arguments.certificate is not None,
        ca=arguments.ca,
        certificate=arguments.certificate,
        key=arguments.key,
    )


def broker(text: str, *, tls: bool = False, **more: str | None) -> MqttSettings:
    """The broker at ``HOST[:PORT]``, with a login. Raises ``SystemExit`` with words."""
    found = host_port(text)
    if found is None or found[1] == 0:
        msg = f"--broker: expected HOST or HOST:PORT, got {text!r}"
        raise SystemExit(msg)
    host, port = found
    username, password = (os.environ.get(name) or None for name in LOGIN)
    settings = MqttSettings(
        host=host,
        port=port or (TLS_PORT if tls else PORT),
        tls=tls,
        username=username,
        password=password,
    )
    try:
        return replace(settings, **more)
    except ValueError as error:  # its words begin with the name of what is wrong
        msg = f"--{error}"
        raise SystemExit(msg) from error


def place(settings: MqttSettings) -> str:
    """Where the broker is, as people write it."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{host}:{settings.port}"


def words(error: OSError | LinkError) -> str:
    """Why there is no connection."""
    if isinstance(error, LinkError):  # named as in config.yaml
        return f"--{str(error).removeprefix('mqtt.')}"
    return error.strerror or str(error)


def line(topic: str, payload: bytes) -> Text | None:
    """One message in plain words; None for what has nothing to say to a person."""
    text = _line(topic, payload)
    return None if text is None else Text(legible(text.plain), style=text.style)


def _line(topic: str, payload: bytes) -> Text | None:
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
        return Text(clock + _state(message), style=colour(message.level))
    if isinstance(message, m.Event):
        return Text(clock + _event(message), style=colour(message.level))
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
