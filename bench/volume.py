"""What a device sends: bytes an hour, of a restless driver and of an empty seat, by topic.

python -m bench.volume [--minutes 60]

Of each message its payload and what is around it: MQTT 5, TLS 1.3 and TCP over IPv4, with a packet
of its own and one for the broker's word where there is one. A real network adds what it repeats.
"""

from __future__ import annotations

import argparse
from collections import Counter
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bench.judge_cost import drive
from edge import pipeline
from edge.judge.rules import Rules
from edge.tell import messages as m
from edge.tell.report import HEARTBEAT_NS
from edge.types import NS, Light, Observation
from tests.tell import examples

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PACKET = 22 + 40  # TLS: 5 bytes of record, 1 of its kind, 16 of the cipher; TCP and IP: 20 each
KEEPALIVE_S = 16
FPS = 15


def nobody(hours: float) -> Iterator[Observation]:
    for number in range(round(hours * 3600 * FPS)):
        yield Observation(round(number / FPS * NS), (), Light(0.4, 0.2), 640, 480)


def sent(observations: Iterable[Observation], hours: float, state_s: float) -> Counter[str]:
    """Bytes by topic, both ways."""
    tell = examples.reporter()
    who = replace(examples.WHO, emotion=False)  # as in a vehicle
    tell.settle(who, muted=False, metrics_hz=0, state_s=state_s)
    found: Counter[str] = Counter()
    for step in pipeline.judge(observations, Rules(emotion=False)):
        for said in tell(step, FPS):
            found[said.topic] += whole(said.topic, m.encode(said.message), said.qos)
    health = (examples.GOLDEN / "health.json").read_bytes().strip()
    found["health"] = round(hours * 3600 * NS / HEARTBEAT_NS) * whole("health", health, 0)
    found["keepalive"] = round(hours * 3600 / KEEPALIVE_S) * 2 * (2 + PACKET)  # at the most
    return found


def whole(topic: str, payload: bytes, qos: int) -> int:
    head = 3 + 2 + len(f"mien/{examples.WHO.device}/{topic}") + 2 * qos + 6
    answer = 4 + PACKET if qos else 40
    return head + len(payload) + PACKET + answer


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    hours = parser.parse_args().minutes / 60
    for name, seen, state_s in (
        ("driver", drive(hours, FPS), 0.5),
        ("driver, mqtt.state_s: 5", drive(hours, FPS), 5),
        ("nobody", nobody(hours), 0.5),
    ):
        found = sent(seen, hours, state_s)
        topics = ", ".join(f"{t} {n / hours / 1e6:.2f}" for t, n in found.most_common(4))
        print(f"{name:24} {found.total() / hours / 1e6:.2f} MB an hour: {topics}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
