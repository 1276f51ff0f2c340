"""What has waited in a buffer is skipped; what is only slow is not."""

from __future__ import annotations

from edge.device.lateness import Lateness, passed_over

MS = 1_000_000


def shown(arrivals, interval_ms=40):
    """``arrivals``: (stamp, came, waited) in ms; gives the stamps of what is not skipped."""
    lateness = Lateness(interval_ms * MS)
    return [s for s, came, waited in arrivals if not lateness(s * MS, came * MS, waited * MS)[1]]


def test_a_stream_on_time_loses_nothing():
    assert len(shown([(n * 40, 1000 + n * 40, 35) for n in range(100)])) == 100


def test_a_stream_slower_than_its_stamps_loses_nothing():
    assert len(shown([(n * 40, 1000 + n * 200, 195) for n in range(100)])) == 100


def test_a_slow_stream_and_a_slow_stage_still_see_something_all_the_time():
    seen = shown([(n * 40, 1000 + n * 200, 40) for n in range(100)])
    assert len(seen) > 15
    assert seen[-1] > 95 * 40


def test_after_two_seconds_away_what_waited_is_skipped_up_to_the_newest():
    before = [(n * 40, 1000 + n * 40, 35) for n in range(25)]
    waiting = [((25 + n) * 40, 1000 + 25 * 40 + 2000 + n * 5, 5) for n in range(80)]
    seen = shown(before + waiting)
    assert 40 < len(seen) < 60
    assert seen[25] > 25 * 40 + 1500


def test_a_machine_that_stutters_while_it_catches_up_is_not_taken_in():
    before = [(n * 40, 1000 + n * 40, 35) for n in range(25)]
    waiting = [((25 + n) * 40, 1000 + 25 * 40 + 2000 + n * 25, 25) for n in range(160)]
    assert shown(before + waiting)[25] > 25 * 40 + 1500


def test_frames_that_a_driver_wrote_over_are_told_from_those_that_a_camera_never_took():
    every = 33 * MS
    assert passed_over(33 * MS, every, waited_ns=20 * MS) == 0
    assert (
        passed_over(200 * MS, every, waited_ns=1 * MS) == 5
    )  # we took six intervals over the last
    assert passed_over(66 * MS, every, waited_ns=40 * MS) == 0  # it exposes for two: dusk
    assert passed_over(66 * MS, every, waited_ns=6 * MS) == 0  # so, and we were nearly late
    assert passed_over(-900 * MS, every, waited_ns=0) == 0  # a stream that begins anew
