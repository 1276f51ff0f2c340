"""The report's tables as Markdown and the confusion matrix as a picture without a face in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from models.training.expression.decode import EMOTIONS
from models.training.expression.figures import Score


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; floats are shown with three digits."""

    def cell(value: object) -> str:
        return f"{value:.3f}" if isinstance(value, float) else str(value)

    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell(v) for v in line) + " |" for line in lines)


def overall(found: Mapping[str, Mapping[str, Score]]) -> str:
    """Set and model -> accuracy and balanced accuracies."""
    rows = [
        [name, who, s.n, s.accuracy, s.balanced, s.balanced_enough]
        for name, models in found.items()
        for who, s in models.items()
    ]
    return table(
        ["set", "model", "pictures", "accuracy", "balanced, all present", "balanced, 50 and more"],
        rows,
    )


def by_class(found: Mapping[str, Score]) -> str:
    """Recall and precision of each class, one pair of columns a model, with the number of pictures."""
    head = ["class", "pictures"] + [
        f"{who} {what}" for who in found for what in ("recall", "precision")
    ]
    first = next(iter(found.values()))
    rows: list[list[object]] = []
    for k, name in enumerate(EMOTIONS):
        row: list[object] = [name, int(first.confusion[k].sum())]
        for s in found.values():
            row += [s.recall.get(name, "-"), s.precision.get(name, "-")]
        rows.append(row)
    return table(head, rows)


def under_conditions(found: Mapping[str, Mapping[str, float]]) -> str:
    """Condition -> accuracy of each model."""
    models = list(next(iter(found.values())))
    return table(
        ["condition", *models], [[name, *(row[m] for m in models)] for name, row in found.items()]
    )


def plot(
    path: Path,
    confusion: np.ndarray,
    reliability: Sequence[tuple[float, float]],
    name: str = "int8",
) -> None:
    """Confusion (rows are the truth, shares of a row, counts written in) beside the reliability curve."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    share = confusion / np.maximum(confusion.sum(1, keepdims=True), 1)
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 5.4), width_ratios=(1.3, 1))
    left.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for row in range(len(EMOTIONS)):
        for column in range(len(EMOTIONS)):
            colour = "white" if share[row, column] > 0.5 else "black"
            left.text(
                column,
                row,
                str(confusion[row, column]),
                ha="center",
                va="center",
                color=colour,
                fontsize=8,
            )
    left.set_xticks(range(len(EMOTIONS)), EMOTIONS, rotation=45, ha="right")
    left.set_yticks(range(len(EMOTIONS)), EMOTIONS)
    left.set(xlabel="answer", ylabel="majority of the annotators", title=f"FER+ Valid, {name}")
    right.plot([0, 1], [0, 1], color="grey", linewidth=0.8)
    right.plot(*zip(*reliability, strict=True), marker="o")
    right.set(
        xlabel="confidence after temperature",
        ylabel="share right",
        title="reliability",
        xlim=(0, 1),
        ylim=(0, 1),
    )
    figure.tight_layout()
    figure.savefig(path, dpi=80)
    plt.close(figure)
