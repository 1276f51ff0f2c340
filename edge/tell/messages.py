"""The MQTT contract as types. Field by field what a subscriber gets; None means "not known".

Every message is JSON with the head of ``Message``. ``schema`` is name/major.minor: minor versions
only add fields. The JSON Schemas in ``tell/schema.json`` are made from these types.
"""

from __future__ import annotations

from typing import Any

import msgspec


class Message(msgspec.Struct, kw_only=True):
    """Head of every message: who, when (UTC, and ms on the device's own clock), which in a row."""

    schema: str
    dev: str
    ts: str
    mono_ms: int
    boot_id: str
    seq: int
    time_synced: bool


class Software(msgspec.Struct, kw_only=True):
    """Versions of what runs."""

    version: str
    python: str
    runtime: str


class Hardware(msgspec.Struct, kw_only=True):
    """The board, and where its pictures come from."""

    model: str | None
    camera: str


class ModelInfo(msgspec.Struct, kw_only=True):
    """A network in use."""

    role: str
    version: str
    sha256: str
    license: str


class Privacy(msgspec.Struct, kw_only=True):
    """What this device does with pictures (nothing) and with emotion."""

    images_published: bool = False
    images_stored: bool = False
    identity: bool = False


class Info(Message, kw_only=True):
    """``info``, retained: what this device is. On connect and on change."""

    sw: Software
    hw: Hardware
    models: list[ModelInfo]
    profile: str
    privacy: Privacy
    capabilities: list[str]
    config_hash: str
    params_hash: str
    topics_version: int = 1


class Subject(msgspec.Struct, kw_only=True):
    """The person who is judged."""

    present: bool
    track: int | None
    faces: int
    confidence: float | None


class Drowsiness(msgspec.Struct, kw_only=True):
    """Eyes over time. PERCLOS as a share, 0..1; times in ms.

    ``kss_est``: Karolinska Sleepiness Scale, 5 (or less) to 9; an estimate that is not validated.
    """

    state: str
    perclos60: float | None
    perclos180: float | None
    blink_ms_mean: float | None
    long_blink_share: float | None
    eyes_closed_ms: int
    openness: float | None
    kss_est: int | None = None


class Distraction(msgspec.Struct, kw_only=True):
    """Where the head points: zone, how long away from the road, and how much of the last 30 s."""

    state: str
    zone: str | None
    off_forward_ms: int
    vats_s: float | None


class HeadPose(msgspec.Struct, kw_only=True):
    """Degrees: yaw > 0 to the subject's left, pitch > 0 up, roll > 0 clockwise."""

    yaw: float
    pitch: float
    roll: float


class Expression(msgspec.Struct, kw_only=True):
    """The shown expression; ``uncertain`` where no emotion stands out."""

    label: str
    confidence: float


class State(Message, kw_only=True, omit_defaults=True):
    """``state``, retained: the latest picture. On change, at most 2 a second, else every 30 s.

    ``emotion`` is there only where the profile allows it.
    """

    subject: Subject
    light: str | None
    degraded: list[str]
    calibration: str
    level: int
    drowsiness: Drowsiness
    distraction: Distraction
    pose: HeadPose | None
    speed_kmh: float | None
    speed_band: str
    fps: float | None
    emotion: Expression | msgspec.UnsetType | None = msgspec.UNSET


class Calibration(Message, kw_only=True):
    """``calibration``, retained: what is known of the driver's own face. On change.

    ``state``: uncalibrated, collecting, ready or stale (in use, about to be replaced). ``progress``
    0..1; ``ear_open``, ``ear_shut``: eye aspect ratios in use; ``yaw``, ``pitch``: where straight
    ahead is, degrees of the camera; ``reason``: why it was refused or begun afresh.
    """

    state: str
    progress: float
    ear_open: float | None
    ear_shut: float | None
    yaw: float | None
    pitch: float | None
    reason: str | None


class Evidence(msgspec.Struct, kw_only=True):
    """What an alert rests on."""

    max_closed_ms: int | None
    perclos60: float | None
    valid_ratio: float | None
    fps: float | None


