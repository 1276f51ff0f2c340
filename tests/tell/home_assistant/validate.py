"""Run by Home Assistant's own Python: do its own schemas take our entities, and refuse bad ones?

Reads a device discovery payload from stdin, prints ``{"entity": "error or empty"}``. Home Assistant
before 2024.11 knows an entity only by itself, so what the device shares is put into each, as
later versions do.
"""

import importlib
import json
import sys

import voluptuous as vol

SHARED = ("device", "origin", "availability_topic")


def verdict(entity: dict[str, object], shared: dict[str, object]) -> str:
    entity = dict(entity)
    module = importlib.import_module(f"homeassistant.components.mqtt.{entity.pop('platform')}")
    try:
        module.DISCOVERY_SCHEMA({**shared, **entity})
    except vol.Invalid as error:
        return str(error)
    return ""


payload = json.load(sys.stdin)
common = {key: payload[key] for key in SHARED}
print(json.dumps({name: verdict(e, common) for name, e in payload["components"].items()}))
