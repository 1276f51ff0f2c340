"""Home Assistant finds the device by itself, and takes every entity of it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from edge.tell import entities
from edge.tell import homeassistant as ha
from edge.tell import messages as m
from edge.tell import requests as r
from tests.tell import examples

INSTALLED = Path(__file__).parents[2] / ".cache/ha"
VERSIONS = ("2024.3", "2025.4")
BROKEN = {
    "no_such_class": {"device_class": "sleepy"},
    "no_template": {"value_template": "{{ value_json. }}"},
    "no_number": {"expire_after": "soon"},
}
DEVICE = ha.Device(
    name="pi_7c1f3a", base="mien", model="Raspberry Pi 4B", version="1.0", emotion=True
)
PAYLOAD = json.loads(ha.discovery(DEVICE))
COMPONENTS: dict[str, dict[str, Any]] = PAYLOAD["components"]
CONTRACT = {
    "binary_sensor": {"drowsy", "microsleep", "distracted", "camera_fault", "occupied"},
    "sensor": {
        *(
            "alert_level",
            "perclos",
            "drowsiness_state",
            "zone",
            "attention",
            "emotion_dominant",
            "valence",
        ),
        *("fps", "cpu_temp"),
    },
    "event": {"alert"},
    "switch": {"capture", "alerts", "emotion", "buzzer"},
    "button": {"ack", "recalibrate", "restart"},
    "number": {"microsleep_s"},
}


def test_every_entity_of_the_contract_is_there_and_no_other() -> None:
    found: dict[str, set[str]] = {}
    for name, entity in COMPONENTS.items():
        found.setdefault(entity["platform"], set()).add(name)
    assert found == CONTRACT


def test_where_the_profile_forbids_emotion_home_assistant_hears_nothing_of_it() -> None:
    calm = ha.Device(name="pi_1", base="mien", model="", version="1.0", emotion=False)
    assert not {"emotion", "emotion_dominant", "valence"} & set(ha.components(calm))
    assert b"emotion" not in ha.discovery(calm)


def test_the_announcement_fits() -> None:
    assert len(ha.discovery(DEVICE)) <= ha.LIMIT


@pytest.mark.parametrize("name", COMPONENTS)
def test_what_an_automation_calls_an_entity_is_settled_in_every_version(name: str) -> None:
    entity = COMPONENTS[name]
    assert entity["object_id"] == f"pi_7c1f3a_{name}"
    assert entity["default_entity_id"] == f"{entity['platform']}.pi_7c1f3a_{name}"


def test_a_hung_process_shows_as_unavailable() -> None:
    for name, entity in COMPONENTS.items():
        if entity["platform"] in {"binary_sensor", "sensor"}:
            assert entity["expire_after"] == 90, name


@pytest.mark.parametrize("name", COMPONENTS)
def test_an_entity_reads_and_writes_topics_that_exist(name: str) -> None:
    root, entity = "mien/pi_7c1f3a/", COMPONENTS[name]
    if "state_topic" in entity:
        assert entity["state_topic"].removeprefix(root) in m.KINDS
    if "command_topic" in entity:
        kind, what = entity["command_topic"].removeprefix(root).split("/")
        known = {"cmd": set(r.COMMANDS), "set": {*r.SWITCHES, *r.NUMBERS}}
        assert what in known[kind]


@pytest.fixture(scope="module", params=VERSIONS)
def verdicts(request: pytest.FixtureRequest) -> dict[str, str]:
    """What Home Assistant's own schemas say of each entity; nothing where they take it."""
    python = INSTALLED / request.param / "bin/python"
    if not python.exists():
        pytest.skip("Home Assistant is not installed: make ha-venv")
    broken = {name: COMPONENTS["drowsy"] | wrong for name, wrong in BROKEN.items()}
    broken["no_topic"] = {k: v for k, v in COMPONENTS["capture"].items() if k != "command_topic"}
    script = Path(__file__).parent / "home_assistant/validate.py"
    payload = json.dumps(PAYLOAD | {"components": COMPONENTS | broken}).encode()
    done = subprocess.run([python, script], input=payload, capture_output=True, check=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("name", COMPONENTS)
def test_home_assistants_own_schema_takes_the_entity(name: str, verdicts: dict[str, str]) -> None:
    assert verdicts[name] == ""


@pytest.mark.parametrize("name", [*BROKEN, "no_topic"])
def test_home_assistants_own_schema_would_have_noticed(name: str, verdicts: dict[str, str]) -> None:
    assert verdicts[name] != ""


def test_home_assistant_takes_the_device_as_a_whole(verdicts: dict[str, str]) -> None:
    if "device" not in verdicts:
        pytest.skip("Home Assistant before 2024.11 knows no devices, only entities")
    assert verdicts["device"] == ""


def test_the_event_entity_knows_every_type_that_is_said() -> None:
    assert {e.type for e in examples_events()} <= set(entities.ALERT_TYPES)


def examples_events() -> list[m.Event]:
    return [s.message for s in examples.night_drive() if isinstance(s.message, m.Event)]
