"""What a label, `between` and `worried` are worth, as the product says it of pictures with labels.

    python -m bench.naming [--data DIR]

Every picture of FER+ Valid goes through the product's own landmarks, eyes and expression (not its
detector: the faces fill their pictures) and is named as a photo is. The network was trained on none
of them. How much lowered lids take off sorrow (`DOUBT`) is shown beside nothing at all and all of
it; it was chosen after a look at all these pictures, so the two halves only say how steady that is.
The shut eyes are those of `eyes/faces` (evaluation only), posed for photos of shut eyes.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from tqdm import tqdm

from edge.analysis import kit
from edge.judge.people import derived, mood
from edge.judge.people.body import Body, advance_body
from edge.judge.people.rest import Rest
from edge.see.detector import Detection
from edge.see.settings import SightSettings
from edge.see.sight import Sight
from edge.types import EMOTIONS, Box, Frame, Mood

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.analysis.kit import Kit
    from edge.see.runtime import Model
    from edge.types import FaceReading

ROOT = Path(__file__).parents[1]
NAMES = {"happiness": "happy", "sadness": "sad"}
"""FER+'s words for ours, where they differ."""

LARGER, AROUND = 4, 60
"""The pictures have 48 pixels: so much larger, and with so many repeated around them."""

ACROSS = 200
VARIANTS = {"as shipped": mood.DOUBT, "nothing taken off": 0.0, "all of it": 50.0}


@dataclass(frozen=True)
class Picture:
    """``votes``: float64[8], shares of those who named it; ``label``: of the majority, if any."""

    label: str | None
    votes: NDArray[np.float64]
    emotion: tuple[float, ...]
    eyes_open: float | None


