"""``mien replay``: judge a recording again and print what is said, by its own clock."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from edge import config as configuration
from edge import pipeline, recording
from edge.judge.rules import Rules
from edge.types import NS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from edge.types import Alert, Step

NEAR_S = 2.0
"""An alert of the same type that begins within so much is the same one, moved."""

MOVED_S = 0.05
"""Closer than this it has not moved: half a frame at 10 a second."""


class ReplayError(Exception):
    """Arguments that do not go together; the text says which."""


class Episode(Struct, frozen=True):
    """One alert from beginning to end, in seconds of the recording."""

    type: str
    level: int
    start_s: float
    end_s: float | None
    reason: str | None


def run(arguments: argparse.Namespace) -> int:
    """Print a line for each change of an alert; ``--steps``, ``--diff`` and ``--plot`` say more."""
    try:
        return _run(arguments)
    except (configuration.ConfigError, recording.RecordingError, ReplayError) as error:
        print(f"mien replay: {error}", file=sys.stderr)
        return 1


def _run(arguments: argparse.Namespace) -> int:
    rules = _rules(arguments.config, must=False)
    if arguments.diff:
        if arguments.rules is None:
            msg = "--diff: needs --rules FILE, the rules to compare with those of --config"
            raise ReplayError(msg)
        seen = list(recording.read(arguments.recording))
        before = episodes(pipeline.judge(seen, rules))
        after = episodes(pipeline.judge(seen, _rules(arguments.rules)))
        for line in difference(before, after):
            print(line)
        return 0
    if arguments.rules is not None:
        rules = _rules(arguments.rules)
    steps = pipeline.judge(recording.read(arguments.recording), rules)
    if arguments.plot is not None:
        judged = list(steps)
        _draw(judged, arguments.plot)
        steps = iter(judged)
    for line in lines(steps, every_step=arguments.steps):
        print(line)
    return 0


def lines(steps: Iterable[Step], *, every_step: bool = False) -> Iterator[str]:
    """What is printed for the steps."""
    first_ns: int | None = None
    last_ns = count = 0
    for step in steps:
        first_ns = step.t_ns if first_ns is None else first_ns
        last_ns, count = step.t_ns, count + 1
        if every_step:
            yield msgspec.json.encode(step).decode()
            continue
        for alert in step.changes:
            yield _line(alert, first_ns)
    if not every_step:
        yield f"{count} observations, {(last_ns - (first_ns or 0)) / NS:.1f} s"


def episodes(steps: Iterable[Step]) -> list[Episode]:
    """All alerts of a drive, in the order in which they began."""
    found: dict[int, Episode] = {}
    first_ns: int | None = None
    for step in steps:
        first_ns = step.t_ns if first_ns is None else first_ns
        for alert in step.changes:
            at_s = (alert.t_ns - first_ns) / NS
            before = found.get(alert.episode)
            found[alert.episode] = Episode(
                alert.type,
                max(int(alert.level), before.level if before else 0),
                before.start_s if before else at_s,
                at_s if alert.change == "end" else None,
                alert.reason,
            )
    return [found[number] for number in sorted(found)]


def difference(before: list[Episode], after: list[Episode]) -> Iterator[str]:
    """Which alerts come (+), go (-), or move (~), in order of time; then how many of each."""
    left = list(after)
    said: list[tuple[float, str]] = []
    counts = {"come": 0, "go": 0, "move": 0, "stay": 0}
    for old in before:
        near = [e for e in left if e.type == old.type and abs(e.start_s - old.start_s) <= NEAR_S]
        new = min(near, key=lambda e: abs(e.start_s - old.start_s), default=None)
        if new is None:
            counts["go"] += 1
            said.append((old.start_s, f"- {_shown(old)}"))
            continue
        left.remove(new)
        if _same(old, new):
            counts["stay"] += 1
            continue
        counts["move"] += 1
        said.append((old.start_s, f"~ {_shown(old)}  ->  {_span(new)} level {new.level}"))
    counts["come"] = len(left)
    said += [(new.start_s, f"+ {_shown(new)}") for new in left]
    yield from (text for _, text in sorted(said))
    yield ", ".join(f"{number} {name}" for name, number in counts.items())


def _same(a: Episode, b: Episode) -> bool:
    if a.level != b.level or (a.end_s is None) != (b.end_s is None):
        return False
    ends = abs((a.end_s or 0.0) - (b.end_s or 0.0))
    return abs(a.start_s - b.start_s) <= MOVED_S and ends <= MOVED_S


def _shown(episode: Episode) -> str:
    return f"{episode.type:16} {_span(episode)} level {episode.level}"


def _span(episode: Episode) -> str:
    end = "open" if episode.end_s is None else f"{episode.end_s:.2f}"
    return f"{episode.start_s:.2f}..{end} s"


def _rules(path: Path, *, must: bool = True) -> Rules:
    if not must and not path.exists():
        return Rules()
    models = configuration.manifest(configuration.manifest_path())
    return configuration.measured(configuration.load(path), models).rules


def _draw(steps: list[Step], path: Path) -> None:
    if not steps:
        msg = f"--plot {path}: the recording is empty"
        raise ReplayError(msg)
    try:
        from edge.commands import plot  # noqa: PLC0415 - matplotlib is an extra
    except ImportError as error:
        msg = "--plot: needs matplotlib: pip install '.[plot]' in Mien's checkout"
        raise ReplayError(msg) from error
    try:
        plot.draw(steps, path)
    except (OSError, ValueError) as error:
        msg = f"--plot {path}: cannot be written: {error}"
        raise ReplayError(msg) from error


def _line(alert: Alert, first_ns: int) -> str:
    text = f"{(alert.t_ns - first_ns) / NS:8.2f} s  {alert.change:6} {alert.type:16}"
    text += f" level {int(alert.level)}"
    if alert.change == "end":
        lasted_s = ((alert.end_ns or alert.t_ns) - alert.start_ns) / NS
        text += f"  after {lasted_s:.2f} s: {alert.reason}"
    return text
