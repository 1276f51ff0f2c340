"""From the car's broker to the cloud's, with the configuration of docs/mosquitto/bridge.conf."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from edge.tell import mqtt
from edge.tell.settings import MqttSettings
from tests.drills.drive import Drive, books
from tests.tell.brokers import Listener, Mosquitto, needs_mosquitto, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

EXAMPLE = Path(__file__).parents[2] / "docs/mosquitto/bridge.conf"


def as_documented(folder: Path, cloud: int) -> Iterator[str]:
    """The example, with this test's folder and broker, and without the bench's TLS."""
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        key = line.partition(" ")[0]
        if key in {"listener", "#", "bridge_cafile", "bridge_certfile", "bridge_keyfile"}:
            continue
        place = {
            "address": f"127.0.0.1:{cloud}",
            "persistence_location": f"{folder}/",
            "remote_clientid": f"bridge-{folder.name}",
        }
        yield f"{key} {place[key]}" if key in place else line


def a_device(port: int) -> MqttSettings:
    """Set as the example says."""
    found = re.search(r'mqtt\.protocol: "(.+)"', EXAMPLE.read_text(encoding="utf-8"))
    assert found is not None
    return msgspec.convert({"host": "127.0.0.1", "port": port, "protocol": found[1]}, MqttSettings)


@needs_mosquitto
def test_what_is_said_while_there_is_no_network_reaches_the_cloud_once_and_in_order(
    tmp_path: Path,
) -> None:
    cloud = Mosquitto(tmp_path)
    car = Mosquitto(tmp_path, lines=tuple(as_documented(tmp_path, cloud.port)))
    lasting = "autosave_interval 1", "autosave_on_changes true", "persistence true"
    cloud.lines = ("allow_anonymous true", *lasting, f"persistence_location {tmp_path}/cloud-")
    with (
        cloud,
        car,
        Listener(cloud.port, "mien/#", lasting="office") as office,
        Drive(a_device(car.port)) as drive,
    ):
        drive.say(5)
        drive.go_until(lambda: len(office.events()) == 5, 30)
        cloud.kill()
        until(lambda: not office.subscribed)
        drive.say(60)
        drive.go_until(lambda: not drive.out.queued, 30)  # the car has them, the cloud has not
        cloud.start()
        drive.go_until(lambda: len(office.events()) >= drive.said, 60)
        assert books(drive.said, office.payloads("event")).good


@needs_mosquitto
def test_the_office_can_ask_through_the_bridge(tmp_path: Path) -> None:
    cloud = Mosquitto(tmp_path)
    car = Mosquitto(tmp_path, lines=tuple(as_documented(tmp_path, cloud.port)))
    with (
        cloud,
        car,
        Listener(cloud.port, "mien/#") as office,
        Drive(a_device(car.port)) as drive,
    ):
        drive.go_until(lambda: office.on("availability"), 30)
        office.say("mien/pi_drill/cmd/ack", "{}")
        questions = []
        assert drive.go_until(lambda: questions.extend(drive.out.take()) or questions, 30)
        assert [q.name for q in questions] == ["ack"]


@needs_mosquitto
def test_an_outage_that_is_longer_than_mqtt_5_keeps_an_event_loses_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(mqtt.EXPIRY_S, "event", 1)
    cloud = Mosquitto(tmp_path, lines=("allow_anonymous true",))
    car = Mosquitto(tmp_path, lines=tuple(as_documented(tmp_path, cloud.port)))
    with car, Drive(a_device(car.port)) as drive:
        drive.say(20)
        drive.go_until(lambda: not drive.out.queued, 30)
        drive.go(3, pace=0)
        with cloud, Listener(cloud.port, "mien/#") as office:
            drive.go_until(lambda: len(office.events()) == drive.said, 30)
            assert books(drive.said, office.payloads("event")).good


@needs_mosquitto
def test_cars_of_the_same_card_do_not_throw_each_other_out(tmp_path: Path) -> None:
    cloud = Mosquitto(tmp_path)
    folders = tmp_path / "van_1", tmp_path / "van_2"
    for folder in folders:
        folder.mkdir()
    one, two = (Mosquitto(each, lines=tuple(as_documented(each, cloud.port))) for each in folders)
    log = tmp_path / f"mosquitto-{cloud.port}.log"
    with cloud, one, two:
        until(lambda: log.read_text(encoding="utf-8").count("New bridge connected") == 2)
    assert "already connected" not in log.read_text(encoding="utf-8")
