"""Run by Home Assistant's own Python: do its own schemas take our entities, and refuse bad ones?

Reads a device discovery payload from stdin, prints ``{"entity": "error or empty"}``. What the
device shares is put into each entity, as Home Assistant does; from 2024.11 on it has a schema of
the device as a whole as well, whose word is under ``device``.
"""

import asyncio
import importlib
import importlib.util
import json
import os
import sys
import tempfile

import voluptuous as vol
from homeassistant.core import HomeAssistant
from homeassistant.helpers import frame

SHARED = ("device", "origin", "availability_topic")


def verdict(entity: dict[str, object], shared: dict[str, object]) -> str:
    entity = dict(entity)
    module = importlib.import_module(f"homeassistant.components.mqtt.{entity.pop('platform')}")
    try:
        module.DISCOVERY_SCHEMA({**shared, **entity})
    except vol.Invalid as error:
        return str(error)
    return ""


def whole(payload: dict[str, object]) -> str:
    schemas = importlib.import_module("homeassistant.components.mqtt.schemas")
    try:
        schemas.DEVICE_DISCOVERY_SCHEMA(payload)
    except vol.Invalid as error:
        return str(error)
    return ""


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        if hasattr(frame, "async_setup"):  # templates want to know who uses them
            frame.async_setup(HomeAssistant(folder))
        payload = json.load(sys.stdin)
        common = {key: payload[key] for key in SHARED}
        verdicts = {name: verdict(e, common) for name, e in payload["components"].items()}
        if importlib.util.find_spec("homeassistant.components.mqtt.schemas"):
            verdicts["device"] = whole(payload)
    print(json.dumps(verdicts), flush=True)
    os._exit(0)  # a Home Assistant that never ran need not be stopped


asyncio.run(main())
