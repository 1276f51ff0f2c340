"""Films whose clock is missing, set back or set ahead keep their time."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import av
import pytest

from edge import analyze
from edge.__main__ import main
from edge.analysis import film
from edge.analysis.timing import Timing

if TYPE_CHECKING:
    from pathlib import Path


def times_s(stamps: list[float | None], *, leaps: bool = True) -> list[float]:
    timing = Timing(30, leaps=leaps)
    return [round(timing(None if s is None else round(s * 1e9)) / 1e9, 3) for s in stamps]


@pytest.mark.parametrize(
    ("stamps", "times"),
    [
        ([1.4, 1.433, None, None, 1.533], [0, 0.033, 0.066, 0.1, 0.133]),
        ([None] * 4, [0, 0.033, 0.067, 0.1]),
        ([None, 7.0, 7.5], [0, 0.033, 0.533]),
        ([20, 20.033, 10, 10.033, 10.066], [0, 0.033, 0.066, 0.099, 0.132]),
        ([20, 20.033, 3620, 3620.033], [0, 0.033, 0.066, 0.099]),
        ([20, 28, 36], [0, 8, 16]),
        ([0, 0.1, 0.1, 0.2], [0, 0.1, 0.1, 0.2]),  # one of two that stand: no time is added
        ([0, 0.033, 0.1, 0.067, 0.133], [0, 0.033, 0.1, 0.1, 0.133]),
        ([5, 5, 5, 5, 5], [0, 0, 0.033, 0.067, 0.1]),  # a clock that stands
    ],
)
def test_time_goes_on_whatever_the_stamps_do(stamps, times):
    assert times_s(stamps) == pytest.approx(times, abs=0.0011)


def test_where_no_clock_can_have_been_set_a_gap_is_a_gap():
    assert times_s([20, 20.033, 3620], leaps=False) == pytest.approx([0, 0.033, 3600])


@pytest.fixture
def cut(sleeper, tmp_path):
    """Make a film of the sleeper's first frames, in another format."""

    def make(name: str, kind: str, frames: int, rate: int) -> Path:
        path = tmp_path / name
        with av.open(sleeper) as taken, av.open(path, "w", format=kind) as made:
            stream = made.add_stream("libx264", rate=rate)
            stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
            for number, picture in zip(range(frames), taken.decode(video=0), strict=False):
                picture.pts, picture.time_base = number, 1 / stream.codec_context.framerate
                made.mux(stream.encode(picture.reformat(640, 360, "yuv420p")))
            made.mux(stream.encode())
        return path

    return make


def test_a_sleeper_in_a_film_without_times_is_asleep(cut):
    summary = analyze(cut("raw.h264", "h264", 110, 24)).summary
    assert summary.duration_s == pytest.approx(110 / 24, abs=0.01)
    assert [alert.type for alert in summary.alerts][:2] == ["eyes_closed_pre", "microsleep"]
    assert (summary.ended, summary.why) == (
        "complete",
        "no times in it: 24 pictures a second assumed",
    )


def test_of_films_joined_in_one_file_all_the_time_is_counted(cut, tmp_path, capsys):
    part = cut("part.ts", "mpegts", 48, 24).read_bytes()
    joined = tmp_path / "joined.ts"
    joined.write_bytes(part * 3)
    with film.opened(str(joined)) as opened:
        steps_ns = [frame.t_ns for frame in opened.frames]
    gaps_s = [(b - a) / 1e9 for a, b in pairwise(steps_ns)]
    assert len(gaps_s) == 143
    assert gaps_s == pytest.approx([1 / 24] * 143, abs=1e-3)
    assert main(["analyze", str(joined)]) == 0
    said = capsys.readouterr()
    assert f"{joined}: 6.0 s, 1 face" in said.out
    assert "alerts: sleep" in said.out
    assert "its clock jumps at 2.0, 4.0 s: taken as if nothing lay between" in said.err
