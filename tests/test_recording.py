"""Recordings: what was observed comes back the same, and damage is named."""

from __future__ import annotations

import io

import pytest
from msgspec.structs import replace

from edge.recording import RecordingError, read, record
from edge.types import Box, FaceReading, Gaze, Light, Observation, Pose

FACE = FaceReading(
    track=3,
    box=Box(1.5, 2.0, 30.25, 40.0),
    confidence=0.93,
    ear=0.1 + 0.2,
    ear_right=None,
    ear_left=0.31,
    mar=1e-9,
    pose=Pose(-2.5, 3.0, 0.1),
    emotion=(0.1, 0.2, 0.3, 0.4, 0.0, 0.0, 0.0, 0.0),
    gaze=Gaze(12.5, -3.25, 0.8),
)
SEEN = [
    Observation(1, (FACE,), Light(0.5, 0.1, repeated=True), 640, 480),
    Observation(2**62, (), None),
]


def recorded(observations) -> bytes:
    file = io.BytesIO()
    assert list(record(observations, file, "0.1")) == list(observations)
    return file.getvalue()


def test_what_is_recorded_comes_back_to_the_last_bit(tmp_path):
    path = tmp_path / "drive.jsonl"
    path.write_bytes(recorded(SEEN))
    assert list(read(path)) == SEEN


def test_recordings_from_before_eyes_were_read_stay_readable(tmp_path):
    path = tmp_path / "drive.jsonl"
    kept = recorded(SEEN).replace(
        b',"gaze":{"yaw_deg":12.5,"pitch_deg":-3.25,"confidence":0.8}', b""
    )
    assert kept != recorded(SEEN)
    path.write_bytes(kept)
    assert next(read(path)).faces == (replace(FACE, gaze=None),)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "line 1: not a recording"),
        (b"\xff\xfe", "line 1: not a recording"),
        (b'{"format":"mien-recording/9"}\n', "format is 'mien-recording/9'"),
        (recorded(SEEN)[:-20] + b"\n", "line 3: not an observation"),
        (recorded(SEEN) + b'{"t_ns":"soon"}\n', "line 4: not an observation"),
    ],
)
def test_damage_is_named_with_file_and_line(tmp_path, content, words):
    path = tmp_path / "drive.jsonl"
    path.write_bytes(content)
    with pytest.raises(RecordingError) as refusal:
        list(read(path))
    assert words in str(refusal.value)
    assert "drive.jsonl" in str(refusal.value)


@pytest.mark.parametrize(("left", "seen"), [(1, 1), (30, 1), (-2, 1), (-1, 2)])
def test_what_a_power_cut_left_of_the_last_line_costs_that_line_alone(tmp_path, caplog, left, seen):
    path = tmp_path / "drive.jsonl"
    *whole, last = recorded(SEEN).splitlines(keepends=True)
    path.write_bytes(b"".join(whole) + last[:left])
    assert list(read(path)) == SEEN[:seen]
    assert caplog.messages == ([f"{path}: line 3: cut off, and left out"] if seen < 2 else [])


def test_a_missing_recording_is_named(tmp_path):
    with pytest.raises(RecordingError, match="cannot be read: No such file"):
        list(read(tmp_path / "absent.jsonl"))
