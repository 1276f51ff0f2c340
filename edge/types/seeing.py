"""What is seen: pixels come in as a ``Frame`` and go no further; readings go out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Frame(Struct, frozen=True):
    """One picture from a camera.

    ``image``: uint8[H, W, 3] RGB, C-contiguous. ``t_ns``: when the sensor took it, monotonic.
    ``luma``: uint8[h, w] small grey picture from the ISP where the camera gives one.
    ``dropped``: pictures skipped since the previous frame because a newer one was there.
    """

    t_ns: int
    image: NDArray[np.uint8]
    luma: NDArray[np.uint8] | None = None
    dropped: int = 0


class Box(Struct, frozen=True):
    """Rectangle in full-frame pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def area(self) -> float:
        """Area in square pixels; 0 for an inside-out box."""
        return max(0.0, self.right - self.left) * max(0.0, self.bottom - self.top)

    @property
    def middle(self) -> tuple[float, float]:
        """Its centre, x and y."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


class Pose(Struct, frozen=True):
    """Head pose in degrees: yaw > 0 to the subject's left, pitch > 0 up, roll > 0 clockwise."""

    yaw_deg: float
    pitch_deg: float
    roll_deg: float


class Gaze(Struct, frozen=True):
    """Where the eyes look, in degrees from the line to the camera, whatever the head does.

    Signs as of ``Pose``. ``confidence``: 0..1, how far the irises could be read; each person reads
    some degrees aside, which whoever knows where that person looks straight ahead takes off.
    """

    yaw_deg: float
    pitch_deg: float
    confidence: float


class FaceReading(Struct, frozen=True):
    """What one face showed in one frame.

    ``ear``: eye aspect ratio of the eyes that can be judged (Soukupová & Čech 2016) on the common
    scale on which an average open eye reads 0.26. ``mar``: inner-lip gap / mouth width.
    ``emotion``: probabilities in the order of ``EMOTIONS``, only on frames on which the face was
    asked for it; ``actions``: facial actions in the order of ``ACTIONS``, on the
    same frames: 0 as on an average neutral face, 1 fully shown, within -1 and 2. ``eyes_visible``:
    how sure it is that eyes are to be seen at all (no sunglasses, glare or hand), 0..1; None where
    nothing measures it. ``gaze``: None where lids, hair or a turned head hide the irises.
    """

    track: int
    box: Box
    confidence: float
    ear: float | None = None
    ear_right: float | None = None
    ear_left: float | None = None
    mar: float | None = None
    pose: Pose | None = None
    emotion: tuple[float, ...] | None = None
    actions: tuple[float, ...] | None = None
    eyes_visible: float | None = None
    gaze: Gaze | None = None


class Light(Struct, frozen=True):
    """Brightness of the whole picture, 0..1: mean and standard deviation of a sparse grid.

    ``repeated``: the grid is that of a picture just before, bit for bit (a stuck camera).
    """

    mean: float
    spread: float
    repeated: bool = False


class Vehicle(Struct, frozen=True):
    """What the vehicle last said, and how long before this frame it said so."""

    speed_kmh: float | None = None
    age_s: float = 0.0


class Board(Struct, frozen=True):
    """What the board's sensors said; None where it has no such sensor.

    ``throttled``: the bits of a Raspberry Pi's firmware. ``undervolt``: the supply is too weak now.
    """

    temp_c: float | None = None
    throttled: int | None = None
    undervolt: bool | None = None


class Remembered(Struct, frozen=True):
    """How the driver in this seat read when the device last ran: numbers, and of nobody by name.

    Eye aspect ratios of the open and the shut eye; where straight ahead is, in degrees.
    """

    ear_open: float
    ear_shut: float
    yaw_deg: float | None = None
    pitch_deg: float | None = None


class Observation(Struct, frozen=True):
    """All that ``judge`` ever learns of a frame. Recordings are made of these.

    ``requests``: what people asked for since the last frame: ``ack``, ``recalibrate``, ``summary``;
    ``reopened``: the camera had been shut.
    ``board``: only with the frames for which it was read. ``remembered``: with the first frame
    alone.
    """

    t_ns: int
    faces: tuple[FaceReading, ...] = ()
    light: Light | None = None
    width: int = 0
    height: int = 0
    vehicle: Vehicle | None = None
    requests: tuple[str, ...] = ()
    board: Board | None = None
    remembered: Remembered | None = None
