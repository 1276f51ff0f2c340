"""What strangers send, and what must hold whatever they send."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.commands.desk import Desk, obey, opened
from edge.commands.kept import Kept
from edge.config import Config
from edge.tell import requests as r
from edge.tell.news import INBOUND_LIMIT, Heard

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = "mien/pi_1"
FACTS: dict[str, Callable[[], dict[str, bool | int | float | str | None]]] = {
    "self_test": dict,
    "bench": dict,
}
GOOD = (
    (f"{ROOT}/cmd/ack", b'{"transaction":"a1"}'),
    (f"{ROOT}/cmd/set_config", b'{"set":{"rules.drowsiness.microsleep_s":1.4}}'),
    (f"{ROOT}/cmd/set_profile", b'{"profile":"workplace"}'),
    (f"{ROOT}/cmd/get_config", b'{"prefix":"rules"}'),
    (f"{ROOT}/set/capture", b"OFF"),
    (f"{ROOT}/set/microsleep_s", b"1.4"),
    (f"{ROOT}/input/vehicle", b'{"speed_kmh":63.2,"ts":"2026-11-22T16:30:01.120Z"}'),
    ("homeassistant/status", b"online"),
)
NASTY = (
    *(b"[" * 2000, b'{"a":' * 500, b"1e999", b"-1e999", b"NaN", b"\xff\xfe\x00", b'"\\ud800"'),
    *(b'{"speed_kmh":1e400}', b'{"transaction":null}', b'{"set":{"":0}}', b'{"set":{"..":0}}'),
    *(b'{"set":{"__class__.__init__":1}}', b'{"set":{"rules":{}}}', b'{"profile":"home"}'),
    *(b"9" * 4000, b'{"set":{"camera.fps":' + b"9" * 400 + b"}}", b"\x00" * 100, b""),
)


def a_desk() -> Desk:
    return opened(Config(profile="workplace", device="pi_1", emotion=False), Kept())


def send(desk: Desk, topic: str, payload: bytes, *, retained: bool = False) -> Desk:
    """What the loop does with one message; a refusal must change nothing."""
    found = r.understood(ROOT, Heard(topic, payload[: INBOUND_LIMIT + 1], retained=retained))
    if found is None:
        return desk
    name, asked = found
    assert name in {"", "unknown", *r.COMMANDS, *r.SWITCHES, *r.NUMBERS}
    after, reply = obey(desk, asked, FACTS)
    if isinstance(asked, r.Refused) or (reply is not None and reply.code is not None):
        assert after == desk
    assert after.config.profile in {"workplace", "education"}
    assert not after.emotion
    return after
