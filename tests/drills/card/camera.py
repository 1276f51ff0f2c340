"""What a USB camera may do in the booted card: each fault by its name on ``health``, and back.

What ends by itself is waited for in the same process; a camera that gives nothing any more, or what
nobody can decode, ends the process, and systemd starts it again until there are pictures. So that
one is faster than we work on any machine, sixty pictures a second are asked for. An emulated
board works four to fifteen of them; the way back is a camera of four, which is then a slow one.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from tests.drills.card import story
from tests.drills.card.rig import ROOT, Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.drills.card.rig import Rig

PATIENCE_S = 180.0

IN_ONE_PROCESS = {
    "camera_frozen": {"mode": "frozen"},
    "camera_black": {"mode": "black"},
    "camera_covered": {"mode": "covered"},
    "camera_slow": {"mode": "awake", "fps": 1.0},
}
ANOTHER_PROCESS = (
    ("camera_gone", {"mode": "gone"}, "unplugged"),
    ("camera_gone", {"mode": "still"}, "there, and silent"),
    ("camera_format", {"mode": "awake", "layout": "H264"}, "nothing but H.264"),
)
TOO_FAST = 60.0


def faults(rig: Rig) -> Iterator[Row]:
    """One after the other."""
    for name, shown, words in ANOTHER_PROCESS:
        yield _and_restarted(rig, name, shown, words)
    yield _jpegs(rig)
    for name, shown in IN_ONE_PROCESS.items():
        yield _and_back(rig, name, shown)
    _ask_for(rig, TOO_FAST)
    yield _and_back(rig, "overloaded", {"mode": "awake", "fps": TOO_FAST})
    _ask_for(rig, None)


def _ask_for(rig: Rig, fps: float | None) -> None:
    """So many pictures a second from the next start on; None: as its settings say."""
    began_s = time.monotonic()
    rig.listener.say(f"{ROOT}/cmd/set_config", json.dumps({"set": {"camera.fps": fps}}))
    rig.wait("rsp/set_config", began_s, lambda said: said["status"] == "ok", PATIENCE_S)
    rig.listener.say(f"{ROOT}/cmd/restart", "{}")
    off_s, _ = rig.wait("availability", began_s, lambda said: said == "offline", PATIENCE_S)
    rig.up(off_s, PATIENCE_S)


def _and_back(rig: Rig, name: str, shown: dict[str, object]) -> Row:
    before = int(story.prop(rig, "NRestarts"))
    began_s = time.monotonic()
    rig.board.camera(**shown)  # type: ignore[arg-type] # a table of its arguments
    said_s, _ = rig.wait("health", began_s, lambda said: name in said["faults"], PATIENCE_S)
    rig.board.camera("awake")
    back_s = time.monotonic()
    gone_s, health = rig.wait("health", back_s, lambda said: name not in said["faults"], PATIENCE_S)
    same = int(story.prop(rig, "NRestarts")) == before
    figure = f"said after {said_s - began_s:.1f} s, gone {gone_s - back_s:.1f} s after"
    if name == "overloaded":
        return Row(f"V4L2: {name}", same, f"{figure}, now {', '.join(health['faults'])}")
    return Row(f"V4L2: {name}", same and health["camera"]["ok"], figure)


def _and_restarted(rig: Rig, name: str, shown: dict[str, object], words: str) -> Row:
    before = int(story.prop(rig, "NRestarts"))
    began_s = time.monotonic()
    if "layout" in shown:  # a device whose reader is there does not change what it gives
        rig.board.camera("gone")
        rig.wait("availability", began_s, lambda said: said == "offline", PATIENCE_S)
    rig.board.camera(**shown)  # type: ignore[arg-type] # as above
    said_s, _ = rig.wait("health", began_s, lambda said: name in said["faults"], PATIENCE_S)
    off_s, _ = rig.wait("availability", said_s, lambda said: said == "offline", PATIENCE_S)
    if "layout" in shown:
        rig.board.camera("gone")
        time.sleep(1)
    rig.board.camera("awake")
    back_s = time.monotonic()
    seen_s = rig.up(back_s, PATIENCE_S)
    again = int(story.prop(rig, "NRestarts")) - before
    figure = f"said after {said_s - began_s:.1f} s, ended after {off_s - began_s:.1f} s, "
    figure += f"watching {seen_s - back_s:.1f} s after it was back, {again} restarts"
    return Row(f"V4L2: {words}: {name}", again >= 1, figure)


def _jpegs(rig: Rig) -> Row:
    """Another camera, which sends JPEGs: seen; then damaged ones on the same cable, and whole ones.

    Half of a JPEG is what an overrun bus leaves of it.
    """
    began_s = time.monotonic()
    rig.board.camera("gone")
    rig.wait("availability", began_s, lambda said: said == "offline", PATIENCE_S)
    rig.board.camera("awake", layout="MJPG")
    rig.up(time.monotonic(), PATIENCE_S)
    before = int(story.prop(rig, "NRestarts"))
    bad_s = time.monotonic()
    rig.board.camera("damaged", layout="MJPG")
    said_s, _ = rig.wait("health", bad_s, lambda said: "camera_format" in said["faults"], 60)
    off_s, _ = rig.wait("availability", said_s, lambda said: said == "offline", PATIENCE_S)
    rig.board.camera("awake", layout="MJPG")
    back_s = time.monotonic()
    seen_s = rig.up(back_s, PATIENCE_S)
    again = int(story.prop(rig, "NRestarts")) - before
    rig.board.camera("gone")
    rig.wait("availability", seen_s, lambda said: said == "offline", PATIENCE_S)
    time.sleep(1)
    rig.board.camera("awake")
    rig.up(time.monotonic(), PATIENCE_S)
    figure = f"JPEGs are seen; damaged ones said after {said_s - bad_s:.1f} s, ended after "
    figure += f"{off_s - bad_s:.1f} s, watching {seen_s - back_s:.1f} s after, {again} restarts"
    return Row("V4L2: damaged JPEGs: camera_format", again >= 1, figure)
