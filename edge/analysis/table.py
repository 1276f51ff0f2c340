"""Results as a table: one row for each face of each frame, the same columns for every file.

A frame without a face has a row too, with nothing in it, so that time is not lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET

from edge.types import ACTIONS, EMOTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.analysis import results as r

Cell = str | int | float | None

FRAME = ("file", "frame", "t_s", "faces")
FACE = (
    *("face", "left", "top", "right", "bottom", "confidence", "eyes_open", "mouth_open"),
    *("yaw_deg", "pitch_deg", "roll_deg", "attention"),
)
EMOTION = (
    *("emotion", "emotion_confidence", "emotion_between", "valence", "arousal"),
    *("calm", "worried", "confused", "attitude"),
    *(f"p_{name}" for name in EMOTIONS),
    *ACTIONS,
)
DRIVER = ("driver", "eyes_shut", "eyes_closed_s", "state", "level", "alerts")


def columns(*, emotion: bool) -> tuple[str, ...]:
    """Names of the columns; those of emotion only where it is allowed."""
    return (*FRAME, *FACE, *(EMOTION if emotion else ()), *DRIVER)


def rows(file: str, frame: r.Frame, *, emotion: bool) -> Iterator[tuple[Cell, ...]]:
    """The rows of one frame, in the order of ``columns``."""
    start = (file, frame.index, frame.t_s, len(frame.faces))
    for face in frame.faces:
        middle = _emotion(face) if emotion else ()
        yield (*start, *_face(face), *middle, *_driver(frame.driver, face.track))
    if not frame.faces:
        nothing = (None,) * (len(FACE) + (len(EMOTION) if emotion else 0))
        yield (*start, *nothing, *_driver(frame.driver, None))


def _face(face: r.Face) -> tuple[Cell, ...]:
    return (
        face.track,
        *face.box,
        face.confidence,
        face.eyes_open,
        face.mouth_open,
        face.yaw_deg,
        face.pitch_deg,
        face.roll_deg,
        None if face.attention is None else face.attention.value,
    )


def _emotion(face: r.Face) -> tuple[Cell, ...]:
    actions = face.actions
    known = {} if actions is UNSET or actions is None else actions
    aus = tuple(known.get(name) for name in ACTIONS)
    shown = face.emotion
    if shown is UNSET or shown is None:
        return (*(None,) * (len(EMOTION) - len(ACTIONS)), *aus)
    return (
        *(shown.label, shown.confidence, " ".join(shown.between) or None),
        *(shown.valence, shown.arousal),
        *(shown.calm, shown.worried, shown.confused, shown.attitude),
        *(shown.probabilities.get(name) for name in EMOTIONS),
        *aus,
    )


def _driver(driver: r.Driver | None, track: int | None) -> tuple[Cell, ...]:
    """What is judged of one face only stands in that face's row, or in that of nobody."""
    if driver is None or (track is not None and driver.track != track):
        return (None,) * len(DRIVER)
    return (
        None if track is None else 1,
        None if driver.eyes_shut is None else int(driver.eyes_shut),
        driver.closed_s,
        driver.state,
        driver.level,
        " ".join(driver.alerts) or None,
    )