class LevelOnly(msgspec.Struct, kw_only=True):
    """The level of the whole device, before or after a change."""

    level: int


class Event(Message, kw_only=True):
    """``event``: one change of an alert episode. ``id`` is a ULID; (``id``, ``rev``) is unique.

    ``late``: it waited for the broker, for ``age_ms``.
    """

    id: str
    rev: int
    change: str
    type: str
    level: int
    start_ts: str
    end_ts: str | None
    duration_ms: int
    reason: str | None
    evidence: Evidence
    before: LevelOnly
    after: LevelOnly
    params_hash: str
    ack: str | None = None
    late: bool = False
    age_ms: int = 0


class OpenEpisode(msgspec.Struct, kw_only=True):
    """An episode that is open now."""

    id: str
    type: str
    level: int
    start_ts: str


class Active(Message, kw_only=True):
    """``alerts/active``, retained: every open episode; an empty list when there is none."""

    alerts: list[OpenEpisode]


class MeanSd(msgspec.Struct, kw_only=True):
    """Mean and standard deviation over the window, weighted by time."""

    mean: float
    sd: float


class EmotionSummary(Message, kw_only=True):
    """``emotion/summary``, retained: shares by time over a window; unseen time is in none."""

    window_s: float
    valid_s: float
    frames: int
    dominant: str | None
    confidence: float | None
    share: dict[str, float]
    valence: MeanSd | None
    arousal: MeanSd | None
    transitions: int
    model: str


class Latency(msgspec.Struct, kw_only=True):
    """Milliseconds from the sensor to the end of telling, median and 95th percentile."""

    e2e_p50: float | None
    e2e_p95: float | None


class MqttHealth(msgspec.Struct, kw_only=True):
    """The connection, and what waits for it."""

    connected: bool
    queued: int
    dropped: int
    reconnects: int


class CameraHealth(msgspec.Struct, kw_only=True):
    """Whether pictures come."""

    ok: bool


class Health(Message, kw_only=True):
    """``health``, retained: every 30 s and on a fault."""

    uptime_s: int
    fps: float | None
    frame_age_ms: float | None
    lat_ms: Latency
    cpu_ms: dict[str, float]
    dropped: int
    cpu_pct: float | None
    rss_mb: float
    temp_c: float | None
    throttled: str | None
    mqtt: MqttHealth
    camera: CameraHealth
    faults: list[str]


class Controls(Message, kw_only=True):
    """``controls``, retained: the switches as they stand, and what Home Assistant may set."""

    capture: bool
    alerts: bool
    emotion: bool
    buzzer: bool
    microsleep_s: float


class Problem(msgspec.Struct, kw_only=True):
    """Why a request was not carried out. ``code`` is for programs, ``msg`` for people."""

    code: str
    msg: str


class Response(Message, kw_only=True):
    """``rsp/<name>``: the answer to one command. ``status``: ok or error."""

    status: str
    transaction: str | None
    data: dict[str, bool | int | float | str | None]
    error: Problem | None


class Metrics(Message, kw_only=True):
    """``metrics``: the raw signals, 1 to 5 a second where they are asked for (off by default)."""

    openness: float | None
    perclos60: float | None
    perclos180: float | None
    yaw: float | None
    pitch: float | None
    roll: float | None
    fps: float | None


class Log(Message, kw_only=True):
    """``log``: warnings and errors, as the journal has them. ``code`` is the module."""

    level: str
    code: str
    msg: str


KINDS: dict[str, type[Message]] = {
    "info": Info,
    "state": State,
    "event": Event,
    "alerts/active": Active,
    "calibration": Calibration,
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
    "state": "state/1.0",
    "event": "event/1.0",
    "alerts/active": "alerts_active/1.0",
    "calibration": "calibration/1.0",
    "emotion/summary": "emotion_summary/1.0",
    "health": "health/1.0",
    "controls": "controls/1.0",
    "rsp": "rsp/1.0",
    "metrics": "metrics/1.0",
    "log": "log/1.0",
}

AVAILABILITY = "availability"
RESPONSE = "rsp"


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
