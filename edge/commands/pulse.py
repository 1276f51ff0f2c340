"""What the loop has to say about itself: its rates and delays, the board, and what is wrong."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

from msgspec.structs import replace

from edge.commands.rates import Rates, rates
from edge.device import camera, health
from edge.device.delivery import Delivery, delivered
from edge.tell import messages as m
from edge.tell.report import HEARTBEAT_NS, Said
from edge.types import NS, Board

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from edge.commands.desk import Data
    from edge.config import Config
    from edge.see.sight import Sight
    from edge.tell.report import Reporter
    from edge.types import Frame, Observation, Step

RECENT = 300
"""Frames over which fps and latency are said."""

SENSORS_NS = 2 * NS
"""How often the board's sensors are read: heat takes seconds to move [E]."""

FAULT_GAP_NS = NS
"""A change of the faults is said at once, but not more often than this."""

SIZED = ("picamera2", "v4l2")
"""Cameras that are asked for a size; files and addresses have their own."""


class Pulse:
    """Counts frames in, steps out; says ``health``, and how much looking is left to be done."""

    def __init__(self, see: Sight, config: Config, now_ns: Callable[[], int]) -> None:
        """Start counting now."""
        self._see = see
        self._config = config
        self._now_ns = now_ns
        self._started_ns = now_ns()
        self._said_ns = self._started_ns - HEARTBEAT_NS
        self._cpu_ns, self._cpu_at_ns = time.process_time_ns(), self._started_ns
        self._latency_ms: deque[float] = deque(maxlen=RECENT)
        self._times_ns: deque[int] = deque(maxlen=RECENT)
        self._delivery = Delivery()
        self._sensors = health.Sensors()
        self._board = Board()
        self._board_ns: int | None = None
        self._step: Step | None = None
        self._faults_said: tuple[str, ...] = ()
        self.standing: tuple[str, ...] = ()  # what is wrong for as long as this process lives
        self.dropped = 0
        self.rates = self._rates(0)

    def count(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Pass frames on; count the ones that were skipped, and notice how they come."""
        settings = self._config.camera
        live = camera.is_live(settings.source)
        sized = camera.kind(settings.source) in SIZED
        for frame in frames:
            self.dropped += frame.dropped
            self._delivery = delivered(
                self._delivery,
                frame.t_ns,
                frame.dropped,
                self.rates.fps if live else None,
                size=sized and frame.image.shape[:2] != settings.shape,
            )
            yield frame

    def feel(self, observations: Iterable[Observation]) -> Iterator[Observation]:
        """Observations, now and then with what the board's sensors say: recorded with the rest."""
        for seen in observations:
            if self._board_ns is not None and 0 <= seen.t_ns - self._board_ns < SENSORS_NS:
                yield seen
                continue
            self._board_ns, self._board = seen.t_ns, self._sensors()
            yield replace(seen, board=self._board)

    def beat(self, step: Step) -> None:
        """One frame has been worked through; what it gave up holds from the next one on."""
        self._times_ns.append(step.t_ns)
        self._latency_ms.append((self._now_ns() - step.t_ns) / 1e6)
        if self._step is None or step.given_up != self._step.given_up:
            self.rates = self._rates(step.given_up)
            self._see.expression_hz = self.rates.expression_hz
        self._step = step

    def rest(self) -> None:
        """The camera is shut: nothing comes, and nothing of that is a fault."""
        self._step, self._delivery = None, Delivery()
        self._times_ns.clear()
        self._latency_ms.clear()

    def _rates(self, given_up: int) -> Rates:
        return rates(given_up, self._config.see.expression_hz, self._config.camera.fps)

    @property
    def fps(self) -> float | None:
        """Frames a second, over the last ``RECENT`` at the most."""
        if len(self._times_ns) < 2 or self._times_ns[-1] <= self._times_ns[0]:
            return None
        return (len(self._times_ns) - 1) * NS / (self._times_ns[-1] - self._times_ns[0])

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong now, by name."""
        seen = () if self._step is None else self._step.faults
        return (*seen, *self._delivery.faults, *self.standing)

    def due(self) -> bool:
        """Whether it is time to say ``health`` again."""
        since_ns = self._now_ns() - self._said_ns
        return since_ns >= HEARTBEAT_NS or (
            self.faults != self._faults_said and since_ns >= FAULT_GAP_NS
        )

    def costs(self) -> Data:
        """CPU milliseconds a frame by stage, and how long a frame takes to be told of."""
        late = sorted(self._latency_ms)
        found: Data = {f"cpu_ms.{stage}": ms for stage, ms in self._cpu_ms().items()}
        found["frames"] = len(late)
        found["fps"] = None if self.fps is None else round(self.fps, 1)
        found["e2e_p50_ms"] = _quantile(late, 0.5)
        return found

    def _cpu_ms(self) -> dict[str, float]:
        return {
            stage: round(ns / 1e6 / max(1, self._see.calls[stage]), 2)
            for stage, ns in self._see.cpu_ns.items()
        }

    @property
    def throttled(self) -> str | None:
        """The firmware's bits as people know them, None where there is no such firmware."""
        bits = self._board.throttled
        return None if bits is None else f"0x{bits:x}"

    def health(
        self, reporter: Reporter, t_ns: int, broker: m.MqttHealth, gone: str | None = None
    ) -> Said:
        """The ``health`` message. ``gone``: the fault that ends it all, in the last one."""
        now_ns, cpu_ns = self._now_ns(), time.process_time_ns()
        spent, passed = cpu_ns - self._cpu_ns, now_ns - self._cpu_at_ns
        self._said_ns = self._cpu_at_ns = now_ns
        self._cpu_ns = cpu_ns
        late = sorted(self._latency_ms)
        faults = self._faults_said = self.faults
        if gone is not None and gone not in faults:
            faults = (gone, *faults)
        message = m.Health(
            **reporter.head("health", t_ns),
            uptime_s=(now_ns - self._started_ns) // NS,
            fps=None if self.fps is None else round(self.fps, 1),
            frame_age_ms=round(self._latency_ms[-1], 1) if late else None,
            lat_ms=m.Latency(
                e2e_p50=_quantile(late, 0.5),
                e2e_p95=_quantile(late, 0.95),
            ),
            cpu_ms=self._cpu_ms(),
            dropped=self.dropped,
            cpu_pct=round(100 * spent / passed, 1) if passed else None,
            rss_mb=round(health.rss_mb(), 1),
            temp_c=self._board.temp_c,
            throttled=self.throttled,
            mqtt=broker,
            camera=m.CameraHealth(ok=not any(name.startswith("camera_") for name in faults)),
            faults=list(faults),
            undervolt=self._board.undervolt,
            degrade_step=0 if self._step is None else self._step.given_up,
        )
        return Said("health", message, retain=True, qos=0)


def _quantile(in_order: list[float], share: float) -> float | None:
    """One of the values: ``statistics`` would be loaded at every start for the mean of two."""
    return round(in_order[int(share * (len(in_order) - 1))], 1) if in_order else None
