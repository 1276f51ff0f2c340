"""What is said, and how often at the most."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec.structs import replace

from edge.tell import messages as m
from edge.types import NS, Calibration, Level, Step
from tests.tell import examples
from tests.tell.examples import AWAKE_AGAIN, DOZING, DRIVING, NODDING_OFF, WHO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.tell.report import Reporter, Said
    from edge.types import Alert

FRAME_NS = NS // 25


def drive(tell: Reporter, changes: dict[int, tuple[Alert, ...]], frames: int) -> Iterator[Said]:
    """So many frames at 25 a second with these changes of alerts in some of them."""
    for number in range(frames):
        t_ns = 20 * NS + number * FRAME_NS
        now = tuple(replace(alert, t_ns=t_ns) for alert in changes.get(number, ()))
        yield from tell(replace(DRIVING, t_ns=t_ns, changes=now, active=now))


def events(said: Iterator[Said]) -> list[m.Event]:
    return [one.message for one in said if isinstance(one.message, m.Event)]


def test_updates_that_come_thick_are_told_four_times_a_second_and_the_last_is_not_lost() -> None:
    storm = {n: (replace(NODDING_OFF, rev=n + 1),) for n in range(1, 90)}
    tell = examples.reporter()
    changes = [(DOZING,), *storm.values(), *[()] * 60]
    told, at_frame = [], []
    for number, now in enumerate(changes):
        said = events(iter(tell(replace(DRIVING, t_ns=(500 + number) * FRAME_NS, changes=now))))
        told += said
        at_frame += [number] * len(said)
    assert max(sum(0 <= other - at < 25 for other in at_frame) for at in at_frame) == 4
    assert [event.rev for event in told][-1] == 90  # only what a later word replaced is missing
    assert [event.rev for event in told] == sorted({event.rev for event in told})


def test_a_beginning_and_an_end_wait_for_nothing() -> None:
    crowd = tuple(replace(DOZING, episode=n) for n in range(7))
    calm = tuple(replace(AWAKE_AGAIN, episode=n) for n in range(7))
    told = events(drive(examples.reporter(), {0: crowd, 1: calm}, 3))
    assert Counter(event.change for event in told) == {"new": 7, "end": 7}


def test_an_update_that_waits_is_not_told_after_the_end() -> None:
    updates = tuple(replace(NODDING_OFF, rev=rev) for rev in range(2, 8))
    restless = {n: (alert,) for n, alert in enumerate(updates, start=1)}
    told = events(drive(examples.reporter(), {0: (DOZING,), **restless, 8: (AWAKE_AGAIN,)}, 90))
    assert [event.change for event in told] == ["new", "update", "update", "update", "end"]


def test_a_warning_that_was_muted_is_begun_when_it_grows_critical() -> None:
    tell = examples.reporter()
    tell.settle(WHO, muted=True, metrics_hz=0)
    worse = replace(NODDING_OFF, level=Level.CRITICAL)
    told = events(drive(tell, {0: (DOZING,), 5: (worse,), 9: (AWAKE_AGAIN,)}, 12))
    assert [event.change for event in told] == ["new", "end"]


def test_however_restless_the_picture_is_the_state_is_said_twice_a_second() -> None:
    tell = examples.reporter()
    said = [
        one
        for n in range(75)
        for one in tell(Step(t_ns=20 * NS + n * FRAME_NS, faces=n % 2))
        if one.topic == "state"
    ]
    assert len(said) == 6


def test_where_data_is_dear_blinks_wait_and_what_is_urgent_does_not() -> None:
    tell = examples.reporter()
    tell.settle(WHO, muted=False, metrics_hz=0, state_s=10)
    said = []
    for n in range(25 * 40):
        eyes = replace(DRIVING.eyes, shut=n % 2 == 0)
        level = Level.WARNING if n >= 25 * 33 else Level.NONE
        step = replace(DRIVING, t_ns=n * FRAME_NS, eyes=eyes, level=level, changes=(), active=())
        said += [one.message.mono_ms // 1000 for one in tell(step) if one.topic == "state"]
    assert said == [0, 10, 20, 30, 33]


def test_raw_signals_keep_their_pace_between_the_states() -> None:
    tell = examples.reporter()
    tell.settle(WHO, muted=False, metrics_hz=5)
    said = [one for one in drive(tell, {}, 75) if one.topic == "metrics"]
    assert len(said) == 15


def test_a_calm_picture_is_said_again_every_half_minute_and_a_change_at_once() -> None:
    tell = examples.reporter()
    said = [one.message.mono_ms for one in drive(tell, {}, 25 * 61) if one.topic == "state"]
    assert [ms - said[0] for ms in said] == [0, 30_000, 60_000]
    later = replace(DRIVING, t_ns=90 * NS, faces=2, changes=(), active=())
    assert "state" in {one.topic for one in tell(later)}


def test_each_tenth_of_a_calibration_is_said() -> None:
    tell = examples.reporter()
    said = [
        one.message
        for n in range(1, 101)
        for one in tell(
            Step(t_ns=n * NS, calibration=Calibration(state="collecting", progress=n / 100))
        )
        if one.topic == "calibration"
    ]
    assert len(said) == 11


def test_the_retained_picture_loses_the_expression_as_soon_as_it_may_not_be_said() -> None:
    tell = examples.reporter()
    (before,) = (one.message for one in tell(DRIVING) if one.topic == "state")
    tell.settle(replace(WHO, emotion=False), muted=False, metrics_hz=0)
    later = replace(DRIVING, t_ns=DRIVING.t_ns + NS, changes=())
    (after,) = (one.message for one in tell(later) if one.topic == "state")
    assert b'"emotion"' in m.encode(before)
    assert b'"emotion"' not in m.encode(after)
