"""What is said about the expression network in words: manifest facts and the report's text."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import astuple
from pathlib import Path
from typing import Any

from models.training.expression import report
from models.training.expression.decode import EMOTIONS
from models.training.expression.evaluate import ANSWERED_RIGHT, RARE, Figures
from models.training.expression.net import SIZE
from models.training.expression.recipe import VIEWS, VOTES_LAST, Lengths, courses
from models.training.expression.train import HARSH_FROM, HARSH_TO, SMALL_FIRST
from models.training.manifest import Facts

VERSION = "5"
COMMAND = "python -m models.training.expression --epochs {epochs} --seed {seed} --bf16"
LICENCE = (
    "labels of FER+: MIT (Microsoft); its pictures: collected from the web for a 2013 challenge, rights unknown; "
    "weak labels: muxspace/facial_expressions, repository Apache-2.0, origin of the photos not stated"
)
LOW_TRUST = ("disgust", "contempt")
# Share of the crop's side; measured on FER+ Valid with MediaPipe's attention mesh (models/training/README.md)
CROP = {"eyes_middle": [0.5, 0.39], "span": 0.385, "down": 0.11, "upright": "eyes", "size": 48}
BAR = 0.865  # of FER+ Valid by majority
WEAK = 0.7  # a class found less often than this is named among the failures
COSTLY = 0.06  # a condition that costs more than this too


def failures(found: Figures) -> list[str]:
    """What the figures of the int8 file say against it, in words."""
    valid, faces = found.scores["ferplus_valid_majority"], found.scores["faces_held_out"]
    int8, strangers = valid["int8"], faces["int8"]
    lines = []
    if int8.accuracy < BAR:
        lines.append(
            f"below the bar of {BAR} on FER+ Valid by {100 * (BAR - int8.accuracy):.1f} points"
        )
    missed = [
        f"{name} in {int8.recall[name]:.0%}"
        for k, name in enumerate(EMOTIONS)
        if name not in LOW_TRUST and int8.confusion[k].sum() >= 50 and int8.recall[name] < WEAK
    ]
    if missed:
        lines.append(f"of the pictures of a class it finds, on FER+ Valid: {', '.join(missed)}")
    for name in LOW_TRUST:
        row = strangers.confusion[EMOTIONS.index(name)]
        right, called = (
            int(row[EMOTIONS.index(name)]),
            int(strangers.confusion[:, EMOTIONS.index(name)].sum()),
        )
        lines.append(
            f"{name}: {right} of {int(row.sum())} on held-out persons of faces/, {called} times answered; low_trust"
        )
    clear = found.conditions["as is"]["int8"]
    dear = [
        f"{name} {100 * (clear - row['int8']):.0f}"
        for name, row in found.conditions.items()
        if clear - row["int8"] > COSTLY
    ]
    if dear:
        lines.append(f"points lost: {', '.join(dear)}")
    lines += [
        "pictures without a face get an answer: ask the detector and the landmarks first",
        "the temperature and the threshold were chosen on the set that they are reported on (one number each)",
    ]
    return lines


def facts(found: Figures, lengths: Lengths, seed: int) -> Facts:
    """The manifest's part that the file cannot say."""
    sets = {
        name: {
            kind: {
                "pictures": s.n,
                "top1": s.accuracy,
                "balanced": s.balanced,
                "balanced_50": s.balanced_enough,
            }
            for kind, s in models.items()
            if kind in ("float", "int8")
        }
        for name, models in found.scores.items()
    }
    valid = sets["ferplus_valid_majority"]
    valid["float"] |= {"ece": found.float_error}
    valid["int8"] |= {"ece": found.calibration.error}
    for name in ("motion blur 7 px", "24 px face"):
        key = f"ferplus_valid_majority, {name}"
        sets[key] = {kind: {"top1": found.conditions[name][kind]} for kind in ("float", "int8")}
    return Facts(
        version=VERSION,
        licence=LICENCE,
        order={"logits": EMOTIONS},
        data=(
            "FER+ Train (published split)",
            "faces/, three persons in four; neutral and happiness from the second course on",
        ),
        command=COMMAND.format(epochs=" ".join(map(str, astuple(lengths))), seed=seed),
        seed=seed,
        epochs=sum(astuple(lengths)),
        accuracy=sets,
        failures=failures(found),
        extra={
            "temperature": found.calibration.temperature,
            "uncertain_below": found.calibration.uncertain_below,
            "low_trust": list(LOW_TRUST),
            "crop": CROP,
        },
    )


