"""The publisher and a real broker: what is heard, and what is heard back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge.commands.demo import embedded_broker
from edge.tell import messages as m
from edge.tell import requests as r
from edge.tell.mqtt import Publisher
from edge.tell.news import Heard
from edge.tell.questions import Questions
from edge.tell.settings import MqttSettings
from tests.tell import examples
from tests.tell.brokers import Listener, a_broker, needs_mosquitto, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.tell.questions import Question

ROOT = "mien/pi_7c1f3a"
CONTRACT = {
    "availability": (1, True),
    "info": (1, True),
    "health": (0, True),
    "state": (1, True),
    "event": (1, False),
    "alerts/active": (1, True),
    "emotion/summary": (1, True),
    "calibration": (1, True),
    "controls": (1, True),
    "metrics": (0, False),
    "log": (0, False),
    "rsp/ack": (1, False),
}
"""Topic -> QoS, retained."""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with a_broker(tmp_path_factory.mktemp("broker")) as port:
        yield port


@pytest.fixture
def listener(port: int) -> Iterator[Listener]:
    with Listener(port) as listener:
        yield listener
        for topic in {h.topic for h in listener.heard}:  # the next test begins with a clean broker
            listener.client.publish(topic, b"", 1, retain=True).wait_for_publish(5)


@pytest.fixture
def out(port: int, listener: Listener) -> Iterator[Publisher]:
    with Publisher(MqttSettings(host="127.0.0.1", port=port), "pi_7c1f3a") as out:
        # whoever has heard "online" may ask: not before
        until(lambda: out.tend() or b"online" in listener.payloads(m.AVAILABILITY))
        yield out


def test_a_drive_is_heard_from_birth_to_farewell(port: int, listener: Listener) -> None:
    with Publisher(MqttSettings(host="127.0.0.1", port=port), "pi_7c1f3a") as out:
        for said in examples.night_drive():
            out.publish(said)
        until(lambda: out.tend() or (out.connected and not out.queued))
    until(lambda: listener.payloads(m.AVAILABILITY)[-1:] == [b"offline"])
    assert listener.payloads(m.AVAILABILITY) == [b"online", b"offline"]
    assert [e.change for e in listener.events()] == ["new", "update", "end"]
    assert {h.topic.split("/", 2)[2] for h in listener.heard} >= set(m.KINDS) - {
        *("rsp", "log", "metrics", "controls")
    }


def test_what_is_retained_waits_for_whoever_comes_later(
    out: Publisher, listener: Listener, port: int
) -> None:
    for said in examples.night_drive():
        out.publish(said)
    until(lambda: out.tend() or (listener.on("log") and listener.on("controls")))
    with Listener(port, f"{ROOT}/#") as late:
        until(lambda: late.on("info") and late.on("state") and late.on("health"))
        assert all(h.retained for h in late.heard)
        assert not late.on("event")
        assert late.payloads(m.AVAILABILITY) == [b"online"]


def test_every_topic_has_the_quality_and_the_retain_flag_of_the_contract(
    out: Publisher, listener: Listener, port: int
) -> None:
    for said in examples.night_drive():
        out.publish(said)
    listener.say(f"{ROOT}/cmd/ack", "{}")
    (question,) = asked(out)
    (answer, _) = examples.answers()
    out.answer(question, answer.message)
    until(lambda: out.tend() or (listener.on("rsp/ack") and listener.on("controls")))
    qos = {topic: {h.qos for h in listener.on(topic)} for topic in CONTRACT}
    assert qos == {topic: {wanted} for topic, (wanted, _) in CONTRACT.items()}
    with Listener(port, f"{ROOT}/#") as late:
        until(lambda: late.on("controls"))
        kept = {topic for topic in CONTRACT if late.on(topic)}
    assert kept == {topic for topic, (_, retained) in CONTRACT.items() if retained}


def asked(out: Publisher, count: int = 1) -> list[Question]:
    """What has reached the loop, once it is so much."""
    found: list[Question] = []
    until(lambda: out.tend() or found.extend(out.take()) or len(found) >= count)
    return found


def test_a_command_reaches_the_loop_typed_and_checked(out: Publisher, listener: Listener) -> None:
    listener.say(f"{ROOT}/cmd/set_config", '{"transaction":"7","set":{"mqtt.metrics_hz":2}}')
    listener.say(f"{ROOT}/set/capture", "OFF")
    listener.say(f"{ROOT}/input/vehicle", '{"speed_kmh":63.2}')
    assert [q.asked for q in asked(out, 3)] == [
        r.SetConfig(transaction="7", set={"mqtt.metrics_hz": 2}),
        r.Switch(name="capture", on=False),
        r.Vehicle(speed_kmh=63.2),
    ]


def test_a_retained_command_of_yesterday_restarts_nobody(port: int, listener: Listener) -> None:
    listener.say(f"{ROOT}/cmd/restart", "{}", retain=True)
    with Publisher(MqttSettings(host="127.0.0.1", port=port), "pi_7c1f3a") as out:
        until(lambda: out.tend() or out.connected)
        until(lambda: out.tend() or listener.on(m.AVAILABILITY))
        listener.say(f"{ROOT}/cmd/ack", "{}")  # comes after the retained one, and arrives
        until(lambda: out.tend() or ((questions := out.take()) and _are_acks(questions)))


def _are_acks(questions: list[Question]) -> bool:
    assert [q.name for q in questions] == ["ack"]
    return True


@pytest.mark.parametrize(
    ("topic", "payload", "code"),
    [
        ("cmd/dance", "{}", "unknown"),
        ("cmd/ack", "{", "malformed"),
        ("cmd/ack", '{"transaction":3}', "invalid"),
        ("cmd/set_config", "{}", "invalid"),
        ("cmd/set_config", '{"set":{"a":[1]}}', "invalid"),
        ("cmd/ack", '{"transaction":"' + "a" * 5000 + '"}', "too_large"),
        ("set/capture", "maybe", "invalid"),
        ("set/microsleep_s", "soon", "invalid"),
        ("set/volume", "11", "unknown"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(
    out: Publisher, listener: Listener, topic: str, payload: str, code: str
) -> None:
    listener.say(f"{ROOT}/{topic}", payload)
    (question,) = asked(out)
    assert isinstance(question.asked, r.Refused)
    assert question.asked.code == code
    head = examples.reporter().head("rsp", 0)
    problem = m.Problem(code=code, msg=question.asked.msg)
    out.answer(
        question, m.Response(**head, status="error", transaction=None, data={}, error=problem)
    )
    until(lambda: listener.on(f"rsp/{question.name}"))
    assert json.loads(listener.payloads(f"rsp/{question.name}")[0])["error"]["code"] == code


def test_a_flood_of_questions_is_cut_off_and_the_loop_goes_on(
    out: Publisher, listener: Listener
) -> None:
    for _ in range(300):
        listener.client.publish(f"{ROOT}/cmd/ack", "{}", 1)
    listener.say(f"{ROOT}/cmd/ack", "{}")
    most = 0
    found: list[Question] = []

    def a_frame() -> int:
        nonlocal most
        out.tend()
        questions = out.take()
        most = max(most, len(questions))
        found.extend(questions)
        return len(found)

    until(lambda: a_frame() > 8)
    assert most <= 8


def test_a_vehicle_that_tells_its_speed_too_often_crowds_out_no_command() -> None:
    questions = Questions(ROOT)
    questions.heard(Heard(f"{ROOT}/cmd/ack", b"{}"))
    for kmh in range(100):
        questions.heard(Heard(f"{ROOT}/input/vehicle", b'{"speed_kmh": %d}' % kmh))
    assert [each.asked for each in questions.take()] == [r.Ack(), r.Vehicle(speed_kmh=99.0)]
    assert questions.take() == []


def test_home_assistant_gets_the_device_on_connect_and_when_it_comes_up(
    out: Publisher, listener: Listener
) -> None:
    config = "homeassistant/device/pi_7c1f3a/config"
    out.announce(b'{"device":{}}')
    until(lambda: [h for h in listener.heard if h.topic == config])
    listener.say("homeassistant/status", "online")
    until(lambda: out.tend() or len([h for h in listener.heard if h.topic == config]) == 2)
    out.announce(b"")
    until(lambda: [h.payload for h in listener.heard if h.topic == config][-1:] == [b""])


def test_rebirth_says_everything_again(out: Publisher, listener: Listener) -> None:
    for said in examples.night_drive():
        out.publish(said)
    until(lambda: out.tend() or (not out.queued and listener.on("health")))
    before = len(listener.on("info"))
    out.rebirth()
    until(lambda: out.tend() or len(listener.on("info")) > before)
    until(lambda: listener.payloads(m.AVAILABILITY)[-2:] == [b"online", b"online"])


@needs_mosquitto
@pytest.mark.parametrize("place", ["office/inbox", f"{ROOT}_office/inbox"])
def test_an_mqtt_5_asker_is_answered_where_it_says(out: Publisher, port: int, place: str) -> None:
    properties = Properties(PacketTypes.PUBLISH)
    properties.ResponseTopic, properties.CorrelationData = place, b"42"
    with Listener(port, place, v5=True) as office:
        office.client.publish(f"{ROOT}/cmd/ack", "{}", 1, properties=properties)
        (question,) = asked(out)
        head = examples.reporter().head("rsp", 0)
        out.answer(question, m.Response(**head, status="ok", transaction=None, data={}, error=None))
        until(lambda: office.heard)
    assert office.heard[0].topic == place
    assert office.heard[0].properties is not None
    assert office.heard[0].properties.CorrelationData == b"42"


# Versions -----------------------------------------------------------------------------------


def test_a_broker_that_only_speaks_3_1_1_is_spoken_to_in_3_1_1(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    with (
        embedded_broker() as (host, port),
        Publisher(MqttSettings(host=host, port=port), "pi_old") as out,
    ):
        until(lambda: out.tend() or out.connected)
    assert "MQTT 3.1.1" in caplog.text


@needs_mosquitto
@pytest.mark.parametrize(("protocol", "spoken"), [("auto", "5"), ("5", "5"), ("3.1.1", "3.1.1")])
def test_the_version_is_the_one_that_was_asked_for(
    port: int, caplog: pytest.LogCaptureFixture, protocol: Any, spoken: str
) -> None:
    caplog.set_level("INFO")
    settings = MqttSettings(host="127.0.0.1", port=port, protocol=protocol)
    with Publisher(settings, "pi_new") as out:
        until(lambda: out.tend() or out.connected)
    assert caplog.text.rstrip().endswith(f"MQTT {spoken}")


@needs_mosquitto
def test_an_event_does_not_outlive_a_minute_at_an_mqtt_5_broker(out: Publisher, port: int) -> None:
    with Listener(port, f"{ROOT}/#", v5=True) as modern:
        for said in examples.night_drive():
            out.publish(said)
        until(lambda: out.tend() or (modern.on("event") and modern.on("log")))
        assert {h.properties.MessageExpiryInterval for h in modern.on("event") if h.properties} == {
            60
        }
        assert not hasattr(modern.on("state")[0].properties, "MessageExpiryInterval")
