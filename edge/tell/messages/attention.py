"""How much people were with it: a physical state, said in every profile."""

from __future__ import annotations

import msgspec

from edge.tell.messages.head import Message


class AttentionParts(msgspec.Struct, kw_only=True):
    """``index`` 0..1 is the product of its parts: head ahead, gaze ahead, eyes open; null: unseen.

    Where nobody drives, ahead is towards the camera.
    """

    index: float
    head: float
    gaze: float | None
    eyes: float | None


class FaceAttention(msgspec.Struct, kw_only=True):
    """One face: ``track`` is its number for as long as it is followed, and names nobody."""

    track: int
    seen_s: float
    attention: AttentionParts | None


class AttentionSummary(Message, kw_only=True):
    """``attention/summary``, retained: means by time over a window, of all faces and of each.

    ``seen_s``: somebody was in sight; ``unseen``: share of the window in which nobody was. The
    four faces that were seen longest are told of one by one.
    """

    window_s: float
    seen_s: float
    unseen: float
    attention: AttentionParts | None
    faces: list[FaceAttention]
