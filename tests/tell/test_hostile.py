"""Whoever can reach the broker may send anything. Nothing of it may raise, stay or change us."""

from __future__ import annotations

import gc
import json
import os
import random
import tracemalloc

from hypothesis import example, given, settings
from hypothesis import strategies as st

from edge.tell import requests as r
from edge.tell.news import INBOUND_LIMIT, Heard
from tests.tell.hostile import GOOD, NASTY, ROOT, a_desk, send

MESSAGES = int(os.environ.get("MIEN_FUZZ", "10000"))
"""``make fuzz`` sends 100,000."""


topics = st.one_of(
    st.sampled_from([topic for topic, _ in GOOD]),
    st.text(max_size=20).map(lambda tail: f"{ROOT}/cmd/{tail}"),
    st.text(max_size=20).map(lambda tail: f"{ROOT}/set/{tail}"),
    st.text(max_size=40),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=12,
)


def written(value: object) -> bytes:
    """JSON as careless senders write it, NaN and all."""
    return json.dumps(value).encode(errors="surrogatepass")


payloads = st.one_of(st.binary(max_size=300), json_values.map(written), st.sampled_from(NASTY))


@settings(max_examples=min(1000, MESSAGES // 50))
@given(st.lists(st.tuples(topics, payloads, st.booleans()), max_size=10))
@example([(topic, payload, False) for topic, _ in GOOD for payload in NASTY])
def test_no_message_raises_or_loosens_anything(story: list[tuple[str, bytes, bool]]) -> None:
    desk = a_desk()
    for topic, payload, retained in story:
        desk = send(desk, topic, payload, retained=retained)


def test_mutilated_messages_leave_no_trace() -> None:
    dice = random.Random(6)
    desk = a_desk()
    for _ in range(2000):  # caches fill up
        send(a_desk(), *mutilated(dice))
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    refused = 0
    for _ in range(MESSAGES):
        topic, payload = mutilated(dice)
        found = r.understood(ROOT, Heard(topic, payload[: INBOUND_LIMIT + 1]))
        refused += found is not None and isinstance(found[1], r.Refused)
        send(desk, topic, payload)
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 100_000
    assert refused > MESSAGES / 4  # they really were hostile
    assert desk == a_desk()


def mutilated(dice: random.Random) -> tuple[str, bytes]:
    """A good message with some bytes changed, cut, doubled or replaced by something nasty."""
    topic, payload = dice.choice(GOOD)
    body = bytearray(payload if dice.random() < 0.8 else dice.choice(NASTY))
    for _ in range(dice.randint(1, 6)):
        what, at = dice.randint(0, 3), dice.randint(0, len(body))
        if what == 0 and at < len(body):
            body[at] = dice.randint(0, 255)
        elif what == 1:
            del body[at : at + dice.randint(0, 8)]
        elif what == 2:
            body[at:at] = body[max(0, at - dice.randint(0, 16)) : at]
        else:
            body[at:at] = dice.choice(NASTY)[:40]
    if dice.random() < 0.1:
        topic = topic[: dice.randint(0, len(topic))] + chr(dice.randint(0, 0x10FF))
    return topic, bytes(body)


def test_speed_that_makes_no_sense_is_not_taken() -> None:
    desk = send(a_desk(), f"{ROOT}/input/vehicle", b'{"speed_kmh":63.2}')
    for nonsense in (b'{"speed_kmh":-4}', b'{"speed_kmh":"fast"}', b'{"speed_kmh":9e9}', b"63"):
        desk = send(desk, f"{ROOT}/input/vehicle", nonsense)
    assert desk.vehicle == r.Vehicle(speed_kmh=63.2)
