"""The command line: arguments here, everything else in ``edge.commands``."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from edge import __version__, loading
from edge.device.stop import leave_at_once

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

EXTRAS = {"analyze": "analyze", "demo": "demo", "watch": "tools"}
"""Commands that need more than the service does, and where it is to be had."""


def main(argv: list[str] | None = None) -> int:
    """Run ``mien``; gives the exit status."""
    words = sys.argv[1:] if argv is None else argv
    arguments = _parser(words[0] if words else None).parse_args(words)
    if arguments.command == "run":  # before anything heavy is imported: a stop may come early
        leave_at_once()
    # what we multiply is small: NumPy's and OpenCV's OpenBLAS would each start threads for nothing
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        command = _loaded(arguments.command)
    except ModuleNotFoundError as error:
        if arguments.command not in EXTRAS or str(error.name).startswith("edge"):
            raise
        extra = EXTRAS[arguments.command]
        text = f"{error.name} is not installed: pip install '.[{extra}]' in Mien's checkout"
        print(f"mien {arguments.command}: {text}", file=sys.stderr)
        return 1
    try:
        return int(command.run(arguments))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read our output has left
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _loaded(name: str) -> ModuleType:
    with loading.staying(for_ever=name == "run"):
        loading.load_msgspec()
        if name == "run":
            loading.load_numpy()
        return importlib.import_module(f"edge.commands.{name}")


class _Help(argparse.HelpFormatter):
    """As wide as the terminal. To ask for that, argparse loads all that unpacks archives."""

    def __init__(self, prog: str) -> None:
        asked = os.environ.get("COLUMNS", "")
        columns = int(asked) if asked.isascii() and asked.isdigit() else 0
        if not columns and sys.__stdout__ is not None and sys.__stdout__.isatty():
            columns = os.get_terminal_size().columns
        super().__init__(prog, width=(columns or 80) - 2)


def _parser(only: str | None = None) -> argparse.ArgumentParser:
    """All commands, or the one that is asked for: the others cost a start, and say nothing."""
    about = "Reads faces on a small board and says what matters over MQTT."
    parser = argparse.ArgumentParser(prog="mien", description=about, formatter_class=_Help)
    parser.add_argument("--version", action="version", version=f"mien {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (text, fill) in COMMANDS.items():
        if only not in COMMANDS or name == only:
            about = text[0].upper() + text[1:] + "."
            command = commands.add_parser(name, help=text, description=about, formatter_class=_Help)
            fill(command)
    return parser


def _run(parser: argparse.ArgumentParser) -> None:
    _config(parser)
    _record(parser)
    _state(parser)
    parser.add_argument("--source", help="camera instead of the one in the configuration")
    parser.add_argument(
        "--page",
        nargs="?",
        const="127.0.0.1:8077",
        metavar="HOST:PORT",
        help="serve a page to aim the camera by, for 15 minutes (default: on this machine alone)",
    )
    parser.add_argument(
        "--aim", type=Path, metavar="FILE", help="serve that page where mien.yaml has asked for it"
    )


def _demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clip", type=Path, required=True, help="video file to play as the camera")
    parser.add_argument("--broker", metavar="HOST[:PORT]", help="use this broker instead")
    parser.add_argument("--fast", action="store_true", help="as fast as it goes, not in real time")
    _record(parser)


def _replay(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recording", type=Path, metavar="FILE")
    _config(parser)
    parser.add_argument("--steps", action="store_true", help="every step as a JSON line")
    parser.add_argument(
        "--rules", type=Path, metavar="FILE", help="judge by the rules of this configuration"
    )
    parser.add_argument(
        "--diff", action="store_true", help="which alerts come, go or move with --rules"
    )
    parser.add_argument("--plot", type=Path, metavar="OUT.png", help="draw it (extra `plot`)")


def _watch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--broker", default="localhost", metavar="HOST[:PORT]")
    parser.add_argument("--base", default="mien", help="first level of the topics")
    parser.add_argument("--device", default="+", help="only this device")
    parser.add_argument("--json", action="store_true", help="a line of JSON for each message")
    parser.add_argument("--tls", action="store_true", help="encrypted (port 8883 by default)")
    for name, text in (
        ("ca", "authority that signed the broker's certificate (default: the system's)"),
        ("certificate", "our own, where the broker asks for one"),
        ("key", "of our own certificate"),
    ):
        parser.add_argument(f"--{name}", metavar="FILE", help=text)
    parser.epilog = "A login is taken from MIEN_MQTT_USERNAME and MIEN_MQTT_PASSWORD."


def _check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="default: the service's own, else config.yaml"
    )
    _state(parser)
    parser.add_argument("--unit", default="mien", help="the service to ask about (default: mien)")
    parser.add_argument(
        "--report", type=Path, metavar="FILE", help="write it all for support: no secrets, pictures"
    )


def _boot(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--partition", type=Path, metavar="DIR", help="default: /boot/firmware, else /boot"
    )
    parser.add_argument(
        "--address", action="store_true", help="only say in mien-aim.txt where the page is"
    )
    parser.add_argument("--root", type=Path, default=Path("/"), help=argparse.SUPPRESS)


def _update(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, nargs="?", metavar="FILE")
    parser.add_argument("--back", action="store_true", help="the version before, in the same way")
    parser.add_argument("--card", action="store_true", help="*.update on the boot partition")


def _bench(parser: argparse.ArgumentParser) -> None:
    _config(parser)
    parser.add_argument("--clip", type=Path, required=True, help="video file to measure on")
    parser.add_argument("--frames", type=int, default=300)


def _analyze(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", nargs="+", metavar="PATH", help="photo, video, folder, rtsp:// or http:// address"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder to write to")
    for name, text in (
        ("json", "every frame as JSON; without --out to standard output"),
        ("csv", "a table, one row a face and frame; without --out to standard output"),
        ("timeline", "a video over time as PNG and SVG"),
        ("report", "a page for each video, and one for them all"),
        ("annotate", "pictures and videos of people, with what was seen drawn on them"),
        ("thumbnails", "pictures of people in the report"),
    ):
        parser.add_argument(f"--{name}", action="store_true", help=text)
    parser.add_argument(
        "--profile", default="research", help="as in config.yaml; workplace: no emotion at all"
    )
    parser.add_argument(
        "--seconds", type=float, metavar="S", help="stop after so much of each video or address"
    )
    parser.epilog = (
        "With --out and none of --json, --csv, --timeline, --report: all four of them. "
        "Exit status: 0 all well, 1 something could not be read or written whole, 2 wrong "
        "arguments, 130 stopped."
    )


def _config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, default=Path("config.yaml"), metavar="FILE")


def _state(parser: argparse.ArgumentParser) -> None:
    state = os.environ.get("STATE_DIRECTORY", "").split(":")[0]  # systemd's, where it starts us
    parser.add_argument(
        "--state",
        type=Path,
        default=Path(state) if state else None,
        metavar="DIR",
        help="folder for what must outlive the process (default: $STATE_DIRECTORY, else nowhere)",
    )


def _record(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--record", type=Path, metavar="FILE", help="write observations (no pictures) as JSON lines"
    )


COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "run": ("the service: watch the camera, publish to the broker", _run),
    "demo": ("play a clip through the service, with a broker of its own", _demo),
    "replay": ("judge a recording again: the same steps, no camera", _replay),
    "watch": ("show what the devices at a broker say", _watch),
    "analyze": ("photos and videos: who showed what, for how long", _analyze),
    "check": ("board, configuration, camera, broker, service: a line each", _check),
    "boot": ("settings, secrets and Wi-Fi from mien.yaml on the boot partition", _boot),
    "update": ("try a signed update, and keep it if it is healthy", _update),
    "bench": ("what a frame costs on this machine", _bench),
}


if __name__ == "__main__":
    sys.exit(main())
