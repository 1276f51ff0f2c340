"""What is said of the device: what it is, how it is, how it is set, and its answers."""

from __future__ import annotations

import msgspec

from edge.tell.messages.head import Message


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
    """What this device does with pictures: nothing.

    ``page``: the page to aim by is open, which shows the picture for 15 minutes at most.
    """

    images_published: bool = False
    images_stored: bool = False
    identity: bool = False
    page: bool = False


class Info(Message, kw_only=True):
    """``info``, retained: what this device is. On connect and on change.

    ``config_hash``: of all settings but name, seat and login; ``params_hash``: of the rules. Two
    devices that are set alike have the same.
    """

    sw: Software
    hw: Hardware
    models: list[ModelInfo]
    profile: str
    privacy: Privacy
    capabilities: list[str]
    config_hash: str
    params_hash: str
    topics_version: int = 1


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
    """Whether pictures come that show something."""

    ok: bool


class Health(Message, kw_only=True):
    """``health``, retained: every 30 s, and when a fault comes or goes.

    ``degrade_step``: what has been given up for heat or a weak supply: 0 nothing, 1 expression,
    2 and half of the looks, 3 and frames. ``faults``: by name, see docs/appliance.md.
    """

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
    undervolt: bool | None = None
    degrade_step: int = 0


class Controls(Message, kw_only=True):
    """``controls``, retained: the switches as they stand, and what Home Assistant may set.

    ``emotion`` is there only where the owner allows it.
    """

    capture: bool
    alerts: bool
    buzzer: bool
    microsleep_s: float
    emotion: bool | msgspec.UnsetType = msgspec.UNSET


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


class Log(Message, kw_only=True):
    """``log``: warnings and errors, as the journal has them. ``code`` is the module."""

    level: str
    code: str
    msg: str
