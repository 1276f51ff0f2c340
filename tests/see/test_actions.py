"""Facial actions: each moves with its own part of the face, and none of them is dead."""

from __future__ import annotations

import numpy as np
import pytest

from edge.see import actions
from edge.see.face import MEAN_SHAPE
from edge.types import ACTIONS, Pose

MEAN = MEAN_SHAPE * 200 + 300
"""The mean face in frame pixels."""


def shown(points: np.ndarray, pose: Pose | None = None) -> dict[str, float]:
    lengths = actions.measure(points.astype(np.float32), pose or Pose(0, 0, 0))
    return dict(zip(ACTIONS, lengths, strict=True))


def moved(where: list[int] | np.ndarray, *, right: float = 0, down: float = 0) -> dict[str, float]:
    points = MEAN.copy()
    points[where] += (right, down)
    before, after = shown(MEAN), shown(points)
    return {name: after[name] - before[name] for name in ACTIONS}


@pytest.mark.parametrize(
    ("name", "where", "down"),
    [
        ("au01", actions.BROW_INNER, -8),
        ("au02", actions.BROW_OUTER, -8),
        ("au04", actions.BROW_INNER, 8),
        ("au05", actions.UPPER, -5),
        ("au06", actions.LOWER, -5),
        ("au07", actions.LOWER, -5),
        ("au09", actions.NOSE_WINGS, -8),
        ("au10", [actions.LIP_TOP], -8),
        ("au12", actions.CORNERS, -8),
        ("au15", actions.ARCH, 8),
        ("au17", [*actions.LIPS_LOWER, *actions.LIPS_UPPER], -8),
        ("au20", actions.CORNERS, 8),
        ("au25", actions.LIPS_LOWER, 8),
        ("au26", [actions.CHIN], 8),
        ("au45", actions.UPPER, 5),
    ],
)
def test_each_action_grows_with_its_own_movement(name, where, down):
    assert moved(where, down=down)[name] > 0.01


def test_a_face_that_is_larger_or_turned_in_the_picture_shows_the_same():
    turn = np.array([[np.cos(0.4), np.sin(0.4)], [-np.sin(0.4), np.cos(0.4)]])
    for other in (MEAN * 2.5, MEAN @ turn, MEAN + (100, -50)):
        assert list(shown(other).values()) == pytest.approx(list(shown(MEAN).values()), abs=1e-4)


def test_a_head_that_is_lowered_in_perspective_does_not_frown_by_it():
    """What ten degrees do to the lengths of neutral faces is taken off again."""
    nodding = np.array(actions.NODDING) * -10
    lowered = np.array(list(shown(MEAN, Pose(0, -10, 0)).values()))
    assert lowered == pytest.approx(np.array(list(shown(MEAN).values())) - nodding)
    frown = nodding[ACTIONS.index("au04")]
    assert frown > 0.3 * (actions.FULL[2] - actions.NEUTRAL[2])


def test_points_that_fall_together_give_numbers():
    lengths = actions.measure(np.zeros((127, 2), np.float32), Pose(90, 0, 0))
    assert np.isfinite(actions.intensities(lengths)).all()


def test_intensities_run_from_neutral_to_full():
    assert actions.intensities(actions.NEUTRAL) == (0.0,) * 15
    assert actions.intensities(actions.FULL) == pytest.approx((1.0,) * 15)


def test_on_a_real_clip_smiles_come_with_the_laughter_and_blinks_with_shut_eyes(sight, clip):
    see = sight(expression_hz=30)
    seen = [see(frame).faces[0].actions for frame in clip("WolfgangLanger_Pexels.mp4")]
    values = np.array(seen)
    assert values.min() >= -1
    assert values.max() <= 2
    smile, blink = ACTIONS.index("au12"), ACTIONS.index("au45")
    assert values[240:420, smile].mean() > values[30:130, smile].mean() + 0.2
    assert values[30:90, blink].mean() > values[150:420, blink].mean() + 0.3


def test_no_action_is_dead_every_length_moves_over_a_real_clip(sight, clip, monkeypatch):
    """Lengths, not intensities: this woman's brows rest higher than the average neutral.

    She never wrinkles her nose: what AU9 moves by is what laughing does to it.
    """
    monkeypatch.setattr(actions, "intensities", lambda lengths: lengths)
    see = sight(expression_hz=30)
    seen = [see(frame).faces[0].actions for frame in clip("WolfgangLanger_Pexels.mp4")]
    low, high = np.percentile(np.array(seen), [5, 95], axis=0)
    moved_by = (high - low) / (np.array(actions.FULL) - np.array(actions.NEUTRAL))
    assert dict(zip(ACTIONS, moved_by > 0.35, strict=True)) == dict.fromkeys(ACTIONS, True)
