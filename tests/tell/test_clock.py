"""The wall clock may be set at any moment: it dates what is said, and decides nothing."""

from __future__ import annotations

from edge.tell.report import Identity, Reporter
from edge.types import NS
from tests.judge.stories import OPEN, SHUT, after

HOUR_NS = 3600 * NS
NOON_NS = 1_800_000_000 * NS


def told(story, set_at_s: float | None = None, by_ns: int = HOUR_NS):
    """Every event of ``story``, with NTP setting the clock ``by_ns`` ahead at ``set_at_s``."""
    now = [story.steps[0].t_ns]
    first_ns = now[0]

    def wall_ns(t_ns: int) -> int:
        late = set_at_s is not None and now[0] - first_ns >= set_at_s * NS
        return NOON_NS + t_ns + (by_ns if late else 0)

    reporter = Reporter(Identity("pi", "boot", "rules", emotion=False), wall_ns)
    said = []
    for step in story.steps:
        now[0] = step.t_ns
        said += [s.message for s in reporter(step) if s.topic == "event"]
    return said


def essence(events):
    return [(e.type, e.change, e.level, e.duration_ms, e.mono_ms, e.reason) for e in events]


def test_ntp_in_the_middle_of_a_closure_changes_neither_events_nor_their_lengths():
    story = after((5, OPEN), (4, SHUT), (5, OPEN))
    calm, stepped = told(story), told(story, set_at_s=7)
    assert [e.type for e in calm if e.change == "new"] == ["eyes_closed_pre", "microsleep", "sleep"]
    assert essence(stepped) == essence(calm)
    assert [e.id for e in stepped if e.change == "end"]  # each id again, not a new one
    for event in stepped:
        same = [e.id for e in stepped if e.type == event.type]
        assert set(same) == {event.id}


def test_a_clock_that_is_set_back_does_not_reorder_what_is_said():
    story = after((5, OPEN), (4, SHUT), (5, OPEN))
    stepped = told(story, set_at_s=7, by_ns=-HOUR_NS)
    assert essence(stepped) == essence(told(story))
    assert [e.seq for e in stepped] == sorted(e.seq for e in stepped)
