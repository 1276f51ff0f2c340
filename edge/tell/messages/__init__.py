"""The MQTT contract as types. Field by field what a subscriber gets; None means "not known".

Every message is JSON with the head of ``Message``. ``schema`` is name/major.minor: minor versions
only add fields. The JSON Schemas in ``tell/schema.json`` are made from these types.

``head`` is what all have in common; ``driver``, ``attention``, ``emotion`` and ``device`` are what
is spoken of;
``wire`` has the topics and makes the bytes.
"""

from edge.tell.messages.attention import AttentionParts, AttentionSummary, FaceAttention
from edge.tell.messages.device import (
    CameraHealth,
    Controls,
    Hardware,
    Health,
    Info,
    Latency,
    Log,
    ModelInfo,
    MqttHealth,
    Privacy,
    Problem,
    Response,
    Software,
)
from edge.tell.messages.driver import (
    Active,
    Calibration,
    Distraction,
    Drowsiness,
    Event,
    Evidence,
    HeadPose,
    LevelOnly,
    Metrics,
    OpenEpisode,
    State,
    Subject,
)
from edge.tell.messages.emotion import (
    Derived,
    EmotionSummary,
    Expression,
    FaceEmotion,
    MeanSd,
)
from edge.tell.messages.head import Message
from edge.tell.messages.wire import (
    AVAILABILITY,
    KINDS,
    PAYLOAD_LIMIT,
    RESPONSE,
    SCHEMA,
    STALE_S,
    TEXT_LIMIT,
    decode,
    encode,
    json_schemas,
)

__all__ = [
    "AVAILABILITY",
    "KINDS",
    "PAYLOAD_LIMIT",
    "RESPONSE",
    "SCHEMA",
    "STALE_S",
    "TEXT_LIMIT",
    "Active",
    "AttentionParts",
    "AttentionSummary",
    "Calibration",
    "CameraHealth",
    "Controls",
    "Derived",
    "Distraction",
    "Drowsiness",
    "EmotionSummary",
    "Event",
    "Evidence",
    "Expression",
    "FaceAttention",
    "FaceEmotion",
    "Hardware",
    "HeadPose",
    "Health",
    "Info",
    "Latency",
    "LevelOnly",
    "Log",
    "MeanSd",
    "Message",
    "Metrics",
    "ModelInfo",
    "MqttHealth",
    "OpenEpisode",
    "Privacy",
    "Problem",
    "Response",
    "Software",
    "State",
    "Subject",
    "decode",
    "encode",
    "json_schemas",
]
