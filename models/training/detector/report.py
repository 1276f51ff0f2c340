"""The report: Markdown tables and one plot, out of the figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

WHO = ("BlazeFace", "ours int8", "ours float")


def _percent(value: float) -> str:
    return f"{100 * value:.1f}"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"


def recall_table(recall: Mapping[str, Any]) -> str:
    """Recall at IoU 0.3 / 0.5 / in place, by set and size."""
    rows = []
    for title, by_detector in recall.items():
        for subset, row in by_detector["BlazeFace"].items():
            if row.get("faces"):
                rows.append(
                    [title, subset, str(row["faces"])]
                    + [
                        " / ".join(
                            _percent(by_detector[n][subset][k])
                            for k in ("iou_0.3", "iou_0.5", "in_place")
                        )
                        for n in WHO
                    ]
                )
        rows.append(
            [title, "detections that are no face asked for", f"{row['pictures']} pictures"]
            + [str(by_detector[n]["extra detections"]["count"]) for n in WHO]
        )
    return _table(["set", "faces", "number", *WHO], rows)


def keys_table(keys: Mapping[str, Any]) -> str:
    """Key point and roll errors."""
    rows = [
        [
            title,
            n,
            str(e["faces"]),
            f"{e['mean']:.1f}",
            f"{e['median']:.1f}",
            " ".join(f"{v:.0f}" for v in e["by_point"]),
            f"{e['roll_mean']:.1f}",
            f"{e['roll_p95']:.1f}",
        ]
        for title, by_detector in keys.items()
        for n, e in ((n, by_detector[n]) for n in WHO)
    ]
    return _table(
        [
            "set",
            "detector",
            "faces",
            "mean",
            "median",
            "eyes, nose, mouth, ears",
            "roll, mean",
            "roll, 95 %",
        ],
        rows,
    )


def plot(found: Mapping[str, Any], path: Path) -> None:
    """Recall on composed scenes against false alarms per picture on the held-out negatives."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4.5))
    for name, style in (("BlazeFace", "--"), ("ours int8", "-")):
        for subset, colour in (
            ("under 1/6 of the height", "tab:red"),
            ("1/6 and more", "tab:blue"),
        ):
            points = [
                (
                    found["false_alarms"]["by_level"][name][level]
                    / found["false_alarms"]["pictures"],
                    by_subset[subset],
                )
                for level, by_subset in found["curve"][name].items()
            ]
            axes.plot(
                *zip(*points, strict=True),
                style,
                color=colour,
                marker=".",
                label=f"{name}, {subset}",
            )
    axes.set_xscale("symlog", linthresh=0.01)
    axes.set(
        xlabel="false alarms per picture, negatives held out",
        ylabel="recall at IoU 0.5, composed scenes",
        ylim=(0, 1),
        title="Detector, level 0.3 to 0.95",
    )
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def write(found: Mapping[str, Any], path: Path, command: str, history: str, log: str) -> None:
    """models/training/reports/detector.md and its .png."""
    plot(found, path.with_suffix(".png"))
    alarms, speed = found["false_alarms"], found["speed"]
    fast = speed["BlazeFace"]["median"] / speed["ours int8"]["median"]
    text = f"""# Detector: how it was made and what it does

`{command}`

{history}

Score from which a detection counts: **{
        found["level"]:.2f}** (the lowest with at most 4.2 false alarms in a hundred
pictures on the *training* half of `negatives/`); BlazeFace short range (float32, MediaPipe 0.10.14): its own 0.5.

## Recall, %

At IoU 0.3 / IoU 0.5 / in place (middle within a third of the side, side within a factor 1.8). Faces of 1/8 of the
picture's height and more. Every detector's boxes were first brought to the set's convention by one shift and one
growth, medians over faces found on scenes made of the training part (ours too).

{recall_table(found["recall"])}
The same with every detector's boxes as they come:

{recall_table(found["recall_raw"])}
- *composed*: held-out persons of `faces/` pasted into held-out backgrounds, 480x360, a third under 1/6 of the height.
- *detection, windows*: 480x360 windows of held-out pictures of `detection/` (one in three), enlarged at most threefold.
- *detection, whole*: the same pictures as they are. *yawn/car*, *eyes/faces*: pictures without given boxes; a face is
  one that any detector proposes (level 0.3) and MediaPipe's mesh confirms; nothing of these was trained on.

Composed scenes by condition, the same three figures:

{
        _table(
            ["condition", *WHO],
            [
                [tag, *(" / ".join(_percent(v) for v in by[n]) for n in WHO)]
                for tag, by in found["tags"].items()
            ],
        )
    }
## False alarms on {alarms["pictures"]} held-out pictures of negatives/

{
        _table(
            ["level", *WHO],
            [
                ["own", *(str(alarms["at_level"][n]) for n in WHO)],
                *(
                    [f"{lv:.2f}", *(str(alarms["by_level"][n][lv]) for n in WHO)]
                    for lv in list(alarms["by_level"]["BlazeFace"])[::4]
                ),
            ],
        )
    }
## Key points, % of the eye distance to MediaPipe's mesh; roll of the eyes' line, degrees

Over the faces that each found, then over those that both found. (BlazeFace's points are of the same six places but not
taught by the mesh: part of its distance is convention.)

{keys_table(found["keys"])}
{keys_table(found["keys_shared"])}
## Speed and size

{
        _table(
            ["", "CPU us, median", "least"],
            [[n, f"{s['median']:.0f}", f"{s['least']:.0f}"] for n, s in speed.items()],
        )
    }
Ours int8 is **{
        fast:.2f} times** as fast as BlazeFace float32 (one thread, interleaved, ai-edge-litert, x86-64 with AVX2
and no VNNI; medians). {found["sizes"]["ours int8"]} bytes.

## Log

{log}
![recall against false alarms](detector.png)

Known failures:
{chr(10).join("- " + line for line in found.get("failures", ()))}
"""
    path.write_text(text, encoding="utf-8")
