"""Events and the clocks of an outbox, for the tests of it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from edge.tell import messages as m
from edge.tell.outbox import Outbox
from edge.tell.stamps import Moment
from edge.types import NS
from tests.tell import examples

Opened = Callable[..., Outbox]

MONDAY = Moment(mono_ns=100 * NS, wall_ns=examples.START_NS, boot="monday")


def an_event(rev: int, change: str = "update", episode: str = "a") -> m.Event:
    example = m.decode("event", (examples.GOLDEN / "event_new.json").read_bytes())
    assert isinstance(example, m.Event)
    return msgspec.structs.replace(example, id=episode, rev=rev, change=change)


def later(seconds: float) -> Moment:
    return replace(
        MONDAY,
        mono_ns=MONDAY.mono_ns + round(seconds * NS),
        wall_ns=MONDAY.wall_ns + round(seconds * NS),
    )


def revs(box: Outbox, now: Moment = MONDAY) -> list[int]:
    return [event.rev for _, event in box.due(now)]


def deliver(box: Outbox, now: Moment = MONDAY) -> list[m.Event]:
    """The broker takes everything, a window at a time."""
    heard: list[m.Event] = []
    while due := box.due(now):
        for number, event in due:
            box.handed_on(number, mid=number + 7)
            heard.append(event)
        for number, _ in due:
            box.taken(number + 7)
    return heard
