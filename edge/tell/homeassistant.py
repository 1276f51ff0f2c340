"""Home Assistant's device discovery: one retained message that makes a device of this appliance.

https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload (2024.11 and later).
Templates read the messages of ``messages``; what is null there is "unknown" in Home Assistant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from edge.tell import messages as m

EXPIRE_S = 90
"""A process that hangs shows as unavailable even if its connection lives (contract, rule 6)."""

LIMIT = 16 * 1024  # contract, rule 5
URL = "https://github.com/mien-project/mien"
ALERT_TYPES = (
    "eyes_closed_pre",
    "microsleep",
    "sleep",
    "unresponsive",
    "drowsy_advisory",
    "drowsy",
    "drowsy_severe",
    "distraction_long",
    "distraction_vats",
    "phone_suspect",
    "eyes_unreadable",
    "face_lost",
    "camera_blocked",
)
"""driver_state table: everything that becomes an episode."""

ASLEEP = ("microsleep", "sleep", "unresponsive")
DROWSY = ("drowsy", "drowsy_severe", *ASLEEP)
DROWSINESS = ("unknown", "alert", "awake", "eyes_closed", "drowsy_advisory", *DROWSY)
ZONES = (
    *("forward", "down", "up", "side_left", "side_right"),
    *("mirror_inner", "mirror_left", "mirror_right", "unknown"),
)
EMOTIONS = (
    *("neutral", "happy", "surprise", "sad", "anger", "disgust", "fear", "contempt"),
    *("uncertain", "unknown"),
)

Component = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Device:
    """What Home Assistant shows of this device."""

    name: str
    base: str
    model: str
    version: str
    emotion: bool


def discovery(device: Device) -> bytes:
    """The payload for ``homeassistant/device/<name>/config``."""
    root = f"{device.base}/{device.name}"
    payload = {
        "device": {
            "identifiers": [f"{device.base}_{device.name}"],
            "name": f"Mien {device.name}",
            "manufacturer": "Mien",
            "model": device.model,
            "sw_version": device.version,
        },
        "origin": {"name": "Mien", "sw_version": device.version, "support_url": URL},
        "availability_topic": f"{root}/{m.AVAILABILITY}",
        "components": components(device),
    }
    return msgspec.json.encode(payload)


def components(device: Device) -> dict[str, Component]:
    """Every entity by its name, complete but for what all share."""
    root = f"{device.base}/{device.name}"
    found = (
        _warnings(root)
        | _readings(root)
        | (_moods(root) if device.emotion else {})
        | _diagnostics(root)
        | _controls(root, emotion=device.emotion)
    )
    return {
        name: {
            "unique_id": f"{device.base}_{device.name}_{name}",
            "object_id": f"{device.name}_{name}",
            **entity,
        }
        for name, entity in found.items()
    }


def _binary(topic: str, name: str, truth: str, **more: Any) -> Component:
    return {
        "platform": "binary_sensor",
        "name": name,
        "state_topic": topic,
        "value_template": f"{{{{ 'ON' if {truth} else 'OFF' }}}}",
        "expire_after": EXPIRE_S,
        **more,
    }


def _sensor(topic: str, name: str, value: str, **more: Any) -> Component:
    return {
        "platform": "sensor",
        "name": name,
        "state_topic": topic,
        "value_template": f"{{{{ {value} }}}}",
        "expire_after": EXPIRE_S,
        **more,
    }


def _warnings(root: str) -> dict[str, Component]:
    state = f"{root}/state"
    word = "value_json.drowsiness.state"
    away = "(value_json.distraction | default({}, true)).state | default('unknown')"
    problem = {"device_class": "problem"}
    event = (
        "{% if value_json.change == 'new' %}"
        "{{ {'event_type': value_json.type, 'level': value_json.level, 'id': value_json.id,"
        " 'late': value_json.late} | tojson }}{% endif %}"
    )
    return {
        "drowsy": _binary(state, "Drowsy", f"{word} in {list(DROWSY)}", **problem),
        "microsleep": _binary(state, "Microsleep", f"{word} in {list(ASLEEP)}", **problem),
        "distracted": _binary(state, "Distracted", f"({away}) == 'distracted'", **problem),
        "occupied": _binary(
            state, "Occupied", "value_json.subject.present", device_class="occupancy"
        ),
        "alert": {
            "platform": "event",
            "name": "Alert",
            "state_topic": f"{root}/event",
            "event_types": list(ALERT_TYPES),
            "value_template": event,
        },
    }


def _readings(root: str) -> dict[str, Component]:
    state = f"{root}/state"
    zone = "(value_json.distraction | default({}, true)).zone | default('unknown', true)"
    share, heed = "value_json.drowsiness.perclos60", "value_json.subject.attention"
    return {
        "alert_level": _sensor(
            state,
            "Alert level",
            "['none', 'advisory', 'caution', 'warning', 'critical', 'emergency'][value_json.level]",
            device_class="enum",
            options=["none", "advisory", "caution", "warning", "critical", "emergency"],
        ),
        "perclos": _sensor(
            state,
            "PERCLOS",
            f"none if {share} is none else ({share} * 100) | round(1)",
            unit_of_measurement="%",
            state_class="measurement",
        ),
        "drowsiness_state": _sensor(
            state,
            "Drowsiness",
            "value_json.drowsiness.state",
            device_class="enum",
            options=list(DROWSINESS),
        ),
        "zone": _sensor(state, "Looks to", zone, device_class="enum", options=list(ZONES)),
        "attention": _sensor(
            state,
            "Attention",
            f"none if {heed} is none else ({heed} * 100) | round(0)",
            unit_of_measurement="%",
            state_class="measurement",
        ),
    }


def _moods(root: str) -> dict[str, Component]:
    label = "(value_json.emotion | default({}, true)).label | default('unknown')"
    return {
        "emotion_dominant": _sensor(
            f"{root}/state", "Expression", label, device_class="enum", options=list(EMOTIONS)
        ),
        "valence": _sensor(
            f"{root}/emotion/summary",
            "Valence",
            # an empty message takes the window back: then there is no value_json
            "((value_json | default({})).valence | default({}, true)).mean | default(none)",
            state_class="measurement",
        ),
    }


def _diagnostics(root: str) -> dict[str, Component]:
    health = f"{root}/health"
    diagnostic = {"entity_category": "diagnostic", "enabled_by_default": False}
    return {
        "camera_fault": _binary(
            health,
            "Camera fault",
            "not value_json.camera.ok",
            device_class="problem",
            entity_category="diagnostic",
        ),
        "fps": _sensor(
            health,
            "Frames a second",
            "value_json.fps",
            unit_of_measurement="fps",
            state_class="measurement",
            **diagnostic,
        ),
        "cpu_temp": _sensor(
            health,
            "Temperature",
            "value_json.temp_c",
            device_class="temperature",
            unit_of_measurement="°C",
            state_class="measurement",
            **diagnostic,
        ),
    }


def _controls(root: str, *, emotion: bool) -> dict[str, Component]:
    switches = ["capture", "alerts", "buzzer", *(["emotion"] if emotion else [])]
    found: dict[str, Component] = {
        name: {
            "platform": "switch",
            "name": name.capitalize(),
            "command_topic": f"{root}/set/{name}",
            "state_topic": f"{root}/controls",
            "value_template": f"{{{{ 'ON' if value_json.{name} else 'OFF' }}}}",
            "entity_category": "config",
        }
        for name in switches
    }
    for name, what in (
        ("ack", "Acknowledge"),
        ("recalibrate", "Recalibrate"),
        ("restart", "Restart"),
    ):
        found[name] = {
            "platform": "button",
            "name": what,
            "command_topic": f"{root}/cmd/{name}",
            "payload_press": "{}",
        }
    found["restart"] |= {"device_class": "restart", "entity_category": "diagnostic"}
    found["microsleep_s"] = {
        "platform": "number",
        "name": "Microsleep after",
        "command_topic": f"{root}/set/microsleep_s",
        "state_topic": f"{root}/controls",
        "value_template": "{{ value_json.microsleep_s }}",
        "min": 1.0,
        "max": 2.0,
        "step": 0.1,
        "unit_of_measurement": "s",
        "entity_category": "config",
    }
    return found
