"""Every figure of the landmark network, float beside int8; the manifest entry, the report and a plot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from models.training.landmarks import closures, dataset, evaluate, flag, pose, references
from models.training.landmarks.closures import Closures
from models.training.landmarks.points import eye_aspect, eye_distance

if TYPE_CHECKING:
    from pathlib import Path

    from models.training.landmarks.evaluate import Held, Net, PointError

CHANGES: Final = ("dark", "side light", "motion 7 px", "blur sd 1.5", "noise sd 12", "48 px face")
WOLFGANG_SHUT: Final = (18, 135)
"""Shut, looked at frame by frame; a hand is before the face from 60, over an eye from 92 on."""
WOLFGANG_HAND: Final = 92
WOLFGANG_OPEN: Final = ((145, 152), (158, 199), (205, 246), (252, 285), (292, 383), (392, 421))
"""Open, between blinks; before 18 the eyes are lowered, after 421 they laugh shut or look down."""
FLOORS: Final = (0.5, 0.8, 0.9, 0.95)
BLINK_SHUT: Final = (26, 28)
BLINK_AROUND: Final = (23, 31)


@dataclass(frozen=True)
class Figures:
    """All that was measured of one file."""

    crops: dict[str, PointError]
    changes: dict[str, PointError]
    eyes: Closures
    clips: dict[str, dict[str, float]]
    flags: dict[str, float]

    def flat(self) -> dict[str, dict[str, float]]:
        """Set -> figure -> value, as the manifest wants it."""
        sets: dict[str, dict[str, float]] = {}
        for kind, error in self.crops.items():
            sets[f"held-out persons, {kind} crop"] = {
                **{f"{k}_pct": v for k, v in error.regions.items()},
                "without_iris_pct": error.without_iris,
                "all_pct": error.everything,
                "eye_aspect_error": error.aspect,
                "yaw_error_deg": error.yaw_deg,
                "pitch_error_deg": error.pitch_deg,
            }
        for how, error in self.changes.items():
            sets[f"held-out persons, {how}"] = {
                "all_pct": error.everything,
                "eyelids_pct": error.regions["eyelids"],
            }
        sets["eyes/faces"] = {f"auc_{k}": v for k, v in self.eyes.area().items()}
        sets |= {f"clip {name}": v for name, v in self.clips.items()}
        sets["face flag"] = self.flags
        return sets


def clip_scores(
    net: Net, work: Path, wheel: Path
) -> tuple[dict[str, dict[str, float]], dict[str, np.ndarray]]:
    """Margins between shut and open frames, and the scores frame by frame (lid aspect, openness head)."""
    margins: dict[str, dict[str, float]] = {}
    curves: dict[str, np.ndarray] = {}
    for clip in references.CLIPS:
        frames = closures.grey_frames(wheel, clip)
        seen = list(
            closures.follow(net, frames, work / f"reference_{clip}.npz", closures.FACE_FLOOR)
        )
        curve = np.array(
            [(np.nan, np.nan) if s is None else closures.score(s.answer, s.points) for s in seen],
            np.float64,
        )
        number = np.arange(len(curve))
        if clip.startswith("Wolfgang"):
            shut = (number >= WOLFGANG_SHUT[0]) & (number < WOLFGANG_SHUT[1])
            opened = np.any([(number >= a) & (number < b) for a, b in WOLFGANG_OPEN], axis=0)
        else:
            shut = (number >= BLINK_SHUT[0]) & (number <= BLINK_SHUT[1])
            opened = (number < BLINK_AROUND[0]) | (number > BLINK_AROUND[1])
        there = np.isfinite(curve[:, 0])
        apart = Closures(curve[shut & there], curve[opened & there], int((~there).sum()))
        margins[clip] = {
            **{f"margin_{k}": v for k, v in apart.margin().items()},
            **{f"auc_{k}": v for k, v in apart.area().items()},
            "frames_lost": float(apart.missed),
        }
        curves[clip] = curve
    return margins, curves


def measure(
    net: Net, held: Held, chips: dataset.Chips, data: Path, work: Path, wheel: Path
) -> tuple[Figures, dict[str, np.ndarray]]:
    canonical = pose.canonical_face(wheel)
    crops = {
        kind: evaluate.point_error(net, held, kind, canonical)
        for kind in ("tracked", "rough", "detected")
    }
    changes = {how: evaluate.point_error(net, held, "tracked", canonical, how) for how in CHANGES}
    margins, curves = clip_scores(net, work, wheel)
    empty = flag.scores(net, flag.negative_crops(data))
    real = {name: flag.scores(net, shown) for name, shown in flag.face_crops(held, chips).items()}
    flags = {"floor_that_keeps_99": float(np.percentile(np.concatenate(list(real.values())), 1))}
    for floor in FLOORS:
        flags[f"false at {floor}"] = float((empty >= floor).mean())
        flags |= {f"kept at {floor}, {k}": float((v >= floor).mean()) for k, v in real.items()}
    eyes = closures.labelled_faces(net, data, work)
    return Figures(crops, changes, eyes, margins, flags), curves


def parity(one: PointError, other: PointError, held: Held) -> dict[str, float]:
    """int8 against float on the same crops: distance in % of the eye distance, lid aspect difference."""
    unit = eye_distance(held.points)[:, None]
    distance = np.linalg.norm(one.points - other.points, axis=-1) / unit
    bias = np.subtract(eye_aspect(one.points), eye_aspect(other.points))
    aspect = np.abs(bias)
    return {
        "points_pct": float(100 * distance.mean()),
        "eye_aspect": float(aspect.mean()),
        "eye_aspect_bias": float(bias.mean()),
    }


def plot(curves: dict[str, dict[str, np.ndarray]], file: Path) -> None:
    """Lid aspect over the frames of both clips, float and int8; no picture of anybody."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, rows = pyplot.subplots(2, 1, figsize=(9, 6))
    for axis, clip in zip(rows, references.CLIPS, strict=True):
        for kind, by_clip in curves.items():
            axis.plot(by_clip[clip][:, 0], label=kind, linewidth=1)
        axis.set_title(clip, fontsize=9)
        axis.set_ylabel("lid gap / eye width")
        axis.set_ylim(0, None)
    rows[0].axvspan(WOLFGANG_SHUT[0], WOLFGANG_HAND, alpha=0.15, label="shut")
    hand = (WOLFGANG_HAND, WOLFGANG_SHUT[1])
    rows[0].axvspan(*hand, alpha=0.15, color="orange", label="shut, a hand over an eye")
    for start, end in WOLFGANG_OPEN:
        rows[0].axvspan(start, end, alpha=0.08, color="green")
    rows[1].axvspan(*BLINK_SHUT, alpha=0.15)
    rows[0].legend(fontsize=8)
    rows[1].set_xlabel("frame")
    figure.tight_layout()
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=90)
