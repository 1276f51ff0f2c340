"""How the people in the picture read as messages: now, and summed up over a window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edge.tell import messages as m
from edge.tell.stamps import rounded
from edge.types import ACTIONS, NS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.types import AttentionIndex, MoodSummary, Person, Spread, Step

MOST_FACES = 4
"""Told of one by one; a message must stay within 2 KiB (contract, rule 5)."""

MOST_SHARES = 3

Head = dict[str, Any]


def expression(step: Step) -> m.Expression | None:
    """What the driver shows now, or whoever is judged."""
    person = _judged(step)
    if person is None or person.mood is None:
        return None
    mood = person.mood
    return m.Expression(
        label=mood.label,
        confidence=round(mood.confidence, 2),
        valence=round(mood.valence, 2),
        arousal=round(mood.arousal, 2),
        attitude=person.attitude,
        derived=_derived(person),
        between=list(mood.between),
    )


def attention_of(step: Step) -> float | None:
    """The attention of whoever is judged."""
    person = _judged(step)
    if person is None or person.attention is None:
        return None
    return round(person.attention.value, 2)


def actions_of(step: Step) -> dict[str, float] | None:
    """The facial actions of whoever is judged, those that can be believed."""
    person = _judged(step)
    if person is None or person.actions is None or person.actions_trusted is None:
        return None
    read = zip(ACTIONS, person.actions, person.actions_trusted, strict=True)
    return {name: round(value, 2) for name, value, ok in read if ok and value is not None}


def emotion_summary(head: Head, summaries: Sequence[MoodSummary], model: str) -> m.EmotionSummary:
    """How people felt over a window; ``model``: the version of the network that says so.

    ``summaries``: of the scene, then of each face, the one that was seen longest first.
    """
    scene, *faces = summaries
    return m.EmotionSummary(
        **head,
        window_s=_window_s(scene),
        valid_s=round(scene.valid_s, 1),
        frames=scene.looks,
        dominant=scene.dominant,
        confidence=rounded(scene.confidence, 2),
        share={name: round(part, 3) for name, part in scene.share.items()},
        valence=_mean_sd(scene.valence),
        arousal=_mean_sd(scene.arousal),
        transitions=scene.transitions,
        model=model,
        valence_trend=rounded(scene.valence_trend, 2),
        attitude=scene.attitude,
        derived=_derived(scene),
        attention=None if scene.attention is None else round(scene.attention.value, 2),
        unseen=round(scene.unseen, 3),
        faces=[_face_emotion(face) for face in faces[:MOST_FACES]],
    )


def attention_summary(head: Head, summaries: Sequence[MoodSummary]) -> m.AttentionSummary:
    """How much people were with it over a window. ``summaries`` as above."""
    scene, *faces = summaries
    return m.AttentionSummary(
        **head,
        window_s=_window_s(scene),
        seen_s=round(scene.seen_s, 1),
        unseen=round(scene.unseen, 3),
        attention=_parts(scene.attention),
        faces=[
            m.FaceAttention(
                track=face.track or 0,
                seen_s=round(face.seen_s, 1),
                attention=_parts(face.attention),
            )
            for face in faces[:MOST_FACES]
        ],
    )


def _judged(step: Step) -> Person | None:
    for person in step.people:
        if person.track == step.track:
            return person
    return None


def _face_emotion(face: MoodSummary) -> m.FaceEmotion:
    largest = sorted(face.share.items(), key=lambda item: -item[1])[:MOST_SHARES]
    return m.FaceEmotion(
        track=face.track or 0,
        valid_s=round(face.valid_s, 1),
        dominant=face.dominant,
        confidence=rounded(face.confidence, 2),
        share={name: round(part, 3) for name, part in largest if part},
        valence=None if face.valence is None else round(face.valence.mean, 2),
        valence_trend=rounded(face.valence_trend, 2),
        arousal=None if face.arousal is None else round(face.arousal.mean, 2),
        transitions=face.transitions,
        attitude=face.attitude,
    )


def _window_s(summary: MoodSummary) -> float:
    return round((summary.end_ns - summary.start_ns) / NS, 1)


def _derived(of: Person | MoodSummary) -> m.Derived:
    return m.Derived(
        calm=rounded(of.calm, 2), worried=rounded(of.worried, 2), confused=rounded(of.confused, 2)
    )


def _parts(attention: AttentionIndex | None) -> m.AttentionParts | None:
    if attention is None:
        return None
    return m.AttentionParts(
        index=round(attention.value, 2),
        head=round(attention.head, 2),
        gaze=rounded(attention.gaze, 2),
        eyes=rounded(attention.eyes, 2),
    )


def _mean_sd(spread: Spread | None) -> m.MeanSd | None:
    if spread is None:
        return None
    return m.MeanSd(mean=round(spread.mean, 2), sd=round(spread.sd, 2))
