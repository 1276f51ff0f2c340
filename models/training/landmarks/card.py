"""The manifest entry and the report, from the figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from models.training import graph, manifest
from models.training.landmarks import crop, dataset
from models.training.landmarks.closures import FACE_FLOOR
from models.training.landmarks.points import GROUPS, LIPS, MESH_INDEX
from models.training.landmarks.report import CHANGES, Figures

if TYPE_CHECKING:
    from pathlib import Path

VERSION: Final = "1"
LICENCE: Final = (
    "teacher: MediaPipe attention mesh, Apache-2.0; faces/: repository Apache-2.0 "
    "(muxspace/facial_expressions), origin of the photos not stated; FER+ Train: labels MIT (not used), "
    "pictures collected from the web for a 2013 challenge, rights unknown; negatives/ and detection/: not stated"
)
BAR: Final = {
    "all_pct": 2.1,
    "eyelids_pct": 1.45,
    "iris_pct": 1.6,
    "nose_pct": 1.8,
    "outline_pct": 3.3,
    "yaw_error_deg": 5.0,
    "pitch_error_deg": 5.0,
}
GEOMETRY: Final = """\
Grey (any camera's luma), one square crop, turned so that the eyes are level; code: `crop.py`.

- *Tracked*: from this frame's 127 points. Turn: the line between the means of points 0-15 and 16-31.
  In the frame turned by it, the upright box of brows (42-61) and outline (114-126): its middle is the
  crop's middle, 1.2 times its larger side the crop's side.
- *Found by the detector*: turn from the two eye points; side = 1.97 |eye to eye| + 0.61 |eyes' middle to
  mouth|; middle = (eyes' middle + mouth) / 4 + (the box's middle) / 2, moved down the turned frame by
  0.047 sides. Look twice: the second crop comes from the first look's points.
- One bilinear warp to 128x128, the border repeated; when the side is 256 pixels or more, shrink the
  picture first by the whole number int(side / 128), by area.
- `face` below the floor: lost; look with the detector again. `visible` below 0.5: that eye or mouth is
  covered, and its openness is unknown."""
FAILURES: Final = (
    "by this network alone, eyes lowered to look down read as shut: the eyes network looks once more",
    "on processors without int8 dot products (AVX2 alone) int8 is hardly faster than float",
    "upside-down faces are taught to be no face; beyond 35 degrees of turn a crop must be levelled first",
    "points under a hand, a mask or dark glasses are guesses: read `visible` before using them",
    "points come from a teacher and share its mistakes; 127 of its 478 points",
    "trained on grey pictures of 160 px and less, mostly frontal: beyond 40 degrees of yaw few were seen",
    "openness is relative to the average face: narrow eyes read lower, so judge against the driver's own",
)


def failures(figures: Figures) -> tuple[str, ...]:
    """What the network cannot do: every figure that misses its bar, and what is known of any such network."""
    reached = figures.flat()["held-out persons, tracked crop"]
    missed = [
        f"{name}: {reached[name]:.2f}, over the bar of {bar}"
        for name, bar in BAR.items()
        if reached[name] > bar
    ]
    kept = figures.flags[f"kept at {FACE_FLOOR}, a hand in front"]
    hand = f"at {FACE_FLOOR} the face flag keeps {kept:.1%} of faces with a hand drawn over them"
    return (*missed, hand, *FAILURES)


def course(log: list[str]) -> str:
    """How the run that wrote this log went, in a sentence."""
    halts = sum("going on from step" in line for line in log)
    if not halts:
        return "One run, from its first step to its last."
    return f"The run was halted {halts} times and went on from its checkpoint."


def _axes(names: tuple[int, ...] | list[int]) -> list[str]:
    return [f"{name}.{axis}" for name in names for axis in "xy"]


def orders() -> dict[str, list[str]]:
    """What each number of each output is; points by their MediaPipe mesh index."""
    groups = ("left_eye", "right_eye", "left_brow", "right_brow", "lips", "nose")
    three = ["left_eye", "right_eye", "mouth"]
    return {
        "centres": [f"{g}.{axis}" for g in groups for axis in "xy"],
        "eyes": _axes([MESH_INDEX[k] for g in GROUPS[:2] for k in g]),
        "features": _axes([MESH_INDEX[k] for g in GROUPS[2:] for k in g]),
        "outline": _axes(list(MESH_INDEX[114:])),
        "openness": three,
        "visible": three,
        "face": ["face"],
        "pose": ["yaw", "pitch", "roll"],
    }


def geometry() -> dict[str, Any]:
    return {
        "points": {"mesh_index": list(MESH_INDEX), "inner_lips_from": LIPS.start + 20},
        "crop": {
            "size": crop.SIZE,
            "margin": crop.MARGIN,
            "detection_down": crop.DETECTION_DOWN,
            "detection_per_eyes": crop.DETECTION_PER_EYES,
            "detection_per_mouth": crop.DETECTION_PER_MOUTH,
        },
        "pose_unit_deg": dataset.POSE_UNIT_DEG,
        "face_floor": FACE_FLOOR,
        "units": "points: parts of the crop's side, from the mean shape (shape.py); openness, visible, face: logits",
    }


def write_entry(
    model: Path,
    figures: dict[str, Figures],
    same: dict[str, float],
    command: str,
    seed: int,
    epochs: int,
    pictures: int,
) -> None:
    flat = {kind: f.flat() for kind, f in figures.items()}
    accuracy: dict[str, dict[str, dict[str, float]]] = {
        name: {kind: flat[kind][name] for kind in flat} for name in flat["int8"]
    }
    accuracy["int8 against float, held-out persons"] = {"int8": same}
    facts = manifest.Facts(
        version=VERSION,
        licence=LICENCE,
        order=orders(),
        data=(
            f"faces/ but one named person in {dataset.HELD_OUT_PERSONS}, and 5,000 of FER+ Train: {pictures} pictures kept",
            "negatives/ but every fourth scene; squares of detection/ that touch no face",
        ),
        command=command,
        seed=seed,
        epochs=epochs,
        accuracy=accuracy,
        failures=failures(figures["int8"]),
        extra=geometry(),
    )
    manifest.write(model.with_name("manifest.yaml"), manifest.entry(model, facts))


def few(log: list[str], count: int) -> list[str]:
    """About so many of the log's lines, the last one among them."""
    return log[:: -max(1, len(log) // count)][::-1]


def _row(*cells: object) -> str:
    return "| " + " | ".join(f"{c:.2f}" if isinstance(c, float) else str(c) for c in cells) + " |"


def report(
    model: Path,
    figures: dict[str, Figures],
    same: dict[str, float],
    pictures: int,
    log: list[str],
    command: str,
) -> str:
    """The report as Markdown: what was run, the log in a few lines, the tables."""
    found, flat = graph.read(model), {kind: f.flat() for kind, f in figures.items()}
    out = [
        "# Landmarks: what was run, and what came out",
        "",
        f"`{command}` on {pictures} labelled pictures (labels: `teacher.py`), one CPU thread.",
        f"{found.parameters:,} parameters, {found.macs / 1e6:.1f} MMAC, {found.size:,} bytes, "
        f"{found.partitions} partition, {100 * found.int8_share:.0f} % of the operators int8.",
        "",
        "## The log, summarised",
        "",
        "Smoothed training losses:",
        "",
        "```",
        *few(log, 10),
        "```",
        "",
        course(log),
        "",
        "## What the network is shown",
        "",
        GEOMETRY,
        "",
        "## Held-out persons, distance to the teacher in % of the eye distance",
        "",
        "The teacher is the mean of three views; its views lie 0.9 % from their mean.",
        "",
        _row(
            "figure",
            "bar",
            *(f"{crop_} {kind}" for crop_ in ("tracked", "rough", "detected") for kind in flat),
        ),
        "|" + "---|" * (2 + 3 * len(flat)),
    ]
    some = flat["int8"]["held-out persons, tracked crop"]
    for figure in some:
        digits = (
            flat[k][f"held-out persons, {c} crop"][figure]
            for c in ("tracked", "rough", "detected")
            for k in flat
        )
        shown = (f"{v:.4f}" if figure == "eye_aspect_error" else f"{v:.2f}" for v in digits)
        out.append(_row(figure, BAR.get(figure, ""), *shown))
    fit = figures["int8"].crops["tracked"]
    out += [
        "",
        f"Pose without the head, by scaled orthography from the 117 points: yaw {fit.yaw_fit_deg:.2f}, "
        f"pitch {fit.pitch_fit_deg:.2f} degrees; the head is used where it is better.",
        "",
        f"int8 against float: {same['points_pct']:.3f} % (gate 0.6), lid aspect {same['eye_aspect']:.4f} "
        f"(gate 0.005, bias {same['eye_aspect_bias']:+.4f}).",
        "",
        _row(
            "changed input (tracked)",
            *(f"{what} {kind}" for what in ("all", "eyelids") for kind in flat),
        ),
        "|" + "---|" * (1 + 2 * len(flat)),
    ]
    for how in CHANGES:
        cells = [
            flat[k][f"held-out persons, {how}"][f] for f in ("all_pct", "eyelids_pct") for k in flat
        ]
        out.append(_row(how, *cells))
    out += [
        "",
        "## Shut and open eyes; the face flag",
        "",
        _row("set", "figure", *flat),
        "|" + "---|" * (2 + len(flat)),
    ]
    for name in [n for n in flat["int8"] if not n.startswith("held-out")]:
        for figure in flat["int8"][name]:
            out.append(_row(name, figure, *(f"{flat[k][name][figure]:.4f}" for k in flat)))
    eyes = figures["int8"].eyes
    out += [
        "",
        f"`eyes/faces`: {len(eyes.shut)} shut, {len(eyes.open)} open, {eyes.missed} without a detection (left out).",
        "A margin above 0 says that every shut frame of the clip lies below every open one.",
        "",
        "![lid aspect over the clips](landmarks.png)",
        "",
    ]
    return "\n".join(out)
