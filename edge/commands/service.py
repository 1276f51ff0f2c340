"""The loop: frames -> observations -> steps -> messages, and the watchdog fed by each.

``mien run`` and the demo are this and nothing else.
"""

from __future__ import annotations

import logging
import time
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from edge import __version__, pipeline, recording
from edge.commands import who
from edge.commands.conversation import Conversation
from edge.commands.grumbles import grumbled, overheard
from edge.commands.journal import Journal
from edge.commands.pulse import Pulse
from edge.commands.rates import thinned
from edge.commands.room import Room
from edge.commands.seats import Seats
from edge.commands.showing import Showing
from edge.commands.upright import Upright
from edge.device import health, stop, watchdog
from edge.device.buzzer import BuzzerError, BuzzerSettings, Signal
from edge.device.camera import CameraError
from edge.see.sight import Sight
from edge.tell.mqtt import Publisher
from edge.tell.report import Reporter
from edge.types import Level

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from edge.commands.desk import Data, Desk
    from edge.commands.grumbles import Grumbles
    from edge.config import Config
    from edge.page.server import Page
    from edge.see.modelfile import ModelFile
    from edge.tell.report import Identity, Said
    from edge.types import Step

log = logging.getLogger("mien")

GREETING_S = 2.0
"""How long one waits for a broker that is just answering, to tell it that there is no camera."""


def serve(
    desk: Desk,
    models: dict[str, ModelFile],
    record: Path | None,
    state: Path | None,
    page: Page | None = None,
) -> bool:
    """Work until the camera ends; true where a stop or a restart was asked for instead.

    ``state``: the folder for what must outlive the process. ``page``: shows what is looked at.
    Raises what cannot be answered here: systemd is the retry.
    """
    config = replace(desk.config, emotion=desk.emotion)
    identity = who.identity(config, models)
    see = Sight.load(models, config.see, emotion=identity.emotion, clock=time.thread_time_ns)
    reporter = Reporter(identity, _wall_clock(config), health.clock_synced)
    pulse = Pulse(see, config, time.monotonic_ns)
    with ExitStack() as stack:
        stack.enter_context(stop.listening())
        grumbles = stack.enter_context(overheard())
        _regret(desk)
        signal = stack.enter_context(_signal(config.board, pulse))
        out = stack.enter_context(Publisher(config.mqtt, config.device, state))
        stack.callback(watchdog.stopping)
        facts = {"bench": pulse.costs, "self_test": lambda: _self_test(pulse, out, see)}
        talk = Conversation(desk, out, reporter.head, state, facts)

        def rest(t_ns: int) -> None:
            pulse.rest()
            signal.show(Level.NONE, t_ns)
            _pulse(pulse, reporter, t_ns, out)

        upright = Upright(see.on_its_head, config.camera.rotate)
        showing = Showing(None if page is None else stack.enter_context(page), upright)
        info = partial(who.info, models=models, runtime=see.runtime)
        hello = partial(_hello, talk, reporter, out, identity, info, showing)
        mutter = partial(_mutter, grumbles, reporter, out, showing, hello)
        room = Room(
            config.camera, reporter, out, talk, lambda: pulse.rates.fps, hello, rest, mutter
        )
        journal = Journal()
        seats = Seats(config.seat, state)
        frames = stack.enter_context(closing(room.frames()))
        talk.changed.append(lambda _before, _t_ns: showing.obey(talk.desk))
        talk.changed.append(partial(_settle, talk, reporter, identity, hello))
        _settle(talk, reporter, identity, hello, desk, 0)
        looked_at = showing.watch(thinned(pulse.count(frames), lambda: pulse.rates.looks_hz))
        observations = seats.remind(talk.witness(pulse.feel(pipeline.observe(looked_at, see))))
        observations = showing.note(observations)
        if record is not None:
            file = stack.enter_context(record.open("wb"))
            observations = recording.record(observations, file, __version__)
        with _to_the_end(room, reporter, pulse, out):
            for step in pipeline.judge(observations, talk.rules):
                journal(step)
                seats(step)
                # before anything that could wait for a network
                _sound(step, signal, muted=not talk.desk.kept.controls.buzzer)
                room.step = step
                _tell(step, reporter, pulse, out)
                showing(step, pulse.fps)
                mutter(step.t_ns)
                talk(step.t_ns)
        if talk.desk.restart:
            log.info("restarting, as asked")
        return talk.desk.restart or stop.asked()


