"""The loop: frames -> observations -> steps -> messages, and the watchdog fed by each.

``mien run`` and the demo are this and nothing else.
"""

from __future__ import annotations

import logging
import platform
import statistics
import time
from collections import deque
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from hashlib import sha256
from logging.handlers import QueueHandler
from queue import SimpleQueue
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import msgspec

from edge import __version__, pipeline, recording
from edge.commands.conversation import Conversation
from edge.commands.room import Room
from edge.device import camera, health, watchdog
from edge.device.buzzer import Signal
from edge.see.sight import Sight
from edge.tell import messages as m
from edge.tell.mqtt import Publisher
from edge.tell.report import HEARTBEAT_NS, Identity, Reporter, Said
from edge.types import NS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from edge.commands.desk import Data, Desk
    from edge.config import Config
    from edge.see.runtime import ModelFile
    from edge.types import Frame, Step

LOG_LIMIT = 500
"""Characters of a warning that are said; the journal has all of it."""

RECENT = 300
"""Frames over which fps and latency are said."""


class Pulse:
    """What the loop itself has to say about its health."""

    def __init__(self, see: Sight, now_ns: Callable[[], int]) -> None:
        """Start counting now."""
        self._see = see
        self._now_ns = now_ns
        self._started_ns = now_ns()
        self._said_ns = self._started_ns - HEARTBEAT_NS
        self._cpu_ns, self._cpu_at_ns = time.process_time_ns(), self._started_ns
        self._latency_ms: deque[float] = deque(maxlen=RECENT)
        self._times_ns: deque[int] = deque(maxlen=RECENT)
        self.dropped = 0

    def count(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        """Pass frames on and count the ones that were skipped."""
        for frame in frames:
            self.dropped += frame.dropped
            yield frame

    def beat(self, t_ns: int) -> None:
        """One frame, taken at ``t_ns``, has been worked through."""
        self._times_ns.append(t_ns)
        self._latency_ms.append((self._now_ns() - t_ns) / 1e6)

    @property
    def fps(self) -> float | None:
        """Frames a second, over the last ``RECENT`` at the most."""
        if len(self._times_ns) < 2 or self._times_ns[-1] <= self._times_ns[0]:
            return None
        return (len(self._times_ns) - 1) * NS / (self._times_ns[-1] - self._times_ns[0])

    def due(self) -> bool:
        """Whether it is time to say ``health`` again."""
        return self._now_ns() - self._said_ns >= HEARTBEAT_NS

    def costs(self) -> Data:
        """CPU milliseconds a frame by stage, and how long a frame takes to be told of."""
        late = sorted(self._latency_ms)
        found: Data = {f"cpu_ms.{stage}": ms for stage, ms in self._cpu_ms().items()}
        found["frames"] = len(late)
        found["fps"] = None if self.fps is None else round(self.fps, 1)
        found["e2e_p50_ms"] = round(statistics.median(late), 1) if late else None
        return found

    def _cpu_ms(self) -> dict[str, float]:
        return {
            stage: round(ns / 1e6 / max(1, self._see.calls[stage]), 2)
            for stage, ns in self._see.cpu_ns.items()
        }

    def health(self, reporter: Reporter, t_ns: int, broker: m.MqttHealth) -> Said:
        """The ``health`` message."""
        now_ns, cpu_ns = self._now_ns(), time.process_time_ns()
        spent, passed = cpu_ns - self._cpu_ns, now_ns - self._cpu_at_ns
        self._said_ns = self._cpu_at_ns = now_ns
        self._cpu_ns = cpu_ns
        late = sorted(self._latency_ms)
        message = m.Health(
            **reporter.head("health", t_ns),
            uptime_s=(now_ns - self._started_ns) // NS,
            fps=None if self.fps is None else round(self.fps, 1),
            frame_age_ms=round(self._latency_ms[-1], 1) if late else None,
            lat_ms=m.Latency(
                e2e_p50=round(statistics.median(late), 1) if late else None,
                e2e_p95=round(late[int(0.95 * (len(late) - 1))], 1) if late else None,
            ),
            cpu_ms=self._cpu_ms(),
            dropped=self.dropped,
            cpu_pct=round(100 * spent / passed, 1) if passed else None,
            rss_mb=round(health.rss_mb(), 1),
            temp_c=health.temperature_c(),
            throttled=health.throttled(),
            mqtt=broker,
            camera=m.CameraHealth(ok=True),
            faults=[],
        )
        return Said("health", message, retain=True, qos=0)


def serve(
    desk: Desk, models: dict[str, ModelFile], record: Path | None, state: Path | None
) -> bool:
    """Work until the camera ends, or until asked to restart: then true.

    ``state``: the folder for what must outlive the process. Raises what cannot be answered
    here: systemd is the retry.
    """
    config = replace(desk.config, emotion=desk.emotion)
    identity = _identity(config, models)
    see = Sight.load(models, config.see, emotion=identity.emotion, clock=time.thread_time_ns)
    reporter = Reporter(identity, _wall_clock(config), health.clock_synced)
    pulse = Pulse(see, time.monotonic_ns)
    with ExitStack() as stack:
        signal = stack.enter_context(Signal(config.board))
        out = stack.enter_context(Publisher(config.mqtt, config.device, state))
        stack.callback(watchdog.stopping)
        grumbling: SimpleQueue[logging.LogRecord] = SimpleQueue()
        stack.enter_context(_overheard(grumbling))
        facts = {"bench": pulse.costs, "self_test": lambda: _self_test(pulse, out, see)}
        talk = Conversation(desk, out, reporter.head, state, facts)
        room = Room(config.camera, reporter, out, talk)
        frames = stack.enter_context(closing(room.frames()))
        talk.changed.append(lambda desk: _settle(desk, reporter, identity))
        _settle(desk, reporter, identity)
        observations = talk.witness(pipeline.observe(pulse.count(frames), see))
        if record is not None:
            file = stack.enter_context(record.open("wb"))
            observations = recording.record(observations, file, __version__)
        try:
            for step in pipeline.judge(observations, talk.rules):
                _sound(
                    step, signal, muted=not talk.desk.kept.controls.buzzer
                )  # before anything that could wait for a network
                if room.step is None:
                    head = reporter.head("info", step.t_ns)
                    out.publish(_info(config, models, identity, see.runtime, head))
                room.step = step
                _tell(step, reporter, pulse, out)
                for said in _grumbled(grumbling, reporter, step.t_ns):
                    out.publish(said)
                talk(step.t_ns)
        finally:  # however it ends, no episode stays open
            room.farewell()
        return talk.desk.restart


def _tell(step: Step, reporter: Reporter, pulse: Pulse, out: Publisher) -> None:
    """Say what there is to say, then tell systemd that this frame has been worked through."""
    pulse.beat(step.t_ns)
    for said in reporter(step, pulse.fps):
        out.publish(said)
    if pulse.due():
        out.publish(pulse.health(reporter, step.t_ns, out.health))
    out.tend()
    watchdog.alive()


@contextmanager
def _overheard(queue: SimpleQueue[logging.LogRecord]) -> Iterator[None]:
    """What is logged as a warning or worse is put into ``queue`` as well."""
    handler = QueueHandler(queue)
    handler.setLevel(logging.WARNING)
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)


