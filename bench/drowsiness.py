"""Drowsiness against real people: clips, the blinks of drowsy people, stills of eyes and mouths.

    python -m bench.drowsiness [--data FOLDER] [--clips FOLDER] [--variants]

FOLDER of the data: the argument, MIEN_DATA, or ../shared/data. What is not there is said and left
out. ``--variants``: the clips again, mirrored, smaller, larger, darker, blurred, noisy and tilted:
other readings of the same lids. Folds are by person, so no one is judged by a rule that was fitted
on them.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edge import config, pipeline
from edge.device import camera
from edge.device.camera import CameraError, CameraSettings
from edge.judge.rules import Rules
from edge.judge.signals import blinks as rule
from edge.judge.signals.gestures import GAPE
from edge.see import detector, eyes, landmarks
from edge.see.runtime import ModelError, load
from edge.see.settings import SightSettings
from edge.see.sight import Sight
from edge.types import NS, Frame, Observation

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from edge.see.runtime import Model
    from edge.types import Step

    Floats = NDArray[np.float64]

CLIPS: dict[str, tuple[list[tuple[int, int]], list[tuple[int, int]]]] = {
    "WolfgangLanger_Pexels.mp4": (
        [(153, 154), (201, 203), (248, 249), (288, 289), (385, 388), (425, 432)],
        [(16, 139), (438, 472)],
    ),
    "single_face.mp4": ([(25, 29)], []),
    "face_noface.mov": ([(25, 29)], []),
    "noface_face.mov": ([(122, 126)], []),
    "no_face.mp4": ([], []),
}
"""By people who looked frame by frame: blinks and closures, first and last frame of shut eyes.

Looked at again, at four times the size: the lids of the first closure are still down in 137, 138
and 139 and the first iris shows in 140 (the list said 136 before), and in 201 to 203 both lids come
down to the pupils and go up again, as in 153, which the list had and those it had not.
"""

ALERT, DROWSY = 0, 10
FREQUENCY, AMPLITUDE, DURATION, VELOCITY = range(4)
"""Columns of uta_rldd_blinks.npz; a note beside the file names them duration, amplitude, velocity,
frequency. The numbers say otherwise, and every run of this prints them (``_columns``): column 0
hardly changes from one blink to the next, as only a running frequency does; column 2 alone is made
of few values, as lengths in whole frames are, and has their long tail; columns 1 and 3 go together,
and of two blinks of one size in column 1 the longer has less of column 3, as velocity must."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = os.environ.get("MIEN_DATA", "../shared/data")
    parser.add_argument("--data", type=Path, default=Path(default))
    parser.add_argument("--clips", type=Path, default=Path(".cache/media"))
    parser.add_argument("--variants", action="store_true")
    arguments = parser.parse_args()
    models = _models()
    if models is not None:
        for name, changed in VARIANTS.items() if arguments.variants else ():
            _clips(arguments.clips, models, name, changed)
        _clips(arguments.clips, models)
    if not arguments.data.is_dir():
        print(f"{arguments.data}: not there; give --data or MIEN_DATA for people and stills")
        return 0
    _people(arguments.data / "uta_rldd_blinks.npz")
    if models is not None:
        _stills(arguments.data, models)
    return 0


def _models() -> dict[str, Model] | None:
    try:
        files = config.manifest(config.manifest_path())
        return {s.name: load(s, files[s.name]) for s in (detector.SPEC, landmarks.SPEC, eyes.SPEC)}
    except (config.ConfigError, ModelError) as error:
        print(f"models: {error}", file=sys.stderr)
        return None


def _sight(models: dict[str, Model]) -> Sight:
    """Eyes that have seen nobody yet."""
    return Sight(models, SightSettings(faces=1), emotion=False)


def _noisy(image: NDArray[np.uint8], light: float, sd: float) -> NDArray[np.uint8]:
    noise = np.random.default_rng(1).normal(0, sd, image.shape)
    return np.clip(image * light + noise, 0, 255).astype(np.uint8)