def main() -> None:
    parser = argparse.ArgumentParser(description="What labels are worth.")
    default = Path(os.environ.get("MIEN_DATA", ROOT.parent / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=default)
    data = parser.parse_args().data
    if not (data / "ferplus.npz").is_file():
        message = f"no ferplus.npz in {data}: name the data folder (--data, MIEN_DATA)"
        raise SystemExit(message)
    tools = kit.load()
    pictures, missed = ferplus(data, tools)
    shut = closed(data, tools)
    print(f"FER+ Valid: {len(pictures)} faces read, {missed} not; shut eyes: {len(shut)}\n")
    print(
        "| sorrow under lowered lids | right | wrong | uncertain | sad found | of `sad` right "
        "| lowered: sad found | called so wrongly | shut eyes called sad |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for half, chosen in (("even", pictures[::2]), ("odd", pictures[1::2])):
        for name, doubt in VARIANTS.items():
            print(row(f"{name}, {half} pictures", chosen, shut, doubt, tools))
    print()
    between(pictures, tools)
    print()
    worry(pictures, tools)


def ferplus(data: Path, tools: Kit) -> tuple[list[Picture], int]:
    """The faces of FER+ Valid that were read, and how many were not."""
    with np.load(data / "ferplus.npz") as file:
        held = file["split"] == "Valid"
        images, labels = file["images"][held], file["label"][held].tolist()
        votes = file["votes"][held].astype(float)
        classes = [NAMES.get(name, name) for name in file["classes"].tolist()]
    order = [classes.index(name) for name in EMOTIONS]
    pictures = []
    for image, label, given in zip(tqdm(images, desc="FER+"), labels, votes, strict=True):
        grey = cv2.resize(image, None, fx=LARGER, fy=LARGER, interpolation=cv2.INTER_CUBIC)
        face = look(grey.astype(np.uint8, copy=False), tools)
        if face is None or face.emotion is None:
            continue
        word = NAMES.get(label, label)
        shares = given[order] / max(1.0, given.sum())
        majority = word if word in EMOTIONS else None
        pictures.append(Picture(majority, shares, face.emotion, eyes_open(face)))
    return pictures, len(images) - len(pictures)


def closed(data: Path, tools: Kit) -> list[Picture]:
    """Whole faces with shut eyes, of whose expression nothing is noted."""
    found = []
    for file in sorted(file for file in (data / "eyes/faces").glob("*closed*/*")):
        grey = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
        if grey is None:
            continue
        scale = ACROSS / max(grey.shape)
        small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        wide = cv2.copyMakeBorder(small, *([AROUND] * 4), cv2.BORDER_REPLICATE)
        faces = tools.sight(photo=True)(Frame(0, _rgb(wide))).faces
        face = next(iter(faces), None)
        if face is not None and face.emotion is not None:
            found.append(Picture(None, np.zeros(len(EMOTIONS)), face.emotion, eyes_open(face)))
    return found


def look(grey: NDArray[np.uint8], tools: Kit) -> FaceReading | None:
    """What `mien analyze` reads of a photo that uint8[N, N] fills with a face."""

    def whole(_: Model, picture: NDArray[np.uint8], _least: float, _most: int) -> list[Detection]:
        height, width = picture.shape[:2]
        x, y, side = width / 2, height / 2, max(grey.shape)
        six = [(-0.19, -0.14), (0.19, -0.14), (0, 0.06), (0, 0.25), (-0.42, -0.08), (0.42, -0.08)]
        points = np.array(six, np.float32) * side + np.array([x, y], np.float32)
        box = Box(x - side / 2, y - side / 2, x + side / 2, y + side / 2)
        return [Detection(box, 1.0, points)]

    wide = cv2.copyMakeBorder(grey, *([AROUND] * 4), cv2.BORDER_REPLICATE)
    see = Sight(tools.models, SightSettings(faces=1), find=whole, looks=kit.PHOTO_LOOKS)
    return next(iter(see(Frame(0, _rgb(wide))).faces), None)


def _rgb(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.repeat(grey[:, :, None], 3, axis=2), np.uint8)


def eyes_open(face: FaceReading) -> float | None:
    """0 shut .. 1 open, as judged of somebody who is not known yet."""
    return advance_body(Body(), face, 0.0, (0.0, 0.0)).eyes_open


def named(picture: Picture, doubt: float, tools: Kit) -> Mood:
    """What is said of it."""
    emotion = mood.gated(picture.emotion, picture.eyes_open, doubt)
    return mood.advance_mood(None, 0, emotion, None, Rest(), tools.rules.mood).mood


def row(name: str, pictures: list[Picture], shut: list[Picture], doubt: float, tools: Kit) -> str:
    """One line of the first table."""
    clear = [p for p in pictures if p.label is not None]
    said = [named(p, doubt, tools).label for p in clear]
    right = sum(s == p.label for s, p in zip(said, clear, strict=True))
    silent = said.count(mood.UNCERTAIN)
    found, called, there = _sad(clear, said)
    lowered = [(p, s) for p, s in zip(clear, said, strict=True) if _lowered(p)]
    low = _sad([p for p, _ in lowered], [s for _, s in lowered])
    asleep = sum(named(p, doubt, tools).label == "sad" for p in shut)
    cells = (
        *(f"{part / len(clear):.1%}" for part in (right, len(clear) - right - silent, silent)),
        f"{found} of {there}, {found / there:.0%}",
        f"{found / max(1, called):.0%} of {called}",
        f"{low[0]} of {low[2]}, {low[0] / low[2]:.0%}",
        f"{low[1] - low[0]} of {len(lowered) - low[2]}",
        f"{asleep} of {len(shut)}",
    )
    return f"| {name} | {' | '.join(cells)} |"


def _sad(pictures: list[Picture], said: list[str]) -> tuple[int, int, int]:
    """Sad faces called so, faces called so, sad faces."""
    called = [p.label == "sad" for p, s in zip(pictures, said, strict=True) if s == "sad"]
    return sum(called), len(called), sum(p.label == "sad" for p in pictures)


def _lowered(picture: Picture) -> bool:
    return picture.eyes_open is not None and picture.eyes_open < mood.RAISED


def between(pictures: list[Picture], tools: Kit) -> None:
    """How often the majority's word is among those that an uncertain face is said to be between."""
    found: dict[int, list[bool]] = {}
    for picture in pictures:
        said = named(picture, mood.DOUBT, tools)
        if picture.label is not None and said.label == mood.UNCERTAIN:
            found.setdefault(len(said.between), []).append(picture.label in said.between)
    print("| uncertain, between | faces | the majority's word is one of them |")
    print("|---|---|---|")
    for count, hits in sorted(found.items()):
        print(f"| {count} | {len(hits)} | {np.mean(hits):.0%} |")


def worry(pictures: list[Picture], tools: Kit) -> None:
    """`worried` beside what the rule makes of people's votes."""
    told = np.array([derived.worried(named(p, mood.DOUBT, tools)) for p in pictures])
    meant = np.array([derived.worried(_as_mood(p.votes)) for p in pictures])
    print("| worried | faces | by the votes, mean | by the votes more than a half |")
    print("|---|---|---|---|")
    for low in np.arange(0, 1, 0.2):
        here = (told >= low) & (told < low + 0.2 + (low > 0.79))
        halves = (meant[here] > 0.5).mean()
        print(
            f"| {low:.1f} to {low + 0.2:.1f} | {here.sum()} | {meant[here].mean():.2f} "
            f"| {halves:.0%} |"
        )


def _as_mood(votes: NDArray[np.float64]) -> Mood:
    return Mood("", 1.0, tuple(votes.tolist()))


if __name__ == "__main__":
    main()
