"""What Home Assistant shows of this device: sensors, switches, buttons and the alerts.

Templates read the messages of ``messages``; what is null there is "unknown" in Home Assistant.
"""

from __future__ import annotations

from typing import Any

EXPIRE_S = 90
"""A process that hangs shows as unavailable even if its connection lives (contract, rule 6)."""

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
    *("mirror_inner", "mirror_left", "mirror_right", "cluster", "unknown"),
)
EMOTIONS = (
    *("neutral", "happy", "surprise", "sad", "anger", "disgust", "fear", "contempt"),
    *("uncertain", "unknown"),
)

SWITCHES = {
    "capture": "mdi:camera",
    "alerts": "mdi:bell-outline",
    "buzzer": "mdi:volume-high",
    "emotion": "mdi:emoticon-outline",
}
"""What can be switched, and the icon for it."""

Entity = dict[str, Any]


def entities(root: str, *, emotion: bool) -> dict[str, Entity]:
    """All of them by name, for the device whose topics are below ``root``."""
    return (
        _warnings(root)
        | _readings(root)
        | (_moods(root) if emotion else {})
        | _diagnostics(root)
        | _controls(root, emotion=emotion)
    )


def _binary(topic: str, name: str, truth: str, **more: Any) -> Entity:
    return {
        "platform": "binary_sensor",
        "name": name,
        "state_topic": topic,
        "value_template": f"{{{{ 'ON' if {truth} else 'OFF' }}}}",
        "expire_after": EXPIRE_S,
        **more,
    }


def _sensor(topic: str, name: str, value: str, **more: Any) -> Entity:
    return {
        "platform": "sensor",
        "name": name,
        "state_topic": topic,
        "value_template": f"{{{{ {value} }}}}",
        "expire_after": EXPIRE_S,
        **more,
    }


def _warnings(root: str) -> dict[str, Entity]:
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
            state,
            "Somebody there",
            "value_json.subject.present",
            device_class="occupancy",
            icon="mdi:account",
        ),
        "alert": {
            "platform": "event",
            "name": "Alert",
            "icon": "mdi:alert-octagon-outline",
            "state_topic": f"{root}/event",
            "event_types": list(ALERT_TYPES),
            "value_template": event,
        },
    }


def _readings(root: str) -> dict[str, Entity]:
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
            icon="mdi:shield-alert-outline",
        ),
        "perclos": _sensor(
            state,
            "PERCLOS",
            f"none if {share} is none else ({share} * 100) | round(1)",
            unit_of_measurement="%",
            state_class="measurement",
            suggested_display_precision=0,
            icon="mdi:eye-outline",
        ),
        "drowsiness_state": _sensor(
            state,
            "Drowsiness",
            "value_json.drowsiness.state",
            device_class="enum",
            options=list(DROWSINESS),
            icon="mdi:sleep",
        ),
        "zone": _sensor(
            state,
            "Looks to",
            zone,
            device_class="enum",
            options=list(ZONES),
            icon="mdi:compass-outline",
        ),
        "attention": _sensor(
            state,
            "Attention",
            f"none if {heed} is none else ({heed} * 100) | round(0)",
            unit_of_measurement="%",
            state_class="measurement",
            icon="mdi:target",
        ),
    }


def _moods(root: str) -> dict[str, Entity]:
    label = "(value_json.emotion | default({}, true)).label | default('unknown')"
    return {
        "emotion_dominant": _sensor(
            f"{root}/state",
            "Expression",
            label,
            device_class="enum",
            options=list(EMOTIONS),
            icon="mdi:emoticon-outline",
        ),
        "valence": _sensor(
            f"{root}/emotion/summary",
            "Valence",
            # an empty message takes the window back: then there is no value_json
            "((value_json | default({})).valence | default({}, true)).mean | default(none)",
            state_class="measurement",
            suggested_display_precision=2,
            icon="mdi:emoticon-happy-outline",
        ),
    }


def _diagnostics(root: str) -> dict[str, Entity]:
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
            suggested_display_precision=1,
            icon="mdi:filmstrip",
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


def _controls(root: str, *, emotion: bool) -> dict[str, Entity]:
    switches = [name for name in SWITCHES if emotion or name != "emotion"]
    found: dict[str, Entity] = {
        name: {
            "platform": "switch",
            "name": name.capitalize(),
            "icon": SWITCHES[name],
            "command_topic": f"{root}/set/{name}",
            "state_topic": f"{root}/controls",
            "value_template": f"{{{{ 'ON' if value_json.{name} else 'OFF' }}}}",
            "entity_category": "config",
        }
        for name in switches
    }
    for name, what, icon in (
        ("ack", "Acknowledge", "mdi:check"),
        ("recalibrate", "Recalibrate", "mdi:eye-refresh-outline"),
        ("restart", "Restart", "mdi:restart"),
    ):
        found[name] = {
            "platform": "button",
            "name": what,
            "icon": icon,
            "command_topic": f"{root}/cmd/{name}",
            "payload_press": "{}",
        }
    found["restart"] |= {"device_class": "restart", "entity_category": "diagnostic"}
    found["microsleep_s"] = {
        "platform": "number",
        "name": "Microsleep after",
        "icon": "mdi:timer-outline",
        "command_topic": f"{root}/set/microsleep_s",
        "state_topic": f"{root}/controls",
        "value_template": "{{ value_json.microsleep_s }}",
        "min": 1.0,
        "max": 2.0,
        "step": 0.1,
        "unit_of_measurement": "s",
        "mode": "box",
        "entity_category": "config",
    }
    return found
