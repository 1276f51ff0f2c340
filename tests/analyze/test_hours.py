"""An hour of video: what is remembered of it does not grow."""

from __future__ import annotations

import math

import pytest

from edge.analysis import results as r
from edge.analysis.bins import MOST, Bins
from edge.analysis.record import Record
from edge.types import EMOTIONS, Step
from tests.analyze.people import somebody

FPS = 4


def frame(index: int) -> r.Frame:
    """Somebody who is happy for the first half of each minute and away for the last ten seconds."""
    t_s = index / FPS
    label = "happy" if t_s % 60 < 30 else "sad"
    face = somebody(
        1 + int(t_s // 60),
        (10.0, 10.0, 60.0, 60.0),
        label,
        felt={
            "probabilities": {name: float(name == label) for name in EMOTIONS},
            "valence": 0.8 if label == "happy" else -0.7,
            "arousal": 0.1,
        },
        attention=r.Attention(value=0.5, head=0.5, gaze=None, eyes=None),
        actions=None,
        actions_trusted=[],
    )
    faces = [] if t_s % 60 >= 50 else [face]
    return r.Frame(index=index, t_s=t_s, light="ok", faces=faces)


@pytest.fixture(scope="module")
def hour():
    bins, record = Bins(), Record(emotion=True)
    for index in range(3600 * FPS):
        seen = frame(index)
        bins.add(seen)
        record.add(seen, Step(t_ns=index * 250_000_000), 0)
    return bins, record.summary("complete", None), record


def test_a_timeline_of_an_hour_has_no_more_slices_than_it_can_show(hour):
    bins, _, _ = hour
    assert MOST / 2 <= len(bins.slices) <= MOST
    assert sum(piece.passed_s for piece in bins.slices) == pytest.approx(3600, abs=1)
    happy = sum(piece.emotion[EMOTIONS.index("happy")] for piece in bins.slices)
    assert happy == pytest.approx(1800, rel=0.01)
    away = [piece for piece in bins.slices if not piece.anybody_s]
    assert len(away) * bins.length_s == pytest.approx(600, rel=0.35)
    assert all(piece.mean("valence") is None for piece in away)


def test_shares_are_by_time_and_unseen_time_is_nobodys(hour):
    _, summary, _ = hour
    assert summary.scene.share == pytest.approx({"happy": 0.6, "sad": 0.4}, abs=0.01)
    assert summary.scene.unseen == pytest.approx(10 / 60, abs=0.01)
    assert summary.faces_most == 1
    assert len(summary.people) == 60
    assert math.isclose(summary.people[3].seen_s, 50, abs_tol=0.5)


def test_the_moments_kept_are_the_weightiest_few(hour):
    _, summary, record = hour
    kinds = [moment.kind for moment in summary.moments]
    assert len(summary.moments) <= 44
    assert "emotion" in kinds
    assert [m.t_s for m in summary.moments] == sorted(m.t_s for m in summary.moments)
    assert len(record.moments.possible()) <= 100
