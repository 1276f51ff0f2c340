"""One night drive as messages: the examples of the API page, and the golden files.

``python -m tests.tell.examples`` writes ``tests/tell/golden`` anew.
"""

from __future__ import annotations

from itertools import count
from pathlib import Path

import msgspec
from msgspec.structs import replace

from edge.tell import messages as m
from edge.tell.report import Identity, Reporter, Said
from edge.types import (
    NS,
    Alert,
    AttentionIndex,
    Evidence,
    Eyes,
    Level,
    Mood,
    MoodSummary,
    Person,
    Pose,
    Spread,
    Step,
)

GOLDEN = Path(__file__).with_name("golden")
START_NS = 1_795_365_001_120_000_000  # 2026-11-22T16:30:01.120Z
WHO = Identity(
    device="pi_7c1f3a",
    boot_id="b3f0a1c2",
    params_hash="71aa02c4",
    emotion=True,
    emotion_model="1.0",
)
DOZING = Alert(
    episode=1,
    rev=1,
    change="new",
    type="microsleep",
    level=Level.WARNING,
    before=Level.NONE,
    after=Level.WARNING,
    start_ns=8 * NS,
    t_ns=9 * NS + NS // 2,
    evidence=Evidence(max_closed_ms=1510, perclos60=0.21, valid_ratio=0.97, fps=22.4),
)
NODDING_OFF = replace(DOZING, rev=2, change="update", before=Level.WARNING, t_ns=10 * NS)
AWAKE_AGAIN = replace(
    NODDING_OFF,
    rev=3,
    change="end",
    after=Level.NONE,
    t_ns=12 * NS,
    end_ns=12 * NS,
    reason="eyes_open",
)
CALM = Mood("neutral", 0.71, (0.71, *(0.29 / 7,) * 7), -0.08, 0.07)
DRIVING = Step(
    t_ns=9 * NS + NS // 2,
    level=Level.WARNING,
    faces=1,
    track=3,
    confidence=0.94,
    light="ok",
    drowsiness="microsleep",
    eyes=Eyes(openness=0.04, shut=True, closed_ms=1510, perclos60=0.163, perclos180=0.118),
    pose=Pose(-2.1, -4.0, 0.8),
    mood=CALM,
    people=(
        Person(
            track=3,
            mood=CALM,
            actions=(0.1, 0.0, 0.04, 0.0, 0.22, 0.0, 0.0, 0.0, 0.31, 0.0, 0.0, 0.0, 0.0, None, 0.0),
            actions_trusted=(*(True,) * 13, False, True),
            calm=0.55,
            worried=0.06,
            confused=0.02,
            attitude="indifferent",
            attention=AttentionIndex(0.81, 0.9, None, 0.9),
        ),
    ),
    active=(DOZING,),
    changes=(DOZING,),
)
MINUTE = MoodSummary(
    start_ns=0,
    end_ns=60 * NS,
    valid_s=51.2,
    looks=128,
    dominant="neutral",
    confidence=0.71,
    share={"neutral": 0.7, "happy": 0.25, "uncertain": 0.05},
    valence=Spread(0.12, 0.18),
    arousal=Spread(-0.05, 0.11),
    transitions=4,
    seen_s=51.2,
    unseen=8.8 / 60,
    valence_trend=-0.03,
    attitude="indifferent",
    calm=0.55,
    worried=0.06,
    confused=0.02,
    attention=AttentionIndex(0.81, 0.9, None, 0.9),
)


def reporter() -> Reporter:
    """A reporter whose clock starts at ``START_NS`` and whose episodes have names one can read."""
    numbers = count(1)
    return Reporter(
        WHO,
        lambda t_ns: START_NS + t_ns,
        lambda: True,
        lambda _: f"01JD8Z3K9Q6X2R{next(numbers):012}",
    )


