"""The camera while it is wanted, and what is said while it is shut."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from edge.device import camera, stop, watchdog
from edge.device.camera import CameraError
from edge.types import NS, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from edge.commands.conversation import Conversation
    from edge.device.camera import CameraSettings
    from edge.tell.mqtt import Publisher
    from edge.tell.report import Reporter, Said
    from edge.types import Frame

IDLE_S = 0.1
"""How often one looks at the switch while the camera is shut."""

FROZEN_S = 30
"""A camera that has not come back by then does not: long enough for a hiccup of the bus [E]."""

LEAST_LIFE_S = 15
"""A service that cannot work, or that is told to restart, ends no more often than this: it stays
there to answer, and the board has other things to do."""


class Room:
    """Frames for as long as they are wanted; says goodbye and hello around a shut camera."""

    def __init__(
        self,
        settings: CameraSettings,
        reporter: Reporter,
        out: Publisher,
        talk: Conversation,
        fps: Callable[[], float],
        hello: Callable[[int], None],
        rest: Callable[[int], None],
        mutter: Callable[[int], None],
    ) -> None:
        """Nothing is opened before the first frame is asked for. ``fps``: wanted at the moment.

        All are called with the time: ``hello`` once, to say who we are, with a camera or without;
        ``rest`` over and over while it is shut, and ``mutter`` also where it cannot be had.
        """
        self._settings = settings
        self._reporter = reporter
        self._out = out
        self._talk = talk
        self._fps = fps
        self._hello = hello
        self._rest = rest
        self._mutter = mutter
        self._frozen_ns: int | None = None
        self._started_ns = time.monotonic_ns()
        self._begun = False
        self.step: Step | None = None

    def frames(self) -> Generator[Frame, None, None]:
        """What the camera sees while ``capture`` is on, until the camera ends or we shall."""
        while not self._leaving:
            if not self._talk.wants_camera():
                watchdog.ready()
                self._idle()
                continue
            with camera.frames(self._settings, self._fps) as frames:
                watchdog.ready()
                self._out.tend()  # the broker is called while the first picture is on its way
                for frame in frames:
                    self._begin(frame.t_ns)
                    yield frame
                    self._endure(frame.t_ns)
                    if not self._talk.wants_camera() or self._leaving:
                        break
                else:
                    return
            if not self._talk.wants_camera():
                self.farewell()
                self.step = None  # nor is it the last word of a later stop

    @property
    def _leaving(self) -> bool:
        """Whether it is over; a restart that is asked for every few seconds waits its turn."""
        return stop.asked() or (self._talk.desk.restart and not self._young)

    @property
    def _young(self) -> bool:
        """Whether systemd would start it again too soon."""
        lived_ns = time.monotonic_ns() - self._started_ns
        return watchdog.watched() and lived_ns < LEAST_LIFE_S * NS

    def _endure(self, t_ns: int) -> None:
        """A camera that stands still is given a while, then up: opening it anew is systemd's."""
        frozen = self.step is not None and "camera_frozen" in self.step.faults
        if not frozen or not camera.is_live(self._settings.source):
            self._frozen_ns = None
        elif self._frozen_ns is None:
            self._frozen_ns = t_ns
        elif t_ns - self._frozen_ns >= FROZEN_S * NS:
            msg = f"camera.source: the same picture for more than {FROZEN_S} s"
            raise CameraError(msg, "camera_frozen")

    @contextmanager
    def holding_out(self) -> Iterator[None]:
        """The camera cannot be had: still there and answering for a while, where systemd watches.

        It is told inside, first: whoever hears of it may plug the camera in before we look for it.
        Nothing is opened again in here; but a camera that is plugged in is not kept waiting.
        """
        source = self._settings.source
        device = camera.place(source)
        missing = camera.kind(source) in {"v4l2", "file"} and not device.exists()
        t_ns = time.monotonic_ns()
        self._begin(t_ns)
        if self.step is None:  # nor does what an earlier process said stand for what is seen now
            self._say(self._reporter(Step(t_ns=t_ns, degraded=("camera_gone",))))
        yield
        while self._young:
            if self._leaving or (missing and device.exists()):
                return
            self._answer(time.monotonic_ns())
            time.sleep(IDLE_S)

    def farewell(self) -> None:
        """End what is open after the last step."""
        if self.step is not None:
            self._say(self._reporter.farewell(self.step))

    def _idle(self) -> None:
        """The camera is shut: still there, still answering, and saying so."""
        t_ns = time.monotonic_ns()
        self._begin(t_ns)
        self._say(self._reporter(Step(t_ns=t_ns, degraded=("capture_off",))))
        self._rest(t_ns)
        self._answer(t_ns)
        watchdog.alive("the camera is shut, as asked")
        time.sleep(IDLE_S)

    def _answer(self, t_ns: int) -> None:
        self._out.tend()
        self._mutter(t_ns)
        self._talk(t_ns)

    def _say(self, messages: Iterable[Said]) -> None:
        for said in messages:
            self._out.publish(said)

    def _begin(self, t_ns: int) -> None:
        """End what an earlier process left open, say who we are and how the switches stand: once.

        Not with the first picture that was judged: a camera that is shut may have none for days.
        """
        if not self._begun:
            self._begun = True
            self._say(self._reporter.resumed(self._out.dangling(), t_ns))
            self._hello(t_ns)
            self._talk.begin(t_ns)
