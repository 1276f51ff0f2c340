"""The manifest entry and the report of the eye network, from the figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from edge.see import eyes
from models.training import graph, manifest
from models.training.landmarks import dataset
from models.training.landmarks.card import course, few
from models.training.landmarks.points import MESH_INDEX

if TYPE_CHECKING:
    from pathlib import Path

    from models.training.eyes.evaluate import Figures

BAR: Final = {"eyelids_pct": 1.45, "iris_pct": 1.6, "all_pct": 2.1}
LICENCE: Final = (
    "teacher: MediaPipe attention mesh, Apache-2.0; faces/: repository Apache-2.0 "
    "(muxspace/facial_expressions), origin of the photos not stated; negatives/ and detection/: not stated"
)
FAILURES: Final = (
    "it sees no more than the landmarks' 128-pixel crop: a shut eye's gap is one pixel of it",
    "eyes under a hand or dark glasses are guesses: read the landmarks' `visible` first",
    "shut and lowered eyes are mostly made from open ones by a warp: 100 pictures show real shut eyes",
    "points come from a teacher and share its mistakes",
    "trained on grey pictures of 160 px and less, mostly frontal",
)
TEXT: Final = """\
## What the network is shown, and why there is a second look

In the landmarks' crop an eye's place depends on the head: 8 pixels of standard deviation, where a shut
eye differs from a lowered one by a single pixel. Both eyes are cut out of that crop again (never out
of the frame: what is trained is what is seen), level with the line between them, the wider one 30
pixels from corner to corner, 32 x 48 pixels each, the right eye above the left one, which is mirrored,
so that one set of weights serves both. Code: `edge/see/eyes.py`, used by training too.

Tried before it, on the trunk of the landmarks frozen, with the same labels: a branch on the band of
the eyes (40 x 96 pixels of the crop, every second row, 3.7 MMAC) inside the landmark network. After 930
steps it had moved lids from 1.40 to 1.39 % and irises from 2.56 to 2.51 %; this network had lids at
1.20 and irises at 1.08 % after 500 steps of its own.

**Labels of made closures.** Opposite points of the lids stand 0.07 eye widths apart sideways and meet
as the eye shuts (the teacher on 22,000 eyes). The warp left them where they were, so that a shut eye's
label read 0.06 to 0.13, like a lowered one's 0.08 to 0.13: lowered eyes could not be told from shut
ones. The warp now brings them together, knows every openness, lets the lid slide over an eyeball that
looks down besides squashing it, and draws lashes.

FER+ is not among the pictures: an eye is some nine pixels wide there.
"""


def orders() -> dict[str, list[str]]:
    """What each number of the output is: the right eye's points, then the left's, mirrored."""
    return {
        "points": [
            f"{MESH_INDEX[int(k)]}.{axis}" for eye in eyes.POINTS for k in eye for axis in "xy"
        ]
    }


def geometry() -> dict[str, Any]:
    return {
        "crop": {
            "rows": eyes.ROWS,
            "columns": eyes.COLUMNS,
            "eye_width": eyes.WIDTH,
            "least_width": eyes.LEAST_WIDTH,
        },
        "units": "points: parts of the eye's width from the mean eye (edge/see/eyes.py); left eye mirrored",
    }


def write_entry(
    model: Path,
    figures: dict[str, Figures],
    same: dict[str, float],
    command: str,
    seed: int,
    steps: int,
    pictures: int,
) -> None:
    accuracy: dict[str, dict[str, dict[str, float]]] = {
        name: {kind: figures[kind].sets[name] for kind in figures} for name in figures["int8"].sets
    }
    accuracy["int8 against float, held-out persons"] = {"int8": same}
    shown = f"{pictures} pictures of faces/: all but one named person in {dataset.HELD_OUT_PERSONS}"
    facts = manifest.Facts(
        version="1",
        licence=LICENCE,
        order=orders(),
        data=(
            shown,
            "behind and beside them: negatives/, squares of detection/ that touch no face",
        ),
        command=command,
        seed=seed,
        epochs=steps * 64 // pictures,
        accuracy=accuracy,
        failures=FAILURES,
        extra=geometry(),
    )
    manifest.write(model.with_name("manifest.yaml"), manifest.entry(model, facts))


def report(
    model: Path,
    figures: dict[str, Figures],
    same: dict[str, float],
    pictures: int,
    log: list[str],
    command: str,
) -> str:
    """The report as Markdown: what was run, the log in a few lines, the tables."""
    found = graph.read(model)
    kinds = list(figures)
    first = figures["int8"].sets
    out = [
        "# Eyes: what was run, and what came out",
        "",
        f"`{command}` on {pictures} labelled pictures, one CPU thread.",
        f"{found.parameters:,} parameters, {found.macs / 1e6:.1f} MMAC for both eyes, {found.size:,} "
        f"bytes, {found.partitions} partition, {100 * found.int8_share:.0f} % of the operators int8.",
        "",
        "```",
        *few(log, 8),
        "```",
        "",
        course(log),
        "",
        TEXT,
        "## Both looks together, in % of the eye distance from the teacher",
        "",
        "`first look` is the landmark network alone (int8); the others are this one behind it.",
        "",
        "| set | figure | bar | " + " | ".join(kinds) + " |",
        "|" + "---|" * (3 + len(kinds)),
    ]
    for name in first:
        for figure in first[name]:
            bar = BAR.get(figure, "") if name == "held-out persons, tracked crop" else ""
            cells = [f"{figures[kind].sets[name][figure]:.4g}" for kind in kinds]
            out.append(f"| {name} | {figure} | {bar} | " + " | ".join(cells) + " |")
    out += [
        "",
        f"int8 against float: eyes' points {same['eye_points_pct']:.3f} % (gate 0.6), lid aspect "
        f"{same['eye_aspect']:.4f} (gate 0.005, bias {same['eye_aspect_bias']:+.4f}).",
        "",
        "![lid aspect over the clips](eyes.png)",
        "",
    ]
    return "\n".join(out)