def night_drive() -> list[Said]:
    """Everything that is said of a microsleep, from its beginning to its end."""
    tell = reporter()
    said = [_info(tell)]
    said += tell(DRIVING, 22.4)
    said += tell(
        replace(DRIVING, t_ns=10 * NS, active=(NODDING_OFF,), changes=(NODDING_OFF,)), 22.4
    )
    awake = Eyes(openness=0.95, shut=False, perclos60=0.163, perclos180=0.118)
    calm = replace(DRIVING, level=Level.NONE, drowsiness="awake", eyes=awake, active=())
    said += tell(replace(calm, t_ns=12 * NS, changes=(AWAKE_AGAIN,)), 22.4)
    said += tell(
        replace(calm, t_ns=60 * NS, changes=(), summaries=(MINUTE, replace(MINUTE, track=3))), 22.4
    )
    tell.settle(WHO, muted=False, metrics_hz=2)
    said += [one for one in tell(replace(calm, t_ns=61 * NS, changes=())) if one.topic == "metrics"]
    return [*said, _health(tell), _controls(tell), _log(tell)]


def answers() -> list[Said]:
    """An answer to a command that was carried out, and to one that was not."""
    tell = reporter()
    done = m.Response(
        **tell.head("rsp", 0),
        status="ok",
        transaction="7",
        data={"rules.drowsiness.microsleep_s": 1.4, "effective": "at once"},
        error=None,
    )
    problem = m.Problem(code="forbidden", msg="camera.source: cannot be set over MQTT")
    refused = m.Response(
        **tell.head("rsp", 0), status="error", transaction="8", data={}, error=problem
    )
    return [Said("rsp/set_config", message, retain=False) for message in (done, refused)]


def golden() -> dict[str, bytes]:
    """File name -> what it must hold."""
    files: dict[str, bytes] = {}
    for said in (*night_drive(), *answers()):
        name = said.topic.replace("/", "_")
        if isinstance(said.message, m.Event):
            name += f"_{said.message.change}"
        if isinstance(said.message, m.Response):
            name = f"rsp_{said.message.status}"
        files[f"{name}.json"] = msgspec.json.format(m.encode(said.message), indent=1) + b"\n"
    return files


def topic_of(name: str) -> str:
    """The topic below the device that a golden file belongs to."""
    stem = name.removesuffix(".json")
    return next(topic for topic in m.KINDS if stem.startswith(topic.replace("/", "_")))


def _info(tell: Reporter) -> Said:
    model = m.ModelInfo(role="detector", version="1.0", sha256="0" * 64, license="Apache-2.0")
    message = m.Info(
        **tell.head("info", 0),
        sw=m.Software(version="1.0.0", python="3.11.2", runtime="ai-edge-litert 2.1.6"),
        hw=m.Hardware(model="Raspberry Pi 4 Model B", camera="picamera2"),
        models=[model],
        profile="vehicle",
        privacy=m.Privacy(),
        capabilities=["drowsiness", "attention_summary", "emotion_summary"],
        config_hash="9d2e11f0",
        params_hash=WHO.params_hash,
    )
    return Said("info", message, retain=True)


def _health(tell: Reporter) -> Said:
    message = m.Health(
        **tell.head("health", 60 * NS),
        uptime_s=60,
        fps=22.4,
        frame_age_ms=38.0,
        lat_ms=m.Latency(e2e_p50=41.0, e2e_p95=63.0),
        cpu_ms={"detector": 8.1, "landmarks": 17.3},
        dropped=12,
        cpu_pct=142.0,
        rss_mb=188.0,
        temp_c=61.2,
        throttled="0x0",
        mqtt=m.MqttHealth(connected=True, queued=0, dropped=0, reconnects=1),
        camera=m.CameraHealth(ok=True),
        faults=[],
        undervolt=False,
        degrade_step=0,
    )
    return Said("health", message, retain=True, qos=0)


def _controls(tell: Reporter) -> Said:
    message = m.Controls(
        **tell.head("controls", 61 * NS),
        capture=True,
        alerts=True,
        emotion=True,
        buzzer=True,
        microsleep_s=1.5,
    )
    return Said("controls", message, retain=True)


def _log(tell: Reporter) -> Said:
    head = tell.head("log", 61 * NS)
    message = m.Log(**head, level="warning", code="edge.device.video", msg="camera: no picture")
    return Said("log", message, retain=False, qos=0)


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for each, content in golden().items():
        (GOLDEN / each).write_bytes(content)
