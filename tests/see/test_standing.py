"""A camera that hangs upside down is told from one that stands upright."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from edge.commands.upright import Upright
from edge.types import NS, Frame, Step


@pytest.fixture(scope="module")
def faces(picture, clip):
    """Pictures with somebody in them who can be seen."""
    clips = ("WolfgangLanger_Pexels.mp4", 300), ("single_face.mp4", 72), ("face_noface.mov", 60)
    return [picture("single_face.jpg"), picture("multi_face.jpg")] + [
        frame.image for name, length in clips for frame in clip(name)[:length:20]
    ]


def turned(image):
    return np.ascontiguousarray(image[::-1, ::-1])


def test_faces_upside_down_are_told_from_upright_ones(sight, faces):
    see = sight(emotion=False)
    assert not any(see.on_its_head(Frame(0, image)) for image in faces)
    told = sum(see.on_its_head(Frame(0, turned(image))) for image in faces)
    assert told >= len(faces) - 1  # 62 of 63, of every tenth frame


def test_where_nobody_is_there_is_nothing_to_be_said(sight, clip):
    see = sight(emotion=False)
    empty = [frame.image for frame in clip("no_face.mp4")[::20]]
    assert not any(see.on_its_head(Frame(0, f(i))) for i in empty for f in (turned, np.array))


def test_it_is_asked_once_a_second_while_the_page_is_open_and_said_when_sure():
    asked, faults, page = [], [], SimpleNamespace(open=True)

    def on_its_head(frame):
        asked.append(frame.t_ns / NS)
        return len(asked) != 2

    upright = Upright(on_its_head, rotate=180)
    frames = (Frame(i * NS // 10, None) for i in range(80))
    for i, _ in enumerate(upright.watch(frames, page)):
        page.open = i < 55
        faults.append(upright.told(Step(t_ns=i, faults=("board_hot",))).faults)
    assert asked == [0, 1, 2, 3, 4, 5]
    assert faults[29] == ("board_hot",)
    assert faults[30] == ("board_hot", "camera_rotate_0")