def _signal(settings: BuzzerSettings, pulse: Pulse) -> Signal:
    """Who sleeps is told of without a buzzer, too: its lack is a fault, and not the end."""
    try:
        return Signal(settings)
    except BuzzerError as error:
        log.error("%s", error)  # noqa: TRY400 - a user caused it: one line, no traceback
        pulse.standing = ("buzzer_gone",)
        return Signal(BuzzerSettings())


def _regret(desk: Desk) -> None:
    """Who set it over MQTT hears there that it does not hold any more."""
    for words in desk.lost:
        log.error("%s", words)


@contextmanager
def _to_the_end(room: Room, reporter: Reporter, pulse: Pulse, out: Publisher) -> Iterator[None]:
    """However it ends, no episode stays open; a camera that is gone for good is told of."""
    try:
        yield
    except CameraError as error:
        with room.holding_out():
            _lament(error, reporter, pulse, out)
        if not stop.asked():
            raise
    finally:
        room.farewell()


def _tell(step: Step, reporter: Reporter, pulse: Pulse, out: Publisher) -> None:
    """Say what there is to say, then tell systemd that this frame has been worked through."""
    pulse.beat(step)
    for said in reporter(step, pulse.fps):
        out.publish(said)
    _pulse(pulse, reporter, step.t_ns, out)
    out.tend()
    watchdog.alive()


def _pulse(pulse: Pulse, reporter: Reporter, t_ns: int, out: Publisher) -> None:
    if pulse.due():
        out.publish(pulse.health(reporter, t_ns, out.health))


def _mutter(
    grumbles: Grumbles,
    reporter: Reporter,
    out: Publisher,
    showing: Showing,
    hello: Callable[[int], None],
    t_ns: int,
) -> None:
    """What was logged, the first of it before there is anybody to be told; the page's end."""
    if grumbles and out.connected:
        for said in grumbled(grumbles, reporter, t_ns):
            out.publish(said)
    if showing.over():
        hello(t_ns)


def _lament(error: CameraError, reporter: Reporter, pulse: Pulse, out: Publisher) -> None:
    """The last ``health``, with the name of what ends it."""
    out.reach(GREETING_S)
    out.publish(pulse.health(reporter, time.monotonic_ns(), out.health, error.fault))


def _hello(
    talk: Conversation,
    reporter: Reporter,
    out: Publisher,
    identity: Identity,
    info: Callable[..., Said],
    showing: Showing,
    t_ns: int,
) -> None:
    config = replace(talk.desk.config, emotion=talk.desk.emotion)
    who_now, head = _now(talk.desk, identity), reporter.head("info", t_ns)
    out.publish(info(config, who=who_now, head=head, page=showing.told()))


def _settle(
    talk: Conversation,
    reporter: Reporter,
    identity: Identity,
    hello: Callable[[int], None],
    before: Desk,
    t_ns: int,
) -> None:
    """What was changed from outside takes effect in what is said."""
    muted = not talk.desk.kept.controls.alerts
    pace = talk.desk.config.mqtt
    reporter.settle(
        _now(talk.desk, identity), muted=muted, metrics_hz=pace.metrics_hz, state_s=pace.state_s
    )
    if talk.desk.config != before.config:  # whose hashes `info` has
        hello(t_ns)


def _now(desk: Desk, identity: Identity) -> Identity:
    """Who we have become since the start."""
    emotion = identity.emotion and desk.emotion
    return replace(identity, params_hash=who.short_hash(desk.config.rules), emotion=emotion)


def _self_test(pulse: Pulse, out: Publisher, see: Sight) -> Data:
    broker = out.health
    return {
        "fps": None if pulse.fps is None else round(pulse.fps, 1),
        "runtime": see.runtime,
        "queued": broker.queued,
        "dropped": broker.dropped,
        "reconnects": broker.reconnects,
        "time_synced": health.clock_synced(),
        "throttled": pulse.throttled,
        "faults": ", ".join(pulse.faults),
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
