"""Home Assistant's device discovery: one retained message that makes a device of this appliance.

https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload (2024.11 and later).
``entities`` are what the device consists of there.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from edge.tell import messages as m
from edge.tell.entities import Entity, entities

LIMIT = 16 * 1024  # contract, rule 5


class Device(Struct, frozen=True):
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
        "origin": {"name": "Mien", "sw_version": device.version},
        "availability_topic": f"{root}/{m.AVAILABILITY}",
        "components": components(device),
    }
    return msgspec.json.encode(payload)


def components(device: Device) -> dict[str, Entity]:
    """Every entity by its name, complete but for what all share."""
    root = f"{device.base}/{device.name}"
    return {
        name: {
            "unique_id": f"{device.base}_{device.name}_{name}",
            "default_entity_id": f"{entity['platform']}.{device.name}_{name}",
            "object_id": f"{device.name}_{name}",  # before 2025.10; unheard from 2026.4 on
            **entity,
        }
        for name, entity in entities(root, emotion=device.emotion).items()
    }
