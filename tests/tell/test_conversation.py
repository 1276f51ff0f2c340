"""Asked at the broker, answered by the loop: what comes back, what is kept, what changes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from edge.commands import kept
from edge.commands.conversation import Conversation
from edge.commands.desk import opened
from edge.commands.kept import Kept
from edge.config import Config
from edge.tell.mqtt import Publisher
from edge.tell.settings import MqttSettings
from edge.types import NS, Box, FaceReading, Observation, Vehicle
from tests.tell import examples
from tests.tell.brokers import Listener, a_broker, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROOT = "mien/pi_7c1f3a"
CONFIG = "homeassistant/device/pi_7c1f3a/config"


@dataclass
class Talk:
    """A device without a camera, and a person with a client."""

    person: Listener
    out: Publisher
    conversation: Conversation
    state: Path

    def frame(self) -> None:
        self.out.tend()
        self.conversation(5 * NS)

    def ask(self, topic: str, payload: str, name: str = "") -> dict[str, Any]:
        """Ask, and wait for the answer."""
        answer_on = f"rsp/{name or topic.split('/')[1]}"
        before = len(self.person.on(answer_on))
        self.person.say(f"{ROOT}/{topic}", payload)
        until(lambda: self.frame() or len(self.person.on(answer_on)) > before)
        found: dict[str, Any] = json.loads(self.person.payloads(answer_on)[-1])
        return found


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with a_broker(tmp_path_factory.mktemp("broker")) as port:
        yield port


@pytest.fixture
def talk(port: int, tmp_path: Path) -> Iterator[Talk]:
    desk = opened(Config(profile="home", device="pi_7c1f3a", emotion=True), Kept())
    settings = MqttSettings(host="127.0.0.1", port=port)
    facts = {"self_test": lambda: {"fps": 30.0}, "bench": lambda: {"frames": 300}}
    with Listener(port) as person, Publisher(settings, "pi_7c1f3a") as out:
        head = examples.reporter().head
        conversation = Conversation(desk, out, head, tmp_path, facts)
        talk = Talk(person, out, conversation, tmp_path)
        until(lambda: out.tend() or out.connected)
        conversation.begin(0)
        until(lambda: talk.frame() or person.on("controls"))
        yield talk


def test_a_command_is_answered_with_its_transaction(talk: Talk) -> None:
    answer = talk.ask("cmd/self_test", '{"transaction":"t1"}')
    assert (answer["status"], answer["transaction"]) == ("ok", "t1")
    assert answer["data"] == {"fps": 30.0}


def test_what_does_not_exist_is_answered_too(talk: Talk) -> None:
    answer = talk.ask("cmd/dance", "{}", "unknown")
    assert (answer["status"], answer["error"]["code"]) == ("error", "unknown")


def test_the_camera_is_not_wanted_any_more_and_that_is_said_and_kept(talk: Talk) -> None:
    assert talk.conversation.wants_camera()
    talk.ask("set/capture", "OFF")
    assert not talk.conversation.wants_camera()
    assert not kept.load(talk.state).controls.capture
    until(lambda: json.loads(talk.person.payloads("controls")[-1])["capture"] is False)


def test_how_people_felt_leaves_the_broker_when_emotion_is_off(talk: Talk, port: int) -> None:
    (minute,) = (said for said in examples.night_drive() if said.topic == "emotion/summary")
    talk.out.publish(minute)
    until(lambda: talk.frame() or talk.person.on("emotion/summary"))
    talk.ask("set/emotion", "OFF")
    until(lambda: talk.frame() or talk.person.payloads("emotion/summary")[-1] == b"")
    with Listener(port, f"{ROOT}/#") as late:
        until(lambda: talk.frame() or late.on("controls"))
        assert not late.on("emotion/summary")


def test_nobody_is_judged_or_recorded_by_a_feeling_once_emotion_is_off(talk: Talk) -> None:
    face = FaceReading(1, Box(0, 0, 9, 9), 0.9, ear=0.2, emotion=(1.0, *7 * (0.0,)), actions=(0.1,))
    seen = talk.conversation.witness(iter([Observation(1, (face,)), Observation(2, (face,))]))
    assert next(seen).faces == (face,)
    talk.ask("cmd/set_profile", '{"profile": "workplace"}')
    assert next(seen).faces == (replace(face, emotion=None, actions=None),)


def test_a_disk_that_refuses_is_an_error_and_nothing_changes(talk: Talk) -> None:
    (talk.state / ".kept.json.new").mkdir()
    answer = talk.ask("set/capture", "OFF")
    assert (answer["status"], answer["error"]["code"]) == ("error", "not_kept")
    assert talk.conversation.wants_camera()


def test_an_answer_that_would_be_too_long_says_how_to_ask_for_less(talk: Talk) -> None:
    answer = talk.ask("cmd/get_config", '{"prefix":"rules"}')
    assert answer["error"]["code"] == "too_large"
    assert "longer prefix" in answer["error"]["msg"]
    assert talk.ask("cmd/get_config", '{"prefix":"rules.mood"}')["status"] == "ok"


def test_home_assistant_forgets_the_device_by_one_command(talk: Talk) -> None:
    def said() -> list[bytes]:
        return [h.payload for h in talk.person.heard if h.topic == CONFIG]

    until(lambda: talk.frame() or (said() and said()[-1] != b""))
    talk.ask("cmd/discovery", '{"enabled":false}')
    until(lambda: said()[-1] == b"")
    assert not kept.load(talk.state).controls.discovery


def test_the_judgement_is_told_of_a_request_once_and_of_speed_with_its_age(talk: Talk) -> None:
    talk.person.say(f"{ROOT}/input/vehicle", '{"speed_kmh":63.2}')
    talk.ask("cmd/ack", "{}")
    frames = [Observation(t_ns=6 * NS), Observation(t_ns=7 * NS)]
    first, second = talk.conversation.witness(frames)
    assert (first.requests, second.requests) == (("ack",), ())
    assert first.vehicle == Vehicle(speed_kmh=63.2, age_s=1.0)
    assert second.vehicle == Vehicle(speed_kmh=63.2, age_s=2.0)


def test_a_shorter_microsleep_steers_the_very_next_frame(talk: Talk) -> None:
    told = []
    talk.conversation.changed.append(lambda before, _t_ns: told.append(before.config))
    talk.ask("set/microsleep_s", "1.2")
    assert talk.conversation.rules().drowsiness.microsleep_s == 1.2
    assert [config.rules.drowsiness.microsleep_s for config in told] == [1.5]
