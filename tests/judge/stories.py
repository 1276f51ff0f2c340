"""Drives told in seconds: ``after((3, OPEN), (2, SHUT), (10, LOST))``."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from edge.judge.advance import advance
from edge.judge.rules import Rules
from edge.judge.state import State
from edge.types import (
    EAR_OPEN,
    EAR_SHUT,
    NS,
    Alert,
    Box,
    FaceReading,
    Gaze,
    Level,
    Light,
    Observation,
    Pose,
    Step,
    Vehicle,
)


@dataclass(frozen=True)
class Face:
    """How a face looks: openness of its eyes, where the head points, what the mouth does."""

    openness: float | None = 1.0
    yaw: float = 0.0
    pitch: float = 0.0
    mar: float | None = 0.05
    x: float = 320.0
    size: float = 200.0
    track: int = 1
    confidence: float = 0.99
    ear_open: float = EAR_OPEN
    eyes_visible: float | None = None
    gaze: tuple[float, float] | None = None  # yaw and pitch from the camera
    gaze_sure: float = 0.95
    pose: bool = True
    roll: float = 0.0
    emotion: tuple[float, ...] | None = None
    actions: tuple[float, ...] | None = None
    also: tuple[Face, ...] = ()

    def but(self, **changes: object) -> Face:
        return replace(self, **changes)

    def with_(self, *others: Face) -> Face:
        return replace(self, also=others)


OPEN = Face()
SHUT = Face(openness=0.0)
LOST = None
LEFT, RIGHT = Face(yaw=70), Face(yaw=-70)
DOWN = Face(pitch=-30, openness=0.9)
MIRROR = Face(yaw=-35, pitch=5)
SUNGLASSES = Face(eyes_visible=0.1, openness=0.9)
YAWN = Face(mar=0.8)

LEARNT = (60, OPEN)
"""Long enough for the forward direction to be known."""

Scene = Face | None | Callable[[float], Face | None]


def blinking(
    per_minute: float, length_s: float = 0.15, face: Face = OPEN, seed: int = 1
) -> Callable[[float], Face]:
    """Square blinks at random times, ``per_minute`` on average."""
    chance = random.Random(seed)
    starts: list[float] = [chance.expovariate(per_minute / 60)]

    def look(t: float) -> Face:
        while starts[-1] <= t:
            starts.append(starts[-1] + length_s + 0.2 + chance.expovariate(per_minute / 60))
        now = max((at for at in starts if at <= t), default=-1e9) if len(starts) < 4 else None
        if now is None:
            while len(starts) > 3 and starts[2] <= t:
                starts.pop(0)
            now = max((at for at in starts if at <= t), default=-1e9)
        return face.but(openness=0.0) if t - now < length_s else face

    return look


def every(period_s: float, length_s: float, then: Face | None, usually: Scene = OPEN) -> Scene:
    """``then`` for ``length_s`` at the end of every ``period_s``, else ``usually``."""

    def look(t: float) -> Face | None:
        if t % period_s >= period_s - length_s:
            return then
        return usually(t) if callable(usually) else usually

    return look


def reading(face: Face) -> FaceReading:
    ear = None
    if face.openness is not None:
        ear = EAR_SHUT + face.openness * (face.ear_open - EAR_SHUT)
    half = face.size / 2
    return FaceReading(
        track=face.track,
        box=Box(face.x - half, 180 - half, face.x + half, 180 + half),
        confidence=face.confidence,
        ear=ear,
        ear_right=ear,
        ear_left=ear,
        mar=face.mar,
        pose=Pose(face.yaw, face.pitch, face.roll) if face.pose else None,
        emotion=face.emotion,
        actions=face.actions,
        eyes_visible=face.eyes_visible,
        gaze=None if face.gaze is None else Gaze(*face.gaze, face.gaze_sure),
    )


def observed(
    t_ns: int, face: Face | None, speed: float | None = None, requests: tuple[str, ...] = ()
) -> Observation:
    faces = () if face is None else tuple(reading(each) for each in (face, *face.also))
    vehicle = None if speed is None else Vehicle(speed)
    return Observation(t_ns, faces, Light(0.4, 0.2), 640, 360, vehicle, requests)


def filmed(
    *scenes: tuple[float, Scene],
    fps: float = 30,
    jitter: float = 0.0,
    phase: float = 0.0,
    speed: float | None = None,
    start_s: float = 100.0,
) -> Iterator[Observation]:
    """Frames on a grid of ``fps``; ``jitter`` is a share of the interval, ``phase`` of a frame."""
    chance = random.Random(7)
    ends, total = [], 0.0
    for seconds, _ in scenes:
        total += seconds
        ends.append(total)
    at, number = 0, 0
    while True:
        shift = jitter * (chance.random() - 0.5)
        t = (number + phase + shift) / fps
        while at < len(scenes) and t >= ends[at] - 1e-9:
            at += 1
        if at == len(scenes):
            return
        scene = scenes[at][1]
        began = ends[at] - scenes[at][0]
        face = scene(t - began) if callable(scene) else scene
        yield observed(round((start_s + t) * NS), face, speed)
        number += 1


@dataclass(frozen=True)
class Told:
    """All steps of a story, and what was said in it, in seconds from its beginning."""

    steps: list[Step]
    state: State

    @property
    def last(self) -> Step:
        return self.steps[-1]

    @property
    def level(self) -> Level:
        return self.last.level

    @property
    def changes(self) -> list[Alert]:
        return [alert for step in self.steps for alert in step.changes]

    @property
    def new(self) -> list[str]:
        return [alert.type for alert in self.changes if alert.change == "new"]

    @property
    def active(self) -> list[str]:
        return [alert.type for alert in self.last.active]

    @property
    def highest(self) -> Level:
        return max(step.level for step in self.steps)

    @property
    def marks(self) -> list[str]:
        return [mark.type for step in self.steps for mark in step.marks]

    def at(self, kind: str, change: str = "new") -> float:
        """When ``kind`` was first said to be ``change``, in seconds."""
        for alert in self.changes:
            if (alert.type, alert.change) == (kind, change):
                return (alert.t_ns - self.steps[0].t_ns) / NS
        said = [(a.type, a.change) for a in self.changes]
        raise AssertionError(f"{kind} {change} was not said, but {said}")

    def ended(self, kind: str) -> Alert:
        return next(a for a in self.changes if (a.type, a.change) == (kind, "end"))


def told(
    observations: Iterator[Observation] | list[Observation], rules: Rules | None = None
) -> Told:
    state, steps = State(), []
    for seen in observations:
        state, step = advance(state, seen, rules or Rules())
        steps.append(step)
    return Told(steps, state)


def after(
    *scenes: tuple[float, Scene],
    rules: Rules | None = None,
    fps: float = 30,
    jitter: float = 0.0,
    phase: float = 0.0,
    speed: float | None = None,
) -> Told:
    return told(filmed(*scenes, fps=fps, jitter=jitter, phase=phase, speed=speed), rules)
