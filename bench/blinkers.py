"""The blinks of alert and drowsy people (UTA-RLDD): which evidence tells them apart, by person.

Folds are by person, so no one is judged by a rule that was fitted on them. ``bench.drowsiness``
prints it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edge.judge.signals import blinks as rule
from models.training.landmarks.closures import auc

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

ALERT, DROWSY = 0, 10
FREQUENCY, AMPLITUDE, DURATION, VELOCITY = range(4)
"""Columns of uta_rldd_blinks.npz; a note beside the file names them duration, amplitude, velocity,
frequency. The numbers say otherwise, and every run of this prints them (``_columns``): column 0
hardly changes from one blink to the next, as only a running frequency does; column 2 alone is made
of few values, as lengths in whole frames are, and has their long tail; columns 1 and 3 go together,
and of two blinks of one size in column 1 the longer has less of column 3, as velocity must."""


def report(path: Path) -> None:
    """Print what the columns are, and how well each evidence tells drowsy from alert."""
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
        score[~rest] = held_out(best, drowsy, fold)[~rest]
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
    return [
        auc(score[(fold == n) & (drowsy == 1)], score[(fold == n) & (drowsy == 0)])
        for n in np.unique(fold)
    ]


def _row(name: str, score: Floats, drowsy: Floats, fold: NDArray[np.uint8]) -> None:
    areas = _areas(score, drowsy, fold)
    print(f"{name:44}" + "".join(f"{area:8.3f}" for area in areas) + f"{np.mean(areas):8.3f}")


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
