"""A drive as one picture: openness, PERCLOS, head pose, and the alerts over time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import matplotlib as mpl

mpl.use("Agg")  # a file, no window
from matplotlib import pyplot as plt
from matplotlib.patches import Patch

from edge.types import NS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from matplotlib.axes import Axes

    from edge.types import Step

COLOURS = ("#cfd8dc", "#90caf9", "#ffcc80", "#ef6c00", "#c62828", "#6a1b9a")
"""By level, 0 to 5."""

MARKS = {"blink": "|", "long_blink": "D", "yawn": "^", "head_nod": "v"}


def draw(steps: list[Step], path: Path) -> None:
    """Write the picture of ``steps`` to ``path``; its suffix says which kind (png, svg, pdf)."""
    first_ns = steps[0].t_ns
    times = [(step.t_ns - first_ns) / NS for step in steps]
    figure, (eyes, perclos, pose, alerts) = plt.subplots(
        4, 1, sharex=True, figsize=(14, 9), height_ratios=(3, 2, 2, 2), layout="constrained"
    )
    _curve(eyes, times, [s.eyes.openness for s in steps], "openness", "#1565c0")
    _marks(eyes, steps, first_ns)
    eyes.axhline(0.3, color="#b0bec5", linewidth=0.8, linestyle="--")
    eyes.set(ylabel="eyes: 0 shut, 1 open", ylim=(-0.1, 1.3))
    for name, colour, read in PERCLOS:
        _curve(perclos, times, [_percent(read(s)) for s in steps], name, colour)
    perclos.axhline(15, color="#b0bec5", linewidth=0.8, linestyle="--")
    perclos.set(ylabel="PERCLOS, %", ylim=(0, None))
    for name, colour, angle in POSE:
        _curve(pose, times, [angle(s) for s in steps], name, colour)
    pose.set(ylabel="head, degrees", ylim=(-95, 95))
    _bands(alerts, steps, first_ns, times[-1])
    alerts.set(xlabel="seconds", xlim=(0, max(times[-1], 0.1)))
    for axes in (eyes, perclos, pose):
        axes.legend(loc="upper right", fontsize="small", ncols=5)
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=110)
    plt.close(figure)


PERCLOS: tuple[tuple[str, str, Callable[[Step], float | None]], ...] = (
    ("last 60 s", "#2e7d32", lambda s: s.eyes.perclos60),
    ("last 180 s", "#9ccc65", lambda s: s.eyes.perclos180),
)
POSE: tuple[tuple[str, str, Callable[[Step], float | None]], ...] = (
    ("yaw (left +)", "#6d4c41", lambda s: s.pose.yaw_deg if s.pose else None),
    ("pitch (up +)", "#00838f", lambda s: s.pose.pitch_deg if s.pose else None),
)


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _curve(
    axes: Axes, times: list[float], values: list[float | None], name: str, colour: str
) -> None:
    """A line with gaps where nothing was seen."""
    shown = [math.nan if value is None else value for value in values]
    axes.plot(times, shown, label=name, color=colour, linewidth=1.1)


def _marks(axes: Axes, steps: list[Step], first_ns: int) -> None:
    for kind, sign in MARKS.items():
        at = [(m.end_ns - first_ns) / NS for s in steps for m in s.marks if m.type == kind]
        if at:
            axes.plot(at, [1.22] * len(at), sign, color="#37474f", label=kind, markersize=6)


def _bands(axes: Axes, steps: list[Step], first_ns: int, last_s: float) -> None:
    """One row a type; the colour is the level, and changes with it."""
    rows: dict[str, list[tuple[float, float, int]]] = {}
    open_now: dict[int, tuple[str, float, int]] = {}
    for step in steps:
        for alert in step.changes:
            at_s = (alert.t_ns - first_ns) / NS
            began = open_now.pop(alert.episode, None)
            if began is not None:
                rows.setdefault(began[0], []).append((began[1], at_s - began[1], began[2]))
            if alert.change != "end":
                open_now[alert.episode] = (alert.type, at_s, int(alert.level))
    for kind, start_s, level in open_now.values():
        rows.setdefault(kind, []).append((start_s, last_s - start_s, level))
    for row, spans in enumerate(rows.values()):
        for start_s, length_s, level in spans:
            axes.barh(row, max(length_s, last_s / 400), left=start_s, color=COLOURS[level])
    axes.set_yticks(range(len(rows)), [f"{kind}" for kind in rows])
    axes.set(ylim=(-0.6, max(len(rows), 1) - 0.4))
    axes.invert_yaxis()
    axes.grid(alpha=0.3, axis="x")
    if not rows:
        axes.text(0.5, 0.5, "no alert", transform=axes.transAxes, ha="center", color="#78909c")
    handles = [Patch(color=COLOURS[level]) for level in range(1, 6)]
    axes.legend(
        handles,
        [f"level {n}" for n in range(1, 6)],
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        fontsize="small",
        ncols=5,
    )
