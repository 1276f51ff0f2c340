"""Topics, and the bytes on them. The only writer of bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from edge.tell.messages.attention import AttentionSummary
from edge.tell.messages.device import Controls, Health, Info, Log, Response
from edge.tell.messages.driver import Active, Calibration, Event, Metrics, State
from edge.tell.messages.emotion import EmotionSummary

if TYPE_CHECKING:
    from edge.tell.messages.head import Message

KINDS: dict[str, type[Message]] = {
    "info": Info,
    "state": State,
    "event": Event,
    "alerts/active": Active,
    "calibration": Calibration,
    "attention/summary": AttentionSummary,
    "emotion/summary": EmotionSummary,
    "health": Health,
    "controls": Controls,
    "rsp": Response,
    "metrics": Metrics,
    "log": Log,
}
"""Topic below ``<base>/<device>/`` -> the message that it carries."""

SCHEMA = {
    "info": "info/1.0",
    "state": "state/1.2",
    "event": "event/1.0",
    "alerts/active": "alerts_active/1.0",
    "calibration": "calibration/1.0",
    "attention/summary": "attention_summary/1.0",
    "emotion/summary": "emotion_summary/1.2",
    "health": "health/1.0",
    "controls": "controls/1.0",
    "rsp": "rsp/1.0",
    "metrics": "metrics/1.1",
    "log": "log/1.0",
}

AVAILABILITY = "availability"
RESPONSE = "rsp"

STALE_S = 90.0
"""Nothing for so long: what was last said is not how it is now, whatever it shows (rule 6)."""

PAYLOAD_LIMIT = 2048
"""Bytes of one message, at most (contract, rule 5). No picture fits."""

TEXT_LIMIT = 1024
"""Characters of one string, at most: base64 of anything worth seeing is longer."""


def encode(message: Message) -> bytes:
    """The bytes that go on the wire. Raises ``ValueError`` for what no message may be."""
    payload = msgspec.json.encode(message)
    if len(payload) > PAYLOAD_LIMIT:
        msg = f"{message.schema}: expected at most {PAYLOAD_LIMIT} bytes, got {len(payload)}"
        raise ValueError(msg)
    if len(payload) > TEXT_LIMIT and _longest(msgspec.to_builtins(message)) > TEXT_LIMIT:
        msg = f"{message.schema}: a string is longer than {TEXT_LIMIT} characters"
        raise ValueError(msg)
    return payload


def _longest(value: object) -> int:
    """Length of the longest string anywhere in plain data."""
    if isinstance(value, dict):
        return max(map(_longest, (*value.keys(), *value.values())), default=0)
    if isinstance(value, list):
        return max(map(_longest, value), default=0)
    return len(value) if isinstance(value, str) else 0


def decode(topic: str, payload: bytes) -> Message:
    """A message of ``topic`` (below the device). Raises ``KeyError``, ``msgspec.DecodeError``."""
    kind = RESPONSE if topic.startswith(f"{RESPONSE}/") else topic
    return msgspec.json.decode(payload, type=KINDS[kind])


def json_schemas() -> dict[str, Any]:
    """JSON Schema (2020-12) of every message, by topic, with shared ``$defs``."""
    schemas, parts = msgspec.json.schema_components(KINDS.values(), ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Mien MQTT messages",
        "topics": dict(zip(KINDS, schemas, strict=True)),
        "$defs": parts,
    }
