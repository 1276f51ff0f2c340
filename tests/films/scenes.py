"""Written scenes: a few lines of text each, filmed the same way every time.

    python tests/films/scenes.py [--record]

writes every ``*.alerts`` anew (and films the pinned clips again); read the diff before a commit.

A line of a scene is ``SECONDS WHAT [key=value ...]``, ``fps N``, ``speed N``, ``side left`` or
``repeat N`` (the lines before it, N times). What there is stands in ``LOOKS``.
"""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from edge import config, pipeline, recording
from edge.commands.replay import lines
from edge.device import camera
from edge.device.camera import CameraSettings
from edge.judge.rules import Rules
from edge.see.settings import SightSettings
from edge.see.sight import Sight
from edge.types import (
    NS,
    Box,
    FaceReading,
    Frame,
    Gaze,
    Light,
    Observation,
    Pose,
    Vehicle,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent

USUAL = {"open": 1.0, "yaw": 0.0, "pitch": 0.0, "mar": 0.06, "blinks": 15.0, "ear": 0.26, "x": 0.5}
LOOKS = {
    "awake": {},
    "shut": {"open": 0.0, "blinks": 0.0},
    "narrow": {"open": 0.5},
    "laughing": {"open": 0.45, "mar": 0.45},
    "talking": {"mar": 0.35},
    "yawning": {"open": 0.6, "mar": 0.85, "blinks": 0.0},
    "mirror": {"yaw": -35.0, "pitch": 6.0},
    "left": {"yaw": 65.0},
    "right": {"yaw": -65.0},
    "down": {"pitch": -30.0, "open": 0.7},
    "reading": {"pitch": -34.0, "open": 0.15, "blinks": 0.0},
    "sunglasses": {"visible": 0.1, "blinks": 0.0},
    "nobody": {"faces": 0.0},
    "covered": {"faces": 0.0, "mean": 0.01, "spread": 0.004},
    "frozen": {"frozen": 1.0, "blinks": 0.0},
    "dusk": {"mean": 0.08, "spread": 0.07},
    "passenger": {"x": 0.15, "track": 2.0},
    "road": {"gy": 0.0, "gp": 0.0},
    "eyes-mirror": {"gy": -38.0, "gp": 6.0},
    "eyes-instruments": {"gy": 0.0, "gp": -19.0, "open": 0.75},
    "eyes-lap": {"gy": 4.0, "gp": -36.0, "open": 0.5},
    "eyes-aside": {"gy": 60.0, "gp": 0.0},
}
"""What can be seen, by name; a scene may change any value of it. ``gy``, ``gp``: yaw and pitch
of the eyes from the road; they read some degrees aside, and not at all behind shut lids."""

ASIDE = 7.0, -5.0


@dataclass
class Script:
    """A scene as it is written."""

    fps: float = 15.0
    speed: float | None = None
    parts: list[tuple[float, dict[str, float]]] = field(default_factory=list)
    rules: Rules = field(default_factory=Rules)


def written(path: Path) -> Script:
    """Read a scene. Raises ``ValueError`` with file and line."""
    script = Script()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        try:
            _line(script, words)
        except (KeyError, ValueError, IndexError) as error:
            raise ValueError(f"{path.name}:{number}: {line!r}: {error}") from error
    return script


def _line(script: Script, words: list[str]) -> None:
    if words[0] == "fps":
        script.fps = float(words[1])
    elif words[0] == "speed":
        script.speed = float(words[1])
    elif words[0] == "repeat":
        script.parts *= int(words[1])
    elif words[0] == "side":
        presence = replace(script.rules.presence, driver_side=words[1])
        script.rules = replace(script.rules, presence=presence)
    elif words[0] == "nobody-drives":
        script.rules = replace(
            script.rules,
            attention=replace(script.rules.attention, enabled=False),
            speed=replace(script.rules.speed, enabled=False),
        )
    else:
        own = {key: float(value) for key, _, value in (w.partition("=") for w in words[2:])}
        script.parts.append((float(words[0]), USUAL | LOOKS[words[1]] | own))


def filmed(script: Script) -> Iterator[Observation]:
    """The scene as observations: a little noise, blinks at random times, the same every time."""
    chance = random.Random(42)
    t, number, blink_until, next_blink = 0.0, 0, 0.0, 1.0
    for seconds, look in script.parts:
        end = t + seconds
        while number / script.fps < end - 1e-9:
            now = number / script.fps
            if now >= next_blink:
                blink_until = now + max(0.1, chance.gauss(0.18, 0.04))
                next_blink = blink_until + 0.4 + chance.expovariate(1 / 3.5)
            blinking = now < blink_until and look["blinks"] > 0
            opening = (0.0 if blinking else look["open"]) + chance.gauss(0, 0.015)
            yield _observation(round((10 + now) * NS), look, opening, script.speed, chance)
            number += 1
        t = end


def _observation(
    t_ns: int,
    look: dict[str, float],
    opening: float,
    speed: float | None,
    chance: random.Random,
) -> Observation:
    x, shake = 640 * look["x"], chance.gauss(0, 1)
    ear = 0.0867 + opening * (look["ear"] - 0.0867)
    face = FaceReading(
        track=int(look.get("track", 1)),
        box=Box(x - 90 + shake, 90 + shake, x + 90 + shake, 270 + shake),
        confidence=0.97,
        ear=ear,
        ear_right=ear,
        ear_left=ear,
        mar=max(0.0, look["mar"] + chance.gauss(0, 0.01)),
        pose=Pose(look["yaw"] + chance.gauss(0, 1), look["pitch"] + chance.gauss(0, 1), 0.0),
        eyes_visible=look.get("visible"),
        gaze=_gaze(t_ns, look) if opening > 0.3 else None,
    )
    light = Light(look.get("mean", 0.4), look.get("spread", 0.2), bool(look.get("frozen", 0)))
    vehicle = None if speed is None else Vehicle(speed, 0.2)
    shown = (face,) if look.get("faces", 1) else ()
    return Observation(t_ns, shown, light, 640, 360, vehicle)


def _gaze(t_ns: int, look: dict[str, float]) -> Gaze | None:
    if "gy" not in look:
        return None
    chance = random.Random(t_ns)  # of its own: scenes from before it stay as they were
    yaw, pitch = look["gy"] + ASIDE[0], look["gp"] + ASIDE[1]
    return Gaze(yaw + chance.gauss(0, 2), pitch + chance.gauss(0, 2), 0.9)


def alerts(path: Path) -> str:
    """What must be said of a film: of a scene (``*.scene``) or a recording (``*.jsonl``)."""
    if path.suffix == ".scene":
        script = written(path)
        steps = pipeline.judge(filmed(script), script.rules)
    else:
        steps = pipeline.judge(recording.read(path), Rules())
    return "".join(f"{line}\n" for line in lines(steps))


def films() -> list[Path]:
    """Every film there is."""
    return sorted([*HERE.glob("scenes/*.scene"), *HERE.glob("clips/*.jsonl")])


CLIPS = {
    "eyes_shut_then_laughing": "WolfgangLanger_Pexels.mp4",
    "one_blink": "single_face.mp4",
    "face_goes": "face_noface.mov",
    "face_comes": "noface_face.mov",
    "cartoon": "no_face.mp4",
}
"""What was recorded of which pinned clip."""

DOZES_OFF, AWAKE_S = "dozes_off", (8.0, 17.0)
"""Nobody falls asleep on a pinned clip, but a woman wakes: awake to and fro, then backwards from
there to its beginning she lets her head sink and shuts her eyes, every other frame of it."""


def record(media: Path) -> None:
    """Film the pinned clips anew with the networks that ship. No picture gets into a film."""
    files = config.manifest(config.manifest_path())
    for name, clip in {**CLIPS, DOZES_OFF: CLIPS["eyes_shut_then_laughing"]}.items():
        see = Sight.load(files, SightSettings())
        settings = CameraSettings(source=str(media / clip), realtime=False)
        path = HERE / "clips" / f"{name}.jsonl"
        with camera.frames(settings) as frames, path.open("wb") as file:
            shown = dozing_off(frames) if name == DOZES_OFF else frames
            for _ in recording.record(pipeline.observe(shown, see), file, "films"):
                pass


def dozing_off(frames: Iterator[Frame]) -> Iterator[Frame]:
    """The clip that begins asleep, so that it ends so; with times as if it had been filmed thus."""
    first_ns, last_ns = (round(s * NS) for s in AWAKE_S)
    there = [frame for frame in frames if frame.t_ns <= last_ns][::2]
    awake = [frame for frame in there if frame.t_ns >= first_ns]
    apart_ns = there[1].t_ns - there[0].t_ns
    for number, frame in enumerate((*awake, *reversed(there))):
        yield replace(frame, t_ns=number * apart_ns)


if __name__ == "__main__":
    if "--record" in sys.argv:  # after a network has changed
        record(HERE.parents[1] / ".cache" / "media")
    for film in films():
        film.with_suffix(".alerts").write_text(alerts(film), encoding="utf-8")
        print(film.relative_to(HERE))
