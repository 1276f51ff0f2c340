"""``mien replay``: judge a recording again and print what is said, by its own clock."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import msgspec

from edge import config as configuration
from edge import pipeline, recording
from edge.judge.rules import Rules
from edge.types import NS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from edge.types import Alert, Step


def run(arguments: argparse.Namespace) -> int:
    """Print a line for each change of an alert, or every step as JSON with ``--steps``."""
    try:
        rules = Rules()
        if arguments.config.exists():
            rules = configuration.load(arguments.config).rules
        for line in lines(pipeline.judge(recording.read(arguments.recording), rules), arguments):
            print(line)
    except (configuration.ConfigError, recording.RecordingError) as error:
        print(f"mien replay: {error}", file=sys.stderr)
        return 1
    return 0


def lines(steps: Iterator[Step], arguments: argparse.Namespace) -> Iterator[str]:
    """What is printed for the steps."""
    first_ns: int | None = None
    last_ns = count = 0
    for step in steps:
        first_ns = step.t_ns if first_ns is None else first_ns
        last_ns, count = step.t_ns, count + 1
        if arguments.steps:
            yield msgspec.json.encode(step).decode()
            continue
        for alert in step.changes:
            yield _line(alert, first_ns)
    if not arguments.steps:
        yield f"{count} observations, {(last_ns - (first_ns or 0)) / NS:.1f} s"


def _line(alert: Alert, first_ns: int) -> str:
    text = f"{(alert.t_ns - first_ns) / NS:8.2f} s  {alert.change:6} {alert.type:16}"
    text += f" level {int(alert.level)}"
    if alert.change == "end":
        lasted_s = ((alert.end_ns or alert.t_ns) - alert.start_ns) / NS
        text += f"  after {lasted_s:.2f} s: {alert.reason}"
    return text
