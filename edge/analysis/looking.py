"""Frames to results: what the networks see and what the rules make of it, frame by frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET, Struct, UnsetType

from edge import pipeline
from edge.analysis import results as r
from edge.types import ACTIONS, EMOTIONS, NS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from edge.analysis.kit import Kit
    from edge.analysis.sources import Opened
    from edge.judge.rules import Rules
    from edge.types import AttentionIndex, FaceReading, Frame, Observation, Person, Step


class Look(Struct, frozen=True):
    """One frame with all that came of it; the picture is for whoever draws on it."""

    frame: Frame
    step: Step
    result: r.Frame
    first_ns: int


def looks(opened: Opened, kit: Kit) -> Iterator[Look]:
    """Look at everything that was opened: the service's own two stages, seeing and judging."""
    photo = opened.kind == "photo"
    first_ns: int | None = None
    for index, (frame, seen, step) in enumerate(
        looked(opened.frames, kit.sight(photo=photo), kit.rules)
    ):
        first_ns = frame.t_ns if first_ns is None else first_ns
        said = result(index, first_ns, seen, step, emotion=kit.emotion, driver=not photo)
        yield Look(frame, step, said, first_ns)


def looked(
    frames: Iterable[Frame], see: Callable[[Frame], Observation], rules: Rules
) -> Iterator[tuple[Frame, Observation, Step]]:
    """The service's own two stages, with what went into them beside what came out."""
    passing: list[Frame] = []
    seen: list[Observation] = []

    def through(items: Iterable[Frame]) -> Iterator[Frame]:
        for item in items:
            passing.append(item)
            yield item

    def noted(items: Iterable[Observation]) -> Iterator[Observation]:
        for item in items:
            seen.append(item)
            yield item

    observations = noted(pipeline.observe(through(frames), see))
    for step in pipeline.judge(observations, rules):
        yield passing.pop(), seen.pop(), step


def result(
    index: int, first_ns: int, seen: Observation, step: Step, *, emotion: bool, driver: bool
) -> r.Frame:
    """One frame as it is written down."""
    people = {person.track: person for person in step.people}
    return r.Frame(
        index=index,
        t_s=round((step.t_ns - first_ns) / NS, 4),
        light=step.light,
        faces=[_face(face, people.get(face.track), emotion=emotion) for face in seen.faces],
        driver=_driver(step) if driver else None,
    )


def attention(index: AttentionIndex | None) -> r.Attention | None:
    """The index with its parts."""
    if index is None:
        return None
    return r.Attention(
        value=round(index.value, 3),
        head=round(index.head, 3),
        gaze=rounded(index.gaze),
        eyes=rounded(index.eyes),
    )


def rounded(value: float | None, digits: int = 3) -> float | None:
    """Three digits: more than any of these is worth."""
    return None if value is None else round(value, digits)


def _face(reading: FaceReading, person: Person | None, *, emotion: bool) -> r.Face:
    box, pose = reading.box, reading.pose
    corners = (box.left, box.top, box.right, box.bottom)
    left, top, right, bottom = (round(value, 1) for value in corners)
    return r.Face(
        track=reading.track,
        box=(left, top, right, bottom),
        confidence=round(reading.confidence, 3),
        eyes_open=None if person is None else rounded(person.eyes_open),
        mouth_open=rounded(reading.mar),
        yaw_deg=None if pose is None else round(pose.yaw_deg, 1),
        pitch_deg=None if pose is None else round(pose.pitch_deg, 1),
        roll_deg=None if pose is None else round(pose.roll_deg, 1),
        attention=None if person is None else attention(person.attention),
        emotion=_emotion(person) if emotion else UNSET,
        actions=_actions(person) if emotion else UNSET,
        actions_trusted=_trusted(person) if emotion else UNSET,
    )


def _emotion(person: Person | None) -> r.Emotion | None:
    if person is None or person.mood is None:
        return None
    mood = person.mood
    return r.Emotion(
        label=mood.label,
        confidence=round(mood.confidence, 3),
        probabilities={
            name: round(p, 4) for name, p in zip(EMOTIONS, mood.probabilities, strict=False)
        },
        valence=round(mood.valence, 3),
        arousal=round(mood.arousal, 3),
        calm=rounded(person.calm),
        worried=rounded(person.worried),
        confused=rounded(person.confused),
        attitude=person.attitude,
        between=list(mood.between),
    )


def _actions(person: Person | None) -> dict[str, float | None] | None:
    if person is None or person.actions is None:
        return None
    return {name: rounded(value) for name, value in zip(ACTIONS, person.actions, strict=True)}


def _trusted(person: Person | None) -> list[str] | UnsetType:
    if person is None or person.actions_trusted is None:
        return UNSET
    return [name for name, ok in zip(ACTIONS, person.actions_trusted, strict=True) if ok]


def _driver(step: Step) -> r.Driver:
    eyes = step.eyes
    return r.Driver(
        track=step.track,
        eyes_open=rounded(eyes.openness),
        eyes_shut=eyes.shut,
        closed_s=round(eyes.closed_ms / 1000, 3),
        perclos60=rounded(eyes.perclos60),
        state=step.drowsiness,
        level=int(step.level),
        alerts=[alert.type for alert in step.active],
    )
