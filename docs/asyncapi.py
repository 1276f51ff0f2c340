"""``asyncapi.yaml``: the contract for programs."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import yaml

from docs.topics import IN_SET, OUT, first_line
from edge import __version__
from edge.tell import messages as m
from edge.tell import requests as r
from edge.tell import schema as of_types


def document() -> str:
    """``asyncapi.yaml``: AsyncAPI 3.0, from the device's side."""
    asked, parts = msgspec.json.schema_components(
        [*r.COMMANDS.values(), r.Vehicle], ref_template="#/components/schemas/{name}"
    )
    asked, parts, told = json.loads(
        of_types.level(json.dumps([asked, parts, m.json_schemas()["$defs"]])).replace(
            "#/$defs/", "#/components/schemas/"
        )
    )
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    for topic, (qos, retained, when) in OUT.items():
        address = f"{{base}}/{{device}}/{topic}" + ("/{name}" if topic == "rsp" else "")
        payload: dict[str, Any] = {"type": "string", "enum": ["online", "offline"]}
        if topic in m.KINDS:
            payload = {"$ref": f"#/components/schemas/{m.KINDS[topic].__name__}"}
        _channel(channels, operations, topic, address, payload, "send", when, qos, retained)
    for (name, kind), schema in zip(r.COMMANDS.items(), asked, strict=False):
        address = f"{{base}}/{{device}}/cmd/{name}"
        when = first_line(kind)
        _channel(channels, operations, f"cmd/{name}", address, schema, "receive", when, 1, False)
    for name, what in IN_SET.items():
        address, payload = f"{{base}}/{{device}}/set/{name}", {"type": "string"}
        _channel(channels, operations, f"set/{name}", address, payload, "receive", what, 1, False)
    vehicle = "{base}/{device}/input/vehicle"
    _channel(
        channels, operations, "input/vehicle", vehicle, asked[-1], "receive", "speed", 0, False
    )
    made = {
        "asyncapi": "3.0.0",
        "info": {"title": "Mien", "version": __version__, "license": {"name": "see LICENSE"}},
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"schemas": told | parts},
    }
    return yaml.safe_dump(made, sort_keys=False, allow_unicode=True, width=100)


def _channel(
    channels: dict[str, Any],
    operations: dict[str, Any],
    topic: str,
    address: str,
    payload: dict[str, Any],
    action: str,
    what: str,
    qos: int,
    retained: bool,  # noqa: FBT001 - a column of the table above
) -> None:
    name = topic.replace("/", "_")
    parameters: dict[str, Any] = {"base": {"default": "mien"}, "device": {}}
    if "{name}" in address:
        parameters["name"] = {}
    channels[name] = {
        "address": address,
        "parameters": parameters,
        "messages": {name: {"payload": payload}},
    }
    operations[f"{action}_{name}"] = {
        "action": action,
        "channel": {"$ref": f"#/channels/{name}"},
        "summary": what,
        "bindings": {"mqtt": {"qos": qos, "retain": retained}},
    }