def _grumbled(
    queue: SimpleQueue[logging.LogRecord], reporter: Reporter, t_ns: int
) -> Iterator[Said]:
    while not queue.empty():
        record = queue.get_nowait()
        message = m.Log(
            **reporter.head("log", t_ns),
            level=record.levelname.lower(),
            code=record.name,
            msg=record.getMessage()[:LOG_LIMIT],
        )
        yield Said("log", message, retain=False, qos=0)


def _settle(desk: Desk, reporter: Reporter, identity: Identity) -> None:
    """What was changed from outside takes effect in what is said."""
    emotion = identity.emotion and desk.emotion
    now = replace(identity, params_hash=_hash(desk.config.rules), emotion=emotion)
    muted = not desk.kept.controls.alerts
    reporter.settle(now, muted=muted, metrics_hz=desk.config.mqtt.metrics_hz)


def _self_test(pulse: Pulse, out: Publisher, see: Sight) -> Data:
    broker = out.health
    return {
        "fps": None if pulse.fps is None else round(pulse.fps, 1),
        "runtime": see.runtime,
        "queued": broker.queued,
        "dropped": broker.dropped,
        "reconnects": broker.reconnects,
        "time_synced": health.clock_synced(),
        "throttled": health.throttled(),
    }


def _sound(step: Step, signal: Signal, *, muted: bool) -> None:
    loudest = [alert.said for alert in step.active if alert.level == step.level]
    signal.show(step.level, step.t_ns, said=max(loudest, default=1), muted=muted)


def _wall_clock(config: Config) -> Callable[[int], int]:
    """Data time to UTC. Files that are read unpaced begin now, whatever their clock says."""
    if config.camera.realtime:
        return lambda t_ns: t_ns - time.monotonic_ns() + time.time_ns()
    began: list[int] = []

    def wall_ns(t_ns: int) -> int:
        if not began:
            began.append(time.time_ns() - t_ns)
        return t_ns + began[0]

    return wall_ns


def _identity(config: Config, models: dict[str, ModelFile]) -> Identity:
    return Identity(
        device=config.device,
        boot_id=token_hex(4),
        params_hash=_hash(config.rules),
        emotion=bool(config.emotion),
        emotion_model=models["expression"].version if config.emotion else "",
    )


def _info(
    config: Config,
    models: dict[str, ModelFile],
    identity: Identity,
    runtime: str,
    head: dict[str, Any],
) -> Said:
    used = {role: f for role, f in models.items() if identity.emotion or role != "expression"}
    capabilities = ["drowsiness"] + (["emotion_summary"] if identity.emotion else [])
    message = m.Info(
        **head,
        sw=m.Software(version=__version__, python=platform.python_version(), runtime=runtime),
        hw=m.Hardware(model=health.board(), camera=camera.kind(config.camera.source)),
        models=[
            m.ModelInfo(role=role, version=f.version, sha256=f.sha256, license=f.license)
            for role, f in used.items()
        ],
        profile=config.profile,
        privacy=m.Privacy(),
        capabilities=capabilities,
        config_hash=_hash(replace(config, mqtt=replace(config.mqtt, password=None))),
        params_hash=identity.params_hash,
    )
    return Said("info", message, retain=True)


def _hash(value: object) -> str:
    return sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()[:8]
