"""A device cannot leave its own topics: the access list that is shipped, with passwords."""

from __future__ import annotations

import logging
import subprocess
from typing import TYPE_CHECKING

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge.tell.mqtt import Publisher
from edge.tell.settings import MqttSettings
from edge.tell.visit import reachable
from tests.tell.brokers import ACL, Listener, Mosquitto, needs_mosquitto, until

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD = "correct horse battery"  # noqa: S105 - of this test


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    folder = tmp_path_factory.mktemp("guarded")
    names = {"pi_a": PASSWORD, "pi_b": PASSWORD, "homeassistant": PASSWORD}
    for number, (name, password) in enumerate(names.items()):
        create = ["-c"] if number == 0 else []
        command = ["mosquitto_passwd", "-b", *create, str(folder / "users"), name, password]
        subprocess.run(command, check=True, capture_output=True)
    lines = ("allow_anonymous false", f"password_file {folder / 'users'}", f"acl_file {ACL}")
    with Mosquitto(folder, lines=lines) as broker:
        yield broker


def speak(port: int, user: str, topic: str) -> bool:
    """Whether the broker lets ``user`` publish on ``topic`` (MQTT 5 says so)."""
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    client.username_pw_set(user, PASSWORD)
    said: list[bool] = []
    client.on_publish = lambda *args: said.append(not args[3].is_failure)
    client.on_connect = lambda *_: client.publish(topic, b"x", 1)
    client.connect("127.0.0.1", port)
    client.loop_start()
    until(lambda: said)
    client.disconnect()
    client.loop_stop()
    return said[0]


@needs_mosquitto
@pytest.mark.parametrize(
    ("topic", "allowed"),
    [
        ("mien/pi_a/state", True),
        ("mien/pi_a/rsp/ack", True),
        ("homeassistant/device/pi_a/config", True),
        ("mien/pi_b/state", False),
        ("mien/pi_b/cmd/restart", False),
        ("homeassistant/device/pi_b/config", False),
        ("homeassistant/status", False),
        ("mien/state", False),
        ("$SYS/broker/uptime", False),
        ("anything", False),
    ],
)
def test_a_device_speaks_only_for_itself(guarded: Mosquitto, topic: str, *, allowed: bool) -> None:
    assert speak(guarded.port, "pi_a", topic) is allowed


@needs_mosquitto
def test_a_device_hears_only_what_is_said_to_it(guarded: Mosquitto) -> None:
    login = {"username": "pi_a", "password": PASSWORD}
    with (
        Listener(guarded.port, "#", **login) as nosy,
        Listener(guarded.port, "mien/#", username="homeassistant", password=PASSWORD) as house,
    ):
        for topic in ("mien/pi_b/cmd/restart", "mien/pi_b/set/capture", "mien/pi_a/cmd/ack"):
            house.say(topic, "{}")
        until(lambda: any(h.topic == "mien/pi_a/cmd/ack" for h in nosy.heard))
        assert {h.topic for h in nosy.heard} == {"mien/pi_a/cmd/ack"}


@needs_mosquitto
def test_a_wrong_password_is_said_once_and_never_shown(
    guarded: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = MqttSettings(
        host="127.0.0.1",
        port=guarded.port,
        username="pi_a",
        password="open sesame",  # noqa: S106 - of this test
    )
    with Publisher(wrong, "pi_a") as out:
        until(lambda: out.tend() or "refused us" in caplog.text)
        assert not out.connected
    assert "refused: " in str(reachable(wrong))
    assert "sesame" not in caplog.text + repr(wrong) + str(reachable(wrong))
