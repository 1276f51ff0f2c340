"""One look, as it is sent: the picture as JPEG, and what is known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
from msgspec import Struct

from edge.page.placing import placed

if TYPE_CHECKING:
    from edge.types import FaceReading, Frame, Observation, Step

WIDEST_PX = 640
JPEG_QUALITY = 80


class Look(Struct, frozen=True):
    """A frame with what was seen in it and judged of it; ``made_s`` on the monotonic clock."""

    number: int
    frame: Frame
    seen: Observation
    step: Step
    fps: float | None
    made_s: float


def told(look: Look, device: str, left_s: float) -> dict[str, object]:
    """What the page shows beside the picture."""
    judgement = placed(look.seen, look.step, look.fps)
    return {
        "number": look.number,
        "device": device,
        "width": look.seen.width,
        "boxes": [_box(face, look.step) for face in look.seen.faces],
        "good": judgement.good,
        "words": judgement.words[:2],
        "eyes": _eyes(look.step),
        "level": int(look.step.level),
        "light": look.step.light or "–",
        "fps": look.fps,
        "left_s": round(left_s),
    }


def _box(face: FaceReading, step: Step) -> dict[str, object]:
    return {
        "left": round(face.box.left),
        "top": round(face.box.top),
        "width": round(face.box.right - face.box.left),
        "height": round(face.box.bottom - face.box.top),
        "judged": face.track == step.track,
    }


def _eyes(step: Step) -> str:
    eyes = step.eyes
    if eyes.openness is None:
        return "not seen"
    if eyes.shut:
        return "shut" if eyes.closed_ms < 500 else f"shut {eyes.closed_ms / 1000:.1f} s"
    return f"{min(1.0, eyes.openness):.0%} open"


def jpeg(frame: Frame) -> bytes:
    """The picture, no wider than a page needs it."""
    picture = frame.image
    height, width = picture.shape[:2]
    if width > WIDEST_PX:
        size = (WIDEST_PX, round(height * WIDEST_PX / width))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(
            "uint8", copy=False
        )
    _, data = cv2.imencode(
        ".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    )
    return data.tobytes()
