"""``from edge import analyze``: a path, an address, an array or frames, and everything at once.

For hours of video ``frames`` gives the results one by one; ``analyze`` holds them all.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import contextmanager
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.analysis import kit, looking
from edge.analysis import results as r
from edge.analysis.opening import opened
from edge.analysis.record import Record
from edge.analysis.sources import Opened, Unreadable, printable
from edge.config import ConfigError
from edge.see.runtime import ModelError
from edge.types import NS, Frame

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from edge.analysis.kit import Kit


class AnalysisError(Exception):
    """Something that cannot be analysed; the text says what and why."""


def analyze(
    source: str | Path | NDArray[Any] | Iterable[NDArray[Any] | Frame],
    *,
    profile: str = kit.PROFILE,
    fps: float = 30.0,
) -> r.Analysis:
    """Look at a photo, a video, an address, an array or frames; all results in one value.

    An array is uint8[H, W, 3] RGB or uint8[H, W]; frames are arrays, ``fps`` of them a second, or
    ``edge.types.Frame`` with times of their own. Raises ``AnalysisError``.
    """
    if not fps > 0:
        raise AnalysisError(f"fps: expected more than 0, got {fps:g}")
    try:
        tools = _kit(profile)
    except (ConfigError, ModelError) as error:
        raise AnalysisError(str(error).replace("profile: profile:", "profile:")) from error
    frames: list[r.Frame] = []
    with _opened(source, fps) as (name, pictures):
        record = Record(emotion=tools.emotion)
        try:
            for look in looking.looks(pictures, tools):
                record.add(look.result, look.step, look.first_ns)
                frames.append(look.result)
        except Unreadable as error:
            raise AnalysisError(f"{name}: {error}") from error
        said = described(name, pictures, tools)
    return r.Analysis(
        schema=r.SCHEMA,
        source=said,
        frames=frames,
        summary=record.summary(*pictures.ended()),
    )


def described(name: str, pictures: Opened, tools: Kit) -> r.Source:
    """What was looked at, and with what."""
    return r.Source(
        file=name,
        kind=pictures.kind,
        width=pictures.width,
        height=pictures.height,
        profile=tools.profile,
        models=tools.versions,
        note=pictures.note,
    )


@cache
def _kit(profile: str) -> Kit:
    """Loaded once: a notebook calls ``analyze`` a hundred times."""
    return kit.load(profile)


@contextmanager
def _opened(source: Any, fps: float) -> Iterator[tuple[str, Opened]]:
    if isinstance(source, (str, os.PathLike)):
        name = printable(source)
        try:
            with opened(os.fspath(source)) as pictures:
                yield name, pictures
        except Unreadable as error:
            raise AnalysisError(f"{name}: {error}") from error
        return
    if isinstance(source, np.ndarray) and source.ndim < 4:
        image = _picture(source)
        yield "array", Opened("photo", image.shape[1], image.shape[0], iter([Frame(0, image)]))
        return
    if not isinstance(source, Iterable):
        got = type(source).__name__
        raise AnalysisError(f"source: expected a path, an address, an array or frames, got {got}")
    frames = _frames(source, fps)
    first = next(frames, None)
    if first is None:
        msg = "frames: there are none"
        raise AnalysisError(msg)
    height, width = first.image.shape[:2]
    yield "frames", Opened("frames", width, height, chain([first], frames))


def _frames(source: Iterable[Any], fps: float) -> Iterator[Frame]:
    for number, item in enumerate(source):
        if isinstance(item, Frame):
            yield item
        else:
            yield Frame(round(number * NS / fps), _picture(item))


def _picture(array: Any) -> NDArray[np.uint8]:
    try:
        image = np.asarray(array)
    except ValueError as error:  # lists of different lengths
        raise AnalysisError(f"array: {error}") from error
    if image.dtype != np.uint8 or image.ndim not in {2, 3} or 0 in image.shape:
        msg = (
            f"array: expected uint8[H, W, 3] RGB or uint8[H, W], got {image.dtype}{[*image.shape]}"
        )
        raise AnalysisError(msg)
    if image.ndim == 2:
        image = np.repeat(image[:, :, None], 3, axis=2)
    if image.shape[2] != 3:
        msg = f"array: expected 3 channels (RGB), got {image.shape[2]}"
        raise AnalysisError(msg)
    return np.ascontiguousarray(image)