def markdown(found: Figures, entry: Mapping[str, Any], history: str, lengths: Lengths) -> str:
    """The report."""
    c = found.calibration
    valid = found.scores["ferplus_valid_majority"]
    bar = [
        ["FER+ Valid, 8 classes, majority", "0.865", valid["int8"].accuracy],
        [
            "float minus int8, points",
            "0.5",
            100 * (valid["float"].accuracy - valid["int8"].accuracy),
        ],
        ["expected calibration error", "0.03", c.error],
        ["motion blur 7 px", "0.76", found.conditions["motion blur 7 px"]["int8"]],
        ["24 px face", "0.80", found.conditions["24 px face"]["int8"]],
        ["balanced (all classes that occur)", "0.64", valid["int8"].balanced],
    ]
    answered = [[limit, share, right] for limit, (share, right) in found.answered.items()]
    rare = [
        [
            name,
            who,
            s.recall.get(emotion, "-"),
            s.precision.get(emotion, "-"),
            emotion,
            int(s.confusion[k].sum()),
        ]
        for emotion in RARE
        for k in [EMOTIONS.index(emotion)]
        for name in ("ferplus_valid_plurality", "faces_held_out")
        for who, s in found.scores[name].items()
    ]
    wrong = "\n".join(f"- {line}" for line in entry["known_failures"])
    return f"""# Expression: what was run and what came out

`{entry["training"]["command"]}`; {entry["parameters"]} parameters, {entry["macs"] / 1e6:.1f} MMAC,
{entry["bytes"]} bytes, {entry["int8_share"]:.0%} of the operators int8, {entry["partitions"]} XNNPACK partition.
{_schedule(lengths)}The weights' moving averages at the ends of the last two, averaged once more, are what is exported.

## The bar (FER+ Valid)

{report.table(["figure", "bar", "int8"], bar)}

Temperature {c.temperature} (calibration error {c.error_raw:.3f} without, {c.error:.3f} with, {c.error_crossed:.3f}
when it is chosen on the other half). `uncertain` below {c.uncertain_below}: from there on {ANSWERED_RIGHT:.0%} of the
answers are right. Of the pictures without a majority, {found.ambiguous_uncertain:.0%} are called uncertain.
Float and int8 give the same answer on {found.same_top1:.1%} of the pictures.
FER+ Valid has 1 picture of disgust and none of contempt by majority, so "all that occur" hangs on that one.

{report.table(["confidence from", "answered", "right"], answered)}

## Sets

{report.overall(found.scores)}

## Classes, FER+ Valid by majority

{report.by_class({k: v for k, v in valid.items() if k in ("float", "int8")})}

![confusion and reliability](expression.png)

## Rare classes

By plurality on FER+ Valid, and on persons of `faces/` that were not trained on (one annotator, noisy).

{report.table(["set", "model", "recall", "precision", "class", "pictures"], rare)}

## Conditions, FER+ Valid by majority

{report.under_conditions(found.conditions)}

## Speed

CPU microseconds of one inference, one thread, ai-edge-litert, the models taking turns. The processor ({_processor()})
is named because it decides: with int8 dot products (VNNI, Arm from the A76 on) dense int8 gains most.

{report.table(["model", "µs"], [[who, round(took)] for who, took in found.speed.items()])}

## Known failures

{wrong}

## Log

```
{chr(10).join(_log(history))}
```
"""


def _schedule(lengths: Lengths) -> str:
    sizes = ", ".join(f"{size}x{size} until {until:.0%}" for until, size in SMALL_FIRST)
    first, second, third, fourth = courses(lengths)
    return (
        f"SGD, {first.epochs} epochs on a cosine from {first.rate}. Pictures {sizes}, then {SIZE}x{SIZE}; blur,\n"
        f"coarseness, darkness and noise grow from none at {HARSH_FROM:.0%} to their shares at {HARSH_TO:.0%}.\n"
        f"Then {second.epochs} epochs on a second cosine from {second.rate}, with {second.harshness} times those shares, few\n"
        "pictures cut, more of those that show fear and all of `faces/` that may be seen;\n"
        f"{VOTES_LAST:.0%} of each target are the votes (or the annotator's word, softened), the rest is\n"
        f"what the network said at the end of the first cosine of {2 * len(VIEWS)} views of the picture, averaged.\n"
        f"Then {third.epochs} epochs on a third from {third.rate}, one block deeper, {third.harshness} times those shares;\n"
        "the targets' other part comes from the networks at the ends of both cosines before.\n"
        f"Then {fourth.epochs} epochs on a fourth from {fourth.rate}, taught by the ends of the second and third.\n"
    )


def _processor() -> str:
    """The instruction sets that matter here, as Linux names them, or the machine's kind."""
    try:
        known = Path("/proc/cpuinfo").read_text()
    except FileNotFoundError:
        return platform.machine()
    found = [
        name
        for name in ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "asimd", "asimddp")
        if name in known
    ]
    return f"{platform.machine()}, {' '.join(found)}"


def _log(history: str) -> list[str]:
    """What was said of the epochs after which FER+ Valid was looked at."""
    return [line.split(" ", 2)[2] for line in history.splitlines() if " valid " in line]
