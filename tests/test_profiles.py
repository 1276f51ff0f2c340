"""What each profile lets out: where emotion is off, nothing that is said speaks of it."""

from __future__ import annotations

import re
import signal

import paho.mqtt.publish
import pytest
from msgspec.structs import replace

from edge.tell import messages as m
from edge.types import MoodSummary, Spread
from tests.tell import examples

EMOTIONAL = re.compile(
    "emotion|mood|expression|feel|happy|happiness|joy|sad|sorrow|surpris|anger|angry|fear|disgust"
    "|contempt|neutral|uncertain|valence|arousal|calm|worr|confus|attitude",
    re.IGNORECASE,
)
ERASED = "mien/test/emotion/summary"


@pytest.mark.parametrize("broker", ["amqtt"], indirect=True)
@pytest.mark.parametrize("profile", ["workplace", "education"])
def test_at_work_and_at_school_nothing_speaks_of_emotion(
    broker, port, listen, service, sleeper, profile
):
    with broker(port):
        tell = {"hostname": "127.0.0.1", "port": port, "qos": 1}
        paho.mqtt.publish.single(ERASED, b'{"dominant": "sad"}', retain=True, **tell)
        hears = listen(port, "#")
        process = service(sleeper, port, profile=profile, loop=True)
        hears.wait_for("state", lambda said: said["subject"]["attention"] is not None)
        for name in ("summary", "get_config", "self_test", "bench"):
            paho.mqtt.publish.single(f"mien/test/cmd/{name}", b"{}", **tell)
        summary = hears.wait_for("attention/summary", lambda said: said["seen_s"] > 0)
        for name in ("get_config", "self_test", "bench"):
            hears.wait_for(f"rsp/{name}", lambda said: said["status"] == "ok")
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
        later = listen(port, "#")
        later.wait_for("availability", lambda said: said == "offline")
        assert not later.of("emotion/summary"), "what was retained from before is erased"

    assert 0 <= summary["attention"]["index"] <= 1
    assert summary["faces"][0]["attention"]["head"] > 0
    assert hears.of("info")[0]["capabilities"] == ["drowsiness", "attention_summary"]
    assert any(topic.startswith("homeassistant/device/") for topic, *_ in hears.heard)
    for topic, payload, _ in hears.heard:
        if topic == ERASED:
            assert payload in {b'{"dominant": "sad"}', b""}
            continue
        # a licence names whose pictures a network learned from: "muxspace/facial_expressions"
        text = re.sub('"license":"[^"]*"', "", payload.decode())
        assert not EMOTIONAL.search(topic), topic
        assert not EMOTIONAL.search(text), f"{topic}: {text}"


def test_the_same_steps_told_without_emotion_say_nothing_of_it():
    tell = examples.reporter()
    tell.settle(replace(examples.WHO, emotion=False), muted=False, metrics_hz=5)
    minute = replace(examples.DRIVING, summaries=(examples.MINUTE,))
    said = tell(minute, 22.4)
    assert {one.topic for one in said} >= {"state", "event", "attention/summary", "metrics"}
    for one in said:
        assert not EMOTIONAL.search(one.topic)
        assert not EMOTIONAL.search(m.encode(one.message).decode())


def test_the_largest_summary_of_a_crowd_fits_into_a_message():
    names = (*examples.MINUTE.share, "surprise", "sad", "anger", "disgust", "fear", "contempt")
    most = MoodSummary(
        start_ns=0,
        end_ns=3600 * 10**9,
        valid_s=14399.9,
        looks=1_000_000,
        dominant="uncertain",
        confidence=0.33,
        share=dict.fromkeys((*names, "happy"), 0.111),
        valence=Spread(-0.71, 0.79),
        arousal=Spread(-0.33, 0.71),
        transitions=99_999,
        seen_s=3599.9,
        unseen=0.999,
        valence_trend=-99.99,
        attitude="indifferent",
        calm=0.55,
        worried=0.06,
        confused=0.55,
        attention=examples.MINUTE.attention,
    )
    crowd = tuple(replace(most, track=123_456_789 + n) for n in range(40))
    tell = examples.reporter()
    said = tell(replace(examples.DRIVING, summaries=(most, *crowd)), 22.4)
    for one in said:
        assert len(m.encode(one.message)) < m.PAYLOAD_LIMIT
    (felt,) = (one.message for one in said if one.topic == "emotion/summary")
    assert len(felt.faces) == 4
