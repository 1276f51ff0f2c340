"""Videos, read and written with PyAV: every frame of a file, at the time that the file gives it.

``device/video.py`` plays a file as a camera would, dropping what comes late. Here nothing is
dropped, a file says why it cannot be read, and what is written keeps uneven times.
"""

from __future__ import annotations

import io
from contextlib import contextmanager, suppress
from fractions import Fraction
from typing import TYPE_CHECKING, BinaryIO

import av
import numpy as np

from edge.analysis.sources import Opened, Unreadable, unreadable
from edge.analysis.timing import Timing
from edge.types import NS, Frame

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

WAIT_S = 10.0
"""For an address to answer, and for its next picture."""

SHORT_S = 1.0
"""A file that ends earlier than it says by so much has been cut off."""

FASTEST, USUAL = 240.0, 25.0
"""Pictures a second: more than any camera takes, and where nothing says how many."""

JOINED = 0x0200
"""FFmpeg's AVFMT_TS_DISCONT: formats whose times may begin anew in the middle."""

TICKS = 90_000
"""A second, in written films: the clock of MPEG."""

QUALITY = {"crf": "23", "preset": "veryfast", "threads": "1"}
"""One thread: two would share the core, and the same pictures must give the same file."""


@contextmanager
def opened(address: str, *, stream: bool = False) -> Iterator[Opened]:
    """Frames of a file or of an rtsp:// or http:// address. Raises ``Unreadable``."""
    options = {"rtsp_transport": "tcp"} if address.startswith("rtsp") else {}
    try:
        container = av.open(address, options=options, timeout=WAIT_S if stream else None)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise Unreadable(_why_not(error, stream=stream)) from error
    with container:
        moving = [s for s in container.streams.video if not _is_cover(s)]
        if not moving:
            has = "only sound in it" if container.streams.audio else "nothing to see in it"
            msg = f"no video stream: {has}"
            raise Unreadable(msg)
        video = moving[0]
        length_s = None
        if video.duration is not None and video.time_base is not None:
            length_s = float(video.duration * video.time_base)
        elif container.duration is not None:
            length_s = container.duration / av.time_base
        broken: list[str] = []
        timing = Timing(_rate(video), leaps=stream or _leaps(container))
        frames = _frames(container, video, length_s, broken, timing)
        first = next(frames, None)
        if first is None:
            why = f": {broken[0]}" if broken else ""
            raise Unreadable(f"no picture in this video can be read{why}")
        height, width = first.image.shape[:2]
        yield Opened(
            "stream" if stream and not length_s else "video",
            width,
            height,
            _from(first, frames),
            length_s=length_s,
            broken=broken,
            odd=timing.said,
        )


class Writer:
    """An MP4 that every browser plays, frame by frame; ``close`` makes it whole."""

    def __init__(self, file: BinaryIO, width: int, height: int) -> None:
        """Write to ``file``, which can seek. An odd last row or column is left out.

        Raises ``OSError`` where H.264 has no such size.
        """
        if min(width, height) < 2:
            raise OSError(f"no video is {width} × {height} pixels")
        self._container = av.open(file, "w", format="mp4", options={"fflags": "+bitexact"})
        stream = self._container.add_stream("libx264", options=QUALITY)
        stream.width, stream.height = width - width % 2, height - height % 2
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, TICKS)
        stream.codec_context.flags |= av.codec.context.Flags.bitexact
        self._stream = stream
        self._last = -1

    def add(self, t_ns: int, image: NDArray[np.uint8]) -> None:
        """Show uint8[H, W, 3] RGB from ``t_ns`` on."""
        height, width = self._stream.height, self._stream.width
        picture = av.VideoFrame.from_ndarray(
            np.ascontiguousarray(image[:height, :width]), format="rgb24"
        )
        self._last = max(self._last + 1, t_ns * TICKS // NS)
        picture.pts = self._last
        picture.time_base = Fraction(1, TICKS)
        for packet in self._stream.encode(picture):
            self._container.mux(packet)

    def close(self) -> None:
        """Write what is still held back, and the index."""
        for packet in self._stream.encode():
            self._container.mux(packet)
        self._container.close()

    def drop(self) -> None:
        """Let go of a film that will not be kept."""
        with suppress(av.FFmpegError, OSError, ValueError):
            self._container.close()


def torn(content: bytes) -> bool:
    """Whether a JPEG is damaged inside, which Pillow shows without a word: grey, or shifted.

    None of 900 ordinary ones is, and of those with a few random bytes in the middle about six in
    ten; the others look all right.
    """
    if not content.startswith(b"\xff\xd8"):
        return False
    try:
        with av.open(io.BytesIO(content), "r", format="jpeg_pipe") as container:
            container.streams.video[0].codec_context.options = {"err_detect": "explode"}
            for _ in container.decode(video=0):
                pass
    except av.InvalidDataError:
        return True
    except av.FFmpegError:  # kinds of JPEG that only Pillow knows
        return False
    return False


def _from(first: Frame, rest: Iterator[Frame]) -> Iterator[Frame]:
    yield first
    yield from rest


def _frames(
    container: av.container.InputContainer,
    video: av.VideoStream,
    length_s: float | None,
    broken: list[str],
    timing: Timing,
) -> Iterator[Frame]:
    torn = shown = 0
    stopped = None
    packets = container.demux(video)
    while True:
        try:
            packet = next(packets, None)
        except (av.FFmpegError, OSError) as error:
            stopped = error.strerror or str(error)
            break
        if packet is None:
            break
        try:
            pictures = packet.decode()
        except av.FFmpegError:
            torn += 1
            continue
        for picture in pictures:
            stamp = picture.time
            t_ns = timing(None if stamp is None else round(stamp * NS))
            shown += 1
            torn += picture.is_corrupt
            yield Frame(t_ns, _image(picture))
    if not shown:
        broken += [stopped] if stopped else []
        return
    if torn:
        broken.append(f"{torn} damaged pictures")
    t_s = timing.t_ns / NS
    whole_s = None if timing.jumps_ns else length_s  # else it is the clock's, not the film's
    if whole_s is not None and whole_s - t_s - 1 / timing.rate > SHORT_S:
        broken.append(f"breaks off at {t_s:.1f} s of {whole_s:.1f} s")
    elif stopped is not None:
        broken.append(f"breaks off at {t_s:.1f} s: {stopped}")


def _rate(video: av.VideoStream) -> float:
    """Pictures a second, as the file says or FFmpeg believes."""
    guessed, mean = float(video.guessed_rate or 0), float(video.average_rate or 0)
    return guessed if 0 < guessed <= FASTEST else mean or USUAL  # a raw film's mean is made up


def _leaps(container: av.container.InputContainer) -> bool:
    """Whether its format is made to be joined and cut; elsewhere a gap in the times is a gap."""
    return bool(container.format.flags & JOINED)


def _image(picture: av.VideoFrame) -> NDArray[np.uint8]:
    image = picture.to_ndarray(format="rgb24")
    turns = round(picture.rotation / 90) % 4  # held upright: phones only note how
    return np.ascontiguousarray(np.rot90(image, turns)).astype(np.uint8, copy=False)


def _is_cover(stream: av.VideoStream) -> bool:
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def _why_not(error: Exception, *, stream: bool) -> str:
    if stream:
        return f"cannot be opened: {getattr(error, 'strerror', None) or error}"
    if isinstance(error, av.InvalidDataError):
        return "not a video that can be read, or the end of it is missing"
    return unreadable(error)
