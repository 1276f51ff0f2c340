"""Questions from outside, answered once a frame; and what changes because of them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from edge import __version__
from edge.commands import kept
from edge.commands.desk import Data, Desk, Reply, obey
from edge.device import health
from edge.tell import homeassistant
from edge.tell import messages as m
from edge.tell.report import EMOTION_TOPIC, Said
from edge.types import NS, Vehicle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from edge.judge.rules import Rules
    from edge.tell.mqtt import Publisher
    from edge.tell.questions import Question
    from edge.types import FaceReading, Observation

log = logging.getLogger("mien")


class Conversation:
    """Holds the desk. ``changed``: called after everything that was, with the desk before."""

    def __init__(
        self,
        desk: Desk,
        out: Publisher,
        head: Callable[[str, int], dict[str, Any]],
        state: Path | None,
        facts: Mapping[str, Callable[[], Data]],
    ) -> None:
        """``head`` is the reporter's; ``state`` the folder where changes are kept."""
        self.desk = desk
        self._out = out
        self._head = head
        self._state = state
        self._facts = facts
        self._vehicle_ns = 0
        self.changed: list[Callable[[Desk, int], None]] = []

    def wants_camera(self) -> bool:
        """Whether the camera is to be open."""
        return self.desk.kept.controls.capture

    def rules(self) -> Rules:
        """The rules that hold now."""
        rules = self.desk.config.rules
        return rules if self.desk.emotion == rules.emotion else replace(rules, emotion=False)

    def begin(self, t_ns: int) -> None:
        """Say how the switches stand, and who we are to Home Assistant."""
        self._out.publish(self._controls(t_ns))
        self._announce()
        if not self.desk.emotion:  # nor does what was said before stay with the broker
            self._out.erase(EMOTION_TOPIC)

    def __call__(self, t_ns: int) -> None:
        """Answer what has been asked since the last time."""
        for question in self._out.take():
            self._answer(question, t_ns)

    def witness(self, observations: Iterable[Observation]) -> Iterator[Observation]:
        """Observations with what was asked and what the vehicle said since the last, each once."""
        for seen in observations:
            waiting, speed = self.desk.for_judge, self.desk.vehicle
            if waiting:
                self.desk = replace(self.desk, for_judge=())
            vehicle = None
            if speed is not None:
                age_s = (seen.t_ns - self._vehicle_ns) / NS
                vehicle = Vehicle(speed_kmh=speed.speed_kmh, age_s=age_s)
            # the network is left out with the restart, which may wait; from here on at once
            faces = seen.faces if self.desk.emotion else tuple(map(_unfelt, seen.faces))
            yield replace(seen, faces=faces, requests=waiting, vehicle=vehicle)

    def _answer(self, question: Question, t_ns: int) -> None:
        before = self.desk
        after, reply = obey(before, question.asked, self._facts)
        if after.vehicle is not before.vehicle:
            self._vehicle_ns = t_ns
        if after.kept != before.kept:
            after, reply = self._keep(before, after, reply)
        self.desk = replace(after, rebirth=False)
        if self.desk.kept != before.kept:
            log.info("mqtt: %s changed from outside", question.name)
            self.begin(t_ns)
            for tell in self.changed:
                tell(before, t_ns)
        if after.rebirth:
            self._out.rebirth()
        if reply is not None:
            self._out.answer(question, self._response(question, reply, t_ns))

    def _keep(self, before: Desk, after: Desk, reply: Reply | None) -> tuple[Desk, Reply | None]:
        if self._state is None:
            if reply is not None:
                reply = replace(reply, data={**reply.data, "kept": False})
            # without a place to keep it, a restart would only forget it again
            return replace(after, restart=before.restart), reply
        try:
            kept.store(after.kept, self._state)
        except OSError as error:
            msg = f"{error.filename or self._state}: {error.strerror}"
            return before, Reply(code="not_kept", msg=msg)
        return after, reply

    def _response(self, question: Question, reply: Reply, t_ns: int) -> m.Response:
        problem = None if reply.code is None else m.Problem(code=reply.code, msg=reply.msg)
        response = m.Response(
            **self._head(m.RESPONSE, t_ns),
            status="ok" if problem is None else "error",
            transaction=getattr(question.asked, "transaction", None),
            data=dict(reply.data),
            error=problem,
        )
        try:
            m.encode(response)
        except ValueError as error:
            msg = f"the answer does not fit: {error}; ask for less with a longer prefix"
            response.status, response.data = "error", {}
            response.error = m.Problem(code="too_large", msg=msg)
        return response

    def _controls(self, t_ns: int) -> Said:
        switches = self.desk.kept.controls
        message = m.Controls(
            **self._head("controls", t_ns),
            capture=switches.capture,
            alerts=switches.alerts,
            emotion=self.desk.emotion if self.desk.config.emotion else msgspec.UNSET,
            buzzer=switches.buzzer,
            microsleep_s=self.desk.config.rules.drowsiness.microsleep_s,
        )
        return Said("controls", message, retain=True)

    def _announce(self) -> None:
        config = self.desk.config
        if not (config.mqtt.discovery and self.desk.kept.controls.discovery):
            self._out.announce(b"")
            return
        device = homeassistant.Device(
            name=config.device,
            base=config.mqtt.base,
            model=health.board() or "Mien",
            version=__version__,
            emotion=bool(config.emotion),
        )
        self._out.announce(homeassistant.discovery(device))


def _unfelt(face: FaceReading) -> FaceReading:
    if face.emotion is None and face.actions is None:
        return face
    return replace(face, emotion=None, actions=None)