def _resized(image: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    import cv2  # noqa: PLC0415 - only the variants and the stills need it

    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.resize(image, None, fx=scale, fy=scale, interpolation=way).astype(np.uint8)


def _blurred(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2  # noqa: PLC0415

    return cv2.GaussianBlur(image, (0, 0), 2.0).astype(np.uint8)


def _tilted(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2  # noqa: PLC0415

    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 12, 1)
    return cv2.warpAffine(image, turn, (width, height)).astype(np.uint8)


VARIANTS: dict[str, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    "mirrored": lambda image: np.ascontiguousarray(image[:, ::-1]),
    "half the size": lambda image: _resized(image, 0.5),
    "a third": lambda image: _resized(image, 0.34),
    "twice the size": lambda image: _resized(image, 2.0),
    "dark, with noise": lambda image: _noisy(image, 0.35, 6.0),
    "noise": lambda image: _noisy(image, 1.0, 15.0),
    "blurred": _blurred,
    "tilted by 12 deg": _tilted,
}


def _clips(
    folder: Path,
    models: dict[str, Model],
    variant: str = "as they are",
    changed: Callable[[NDArray[np.uint8]], NDArray[np.uint8]] = lambda image: image,
) -> None:
    print(f"\nclips, {variant}")
    print(f"{'clip':28}{'blinks':>7}{'found':>7}{'invented':>9}{'a minute':>9}  closures, ms")
    for name, (blinks, closures) in CLIPS.items():
        see = _sight(models)
        settings = CameraSettings(source=str(folder / name), realtime=False)
        try:
            with camera.frames(settings) as frames:
                seen = [see(Frame(f.t_ns, changed(f.image))) for f in frames]
        except CameraError as error:
            print(f"{name:28}left out: {error}")
            continue
        _clip(name, seen, blinks, closures)


def _clip(
    name: str,
    seen: list[Observation],
    blinks: list[tuple[int, int]],
    closures: list[tuple[int, int]],
) -> None:
    steps = list(pipeline.judge(seen, Rules()))
    times = [step.t_ns for step in steps]
    minutes = (times[-1] - times[0]) / NS / 60
    marks = [m for s in steps for m in s.marks if m.type in {"blink", "long_blink"}]
    near = NS // 10
    found = sum(
        any(
            m.start_ns <= times[min(b, len(times) - 1)] + near and m.end_ns >= times[a] - near
            for m in marks
        )
        for a, b in blinks
    )
    true = [*blinks, *closures]
    invented = sum(
        not any(
            m.start_ns <= times[min(b, len(times) - 1)] + near and m.end_ns >= times[a] - near
            for a, b in true
        )
        for m in marks
    )
    words = [_closure(steps, times, a, b) for a, b in closures]
    print(
        f"{name:28}{len(blinks):7}{found:7}{invented:9}{invented / minutes:9.1f}  "
        + "; ".join(words)
    )


def _closure(steps: list[Step], times: list[int], a: int, b: int) -> str:
    """The closure that was told between these frames: its length against the true one.

    The true one lasts from midway before its first frame to midway after its last, or to the last
    frame of the clip.
    """
    start_ns = (times[a - 1] + times[a]) // 2
    end_ns = (times[b] + times[b + 1]) // 2 if b + 1 < len(times) else times[-1]
    inside = [s for s in steps if start_ns - NS // 2 <= s.t_ns <= end_ns + NS // 2]
    longest = max((s.eyes.closed_ms for s in inside), default=0)
    said = [
        f"{c.type} +{(c.t_ns - start_ns) / 1e6:.0f}"
        for s in inside
        for c in s.changes
        if c.change == "new"
    ]
    true_ms = (end_ns - start_ns) / 1e6
    return (
        f"true {true_ms:.0f}, seen {longest} ({longest - true_ms:+.0f}; "
        f"{', '.join(said) or 'nothing said'})"
    )


def auc(score: Floats, positive: Floats) -> float:
    """Area under the ROC curve, ties counted half."""
    _, place = np.unique(score, return_inverse=True)
    order = np.argsort(score, kind="stable")
    rank = np.empty(len(score))
    rank[order] = np.arange(1, len(score) + 1)
    rank = (np.bincount(place, rank) / np.bincount(place))[place]
    ones = positive.sum()
    return float((rank[positive == 1].sum() - ones * (ones + 1) / 2) / (ones * (len(rank) - ones)))


def fitted(features: Floats, drowsy: Floats, ridge: float = 1.0) -> Floats:
    """Logistic regression, intercept first, by Newton's method."""
    columns = np.c_[np.ones(len(drowsy)), features]
    weights = np.zeros(columns.shape[1])
    keep = ridge * np.r_[0, np.ones(features.shape[1])]
    for _ in range(40):
        odds = 1 / (1 + np.exp(-columns @ weights))
        slope = columns.T @ (odds - drowsy) + keep * weights
        curve = columns.T @ (columns * (odds * (1 - odds))[:, None]) + np.diag(keep + 1e-9)
        weights -= np.linalg.solve(curve, slope)
    return weights


def _people(path: Path) -> None:
    if not path.is_file():
        print(f"{path}: not there; the blinks of drowsy people are left out")
        return
    data = np.load(path)
    _columns(data["x"].astype(float))
    chosen = np.isin(data["y"], (ALERT, DROWSY))
    x, fold = data["x"][chosen].astype(float), data["fold"][chosen]
    drowsy = (data["y"][chosen] == DROWSY).astype(float)
    long_s, fast = x[:, :, DURATION], np.clip(x[:, :, VELOCITY], -8, 8).mean(1)
    tail = (long_s > rule.TAIL_SD).mean(1)
    # PERCLOS of blinks alone: the time that they are longer than usual, in units of their own SD
    perclos = np.clip(long_s, 0, None).sum(1)
    print(f"\n{len(x)} runs of 30 blinks, {int(drowsy.sum())} of drowsy people; AUC by fold")
    print(f"{'evidence':44}" + "".join(f"{f'fold {n}':>8}" for n in np.unique(fold)) + "    mean")
    _row("mean duration alone", long_s.mean(1), drowsy, fold)
    _row("PERCLOS of the blinks alone", perclos, drowsy, fold)
    _row("share longer than own mean + 2 SD", tail, drowsy, fold)
    _row("as shipped: that share and lid speed", _shipped(tail, fast), drowsy, fold)
    choices = (
        ("fitted on other folds: share", np.c_[tail]),
        ("fitted on other folds: share, speed", np.c_[tail, fast]),
        ("fitted: share, speed, mean duration", np.c_[tail, fast, np.clip(long_s, -2, 6).mean(1)]),
    )
    for name, features in choices:
        _row(name, held_out(features, drowsy, fold), drowsy, fold)
    score = np.empty(len(x))
    for held in np.unique(fold):  # whoever is scored has no say in what they are scored by
        rest = fold != held
        inner = [
            np.mean(_areas(held_out(f[rest], drowsy[rest], fold[rest]), drowsy[rest], fold[rest]))
            for _, f in choices
        ]
        best = choices[int(np.argmax(inner))][1]
        weights = fitted(best[rest], drowsy[rest])
        score[~rest] = weights[0] + best[~rest] @ weights[1:]
    _row("fitted, and features chosen, on others", score, drowsy, fold)
    weights = fitted(np.c_[tail, fast], drowsy)
    print("weights on all folds (bias, share, speed): " + " ".join(f"{w:.2f}" for w in weights))
    odds = _shipped(tail, fast)
    caught, false = (odds[drowsy == 1] >= 0).mean(), (odds[drowsy == 0] >= 0).mean()
    print(f"at odds of even: {caught:.0%} of drowsy runs, {false:.0%} of alert runs")


def _columns(x: Floats) -> None:
    """What tells the columns apart, since their names are in doubt."""
    flat = x.reshape(-1, 4)
    centred = x - x.mean(1, keepdims=True)
    print(
        f"\n{'column':24}{'next':>8}{'values':>8}{'skew':>8}  next: r with the next blink of a run"
    )
    for column, name in enumerate(("frequency", "amplitude", "duration", "velocity")):
        now, then = centred[:, :-1, column].ravel(), centred[:, 1:, column].ravel()
        values = flat[:, column]
        skew = ((values - values.mean()) ** 3).mean() / values.std() ** 3
        print(
            f"{column} taken for {name:12}{np.corrcoef(now, then)[0, 1]:8.2f}"
            f"{len(np.unique(values)):8}{skew:8.1f}"
        )
    r = np.corrcoef(flat.T)
    for one, other in ((VELOCITY, AMPLITUDE), (AMPLITUDE, VELOCITY)):
        alone = (r[one, DURATION] - r[one, other] * r[other, DURATION]) / np.sqrt(
            (1 - r[one, other] ** 2) * (1 - r[other, DURATION] ** 2)
        )
        print(f"column {one} with column {DURATION}, column {other} held still: r = {alone:+.2f}")


def _shipped(tail: Floats, speed: Floats) -> Floats:
    return rule.BIAS + rule.TAIL_WEIGHT * tail + rule.SPEED_WEIGHT * speed


def held_out(features: Floats, drowsy: Floats, fold: NDArray[np.uint8]) -> Floats:
    """Log odds for each fold by weights fitted on all the others."""
    score = np.empty(len(drowsy))
    for held in np.unique(fold):
        weights = fitted(features[fold != held], drowsy[fold != held])
        score[fold == held] = weights[0] + features[fold == held] @ weights[1:]
    return score


def _areas(score: Floats, drowsy: Floats, fold: NDArray[np.uint8]) -> list[float]:
    return [auc(score[fold == n], drowsy[fold == n]) for n in np.unique(fold)]


def _row(name: str, score: Floats, drowsy: Floats, fold: NDArray[np.uint8]) -> None:
    areas = _areas(score, drowsy, fold)
    print(f"{name:44}" + "".join(f"{area:8.3f}" for area in areas) + f"{np.mean(areas):8.3f}")


def _stills(folder: Path, models: dict[str, Model]) -> None:
    import cv2  # noqa: PLC0415 - only the stills need it

    print(f"\n{'stills':22}{'pictures':>9}{'faces':>7}{'AUC':>8}  at the shipped threshold")
    for name, yes, no in (("eyes/faces", "closed", "open"), ("yawn/car", "yawn", "no_yawn")):
        if not (folder / name).is_dir():
            print(f"{name:22}not there; left out")
            continue
        values: list[tuple[float, int]] = []
        count = 0
        for label, kind in ((1, yes), (0, no)):
            for path in sorted((folder / name / kind).iterdir()):
                image = cv2.imread(str(path))
                if image is None:
                    continue
                count += 1
                rgb = np.ascontiguousarray(image[:, :, ::-1])
                faces = _sight(models)(Frame(0, rgb)).faces
                if faces:
                    values.append((_signal(name, faces[0]), label))
        known = [(value, label) for value, label in values if value == value]  # noqa: PLR0124
        score = np.array([value for value, _ in known])
        truth = np.array([label for _, label in known], float)
        limit = GAPE if name.startswith("yawn") else -Rules().eyes.shut_below
        caught, false = (score[truth == 1] > limit).mean(), (score[truth == 0] > limit).mean()
        print(
            f"{name:22}{count:9}{len(known):7}{auc(score, truth):8.3f}"
            f"  {caught:.0%} of {yes}, {false:.0%} of {no}"
        )


def _signal(name: str, face: object) -> float:
    if name.startswith("yawn"):
        mar = getattr(face, "mar", None)
        return float("nan") if mar is None else mar
    ear, rules = getattr(face, "ear", None), Rules().eyes
    if ear is None:
        return float("nan")
    return -(ear - rules.ear_shut) / (rules.ear_open - rules.ear_shut)


if __name__ == "__main__":
    raise SystemExit(main())
