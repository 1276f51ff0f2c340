"""Seeing as a whole: one frame in, one observation out.

Detection runs while nobody is followed, every other time from a step back, and then once a second;
landmarks on every frame; expression at a rate of its own. A face that the landmark model no longer
believes in is dropped, and what could not be read stays None.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from edge.see import actions, detector, expression, eyes, image, landmarks, ratios
from edge.see.gaze import gaze
from edge.see.runtime import load
from edge.see.tracks import Track, apart, known
from edge.types import NS, FaceReading, Observation

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from edge.see.image import Region
    from edge.see.modelfile import ModelFile
    from edge.see.runtime import Model
    from edge.see.settings import SightSettings
    from edge.types import Frame

    Find = Callable[[Model, NDArray[np.uint8], float, int], list[detector.Detection]]
    """Detector, picture, least score and most faces to the faces, best first."""

FACE = 0.8
"""The landmark model's belief in a face under which the track is dropped: 0.3 % of pictures without
a face are taken for one, 99 % of faces behind a hand are kept (models/training/reports)."""

FACE_AGAIN = 0.95
"""What a second look has to reach: with 0.8 it would take twice as many bushes for faces as with
this (20 and 10 of 236 pictures without one), for one face more in eighteen."""

SEEN = 0.5
"""Visibility under which an eye or the mouth is covered: nothing is read off it."""

EYE_YAW_DEG = 45.0
NEAR_EYE = 0.85
"""Beyond this yaw no eye is judged; under this ratio of widths only the nearer one is."""


CLEARER = 0.1
"""An eye that is more visible than the other by this is read alone: of shut eyes with a hand before
one of them 40 % were called open, and now are 25 % (``python -m bench.covered``)."""


def opened(files: dict[str, ModelFile], *, emotion: bool) -> dict[str, Model]:
    """The models by role; where emotion is off, that one is not even read from the disk."""
    specs = [detector.SPEC, landmarks.SPEC, eyes.SPEC] + ([expression.SPEC] if emotion else [])
    return {spec.name: load(spec, files[spec.name]) for spec in specs}


class Sight:
    """The networks with their memory of who is being followed: call it with a frame."""

    def __init__(
        self,
        models: dict[str, Model],
        settings: SightSettings,
        *,
        emotion: bool = True,
        clock: Callable[[], int] = lambda: 0,
        find: Find = detector.find,
        looks: int = 1,
    ) -> None:
        """Take loaded models by role; without ``emotion`` no expression is ever read.

        ``clock`` gives CPU nanoseconds; what each stage spends is added up in ``cpu_ns``.
        ``expression_hz`` may be set lower while running, where the board must be spared.
        ``find`` says how the detector goes over a picture (``edge.see.tiles`` goes closer); while
        that finds nobody who is believed in, every other look is from a step back.
        ``looks``: how often the landmark model may look, each time where it last saw the face,
        before it has to believe in it; a camera shows the face again, a photo does not. With
        more than one, expression looks at the mirror image too.
        """
        self._find = find
        self._looks = looks
        self._detector = models["detector"]
        self._landmarks = models["landmarks"]
        self._eyes = models["eyes"]
        self._expression = models["expression"] if emotion else None
        self._temperature = models["expression"].file.temperature if emotion else 1.0
        self._settings = settings
        self.expression_hz = settings.expression_hz
        self._clock = clock
        self._tracks: list[Track] = []
        self._ids = 0
        self._detected_ns: int | None = None
        self._further_back = False
        self._grids: tuple[NDArray[np.uint8], ...] = ()
        self.runtime = self._landmarks.runtime
        self.cpu_ns = dict.fromkeys(models if emotion else ("detector", "landmarks", "eyes"), 0)
        self.calls = dict.fromkeys(self.cpu_ns, 0)

    @classmethod
    def load(
        cls,
        files: dict[str, ModelFile],
        settings: SightSettings,
        *,
        emotion: bool = True,
        clock: Callable[[], int] = lambda: 0,
    ) -> Sight:
        """Open the models; where emotion is off, that one is not even read from the disk."""
        return cls(opened(files, emotion=emotion), settings, emotion=emotion, clock=clock)

    def __call__(self, frame: Frame) -> Observation:
        """Look at one frame."""
        plane = frame.image if frame.luma is None else frame.luma
        light, self._grids = image.light(plane, self._grids)
        if self._detection_is_due(frame.t_ns):
            find = detector.find_further_back if self._further_back else self._find
            self._further_back = not self._tracks and not self._further_back
            self._detect(frame, find)
        faces = self._followed(frame)
        if not faces and self._looks > 1:  # there is no next frame to step back in
            self._detect(frame, detector.find_further_back)
            faces = self._followed(frame)
        height, width = frame.image.shape[:2]
        return Observation(frame.t_ns, faces, light, width, height)

    def _detection_is_due(self, t_ns: int) -> bool:
        if not self._tracks or self._detected_ns is None or t_ns < self._detected_ns:
            return True
        if len(self._tracks) >= self._settings.faces:
            return False
        return t_ns - self._detected_ns >= self._settings.detect_every_s * NS

    def _detect(self, frame: Frame, find: Find) -> None:
        started = self._clock()
        self._detected_ns = frame.t_ns
        settings = self._settings
        for found in find(self._detector, frame.image, settings.detect_score, settings.faces):
            if len(self._tracks) < settings.faces and not known(found.box, self._tracks):
                self._ids += 1
                self._tracks.append(Track(self._ids, found.box, landmarks.first_region(found)))
        self._count("detector", started)

    def _followed(self, frame: Frame) -> tuple[FaceReading, ...]:
        followed = list(filter(None, (self._follow(frame, track) for track in self._tracks)))
        seen = {track.id: reading for track, reading in followed}
        self._tracks = apart([track for track, _ in followed])
        return tuple(seen[track.id] for track in self._tracks)

    def _follow(self, frame: Frame, track: Track) -> tuple[Track, FaceReading] | None:
        marks = self._read_landmarks(frame, track.region)
        enough = FACE
        for _ in range(self._looks - 1):
            again = landmarks.region(marks.points)
            if marks.flag >= enough or not again.size > 1:
                break
            enough = FACE_AGAIN
            marks = self._read_landmarks(frame, again)
        if not marks.flag >= enough:  # NaN is no face either
            return None
        box = landmarks.box(marks.points)
        track = replace(track, box=box, region=landmarks.region(marks.points))
        if not track.region.size > 1 or box.area == 0:
            return None
        height, width = frame.image.shape[:2]
        if box.left < 0 or box.top < 0 or box.right >= width or box.bottom >= height:
            marks = landmarks.within(marks, width, height)
        reading = _reading(track, marks)
        if self._expression is not None and self._look_is_due(track, frame.t_ns):
            track = replace(track, looked_ns=frame.t_ns)
            reading = replace(
                reading,
                emotion=self._read_expression(self._expression, frame, marks),
                actions=actions.intensities(actions.measure(marks.points, marks.pose)),
            )
        return track, reading

    def _read_landmarks(self, frame: Frame, region: Region) -> landmarks.Landmarks:
        started = self._clock()
        crop, placement = image.fit_grey(frame.image, region, landmarks.SIZE)
        outputs = self._landmarks(landmarks.prepare(crop))
        self._count("landmarks", started)
        started = self._clock()
        marks = landmarks.decode(outputs, placement, partial(eyes.closer, self._eyes, crop))
        self._count("eyes", started)
        return marks

    def _look_is_due(self, track: Track, t_ns: int) -> bool:
        if track.looked_ns is None or t_ns < track.looked_ns:
            return True
        return t_ns - track.looked_ns >= NS / self.expression_hz * 0.98

    def _read_expression(
        self, model: Model, frame: Frame, marks: landmarks.Landmarks
    ) -> tuple[float, ...]:
        started = self._clock()
        region = expression.region(*landmarks.anchor(marks.points))
        crop, _ = image.fit_grey(frame.image, region, expression.SIZE)
        # A photo shows a face once: its mirror image is the second opinion that a camera's next
        # frame would be (FER+ Valid: models/README.md).
        shown = [crop] if self._looks == 1 else [crop, crop[:, ::-1]]
        said = [model(expression.prepare(one)) for one in shown]
        self._count("expression", started)
        return expression.mean([expression.decode(one, self._temperature) for one in said])

    def _count(self, stage: str, started: int) -> None:
        self.cpu_ns[stage] += self._clock() - started
        self.calls[stage] += 1


def _reading(track: Track, marks: landmarks.Landmarks) -> FaceReading:
    shape = ratios.shape(marks.points)
    away = abs(marks.pose.yaw_deg) > EYE_YAW_DEG
    right, left = (
        None if away or seen < SEEN else ear
        for ear, seen in zip(shape.ears, marks.seen[:2], strict=True)
    )
    return FaceReading(
        track=track.id,
        box=track.box,
        confidence=marks.flag,
        eyes_visible=max(marks.seen[:2]),
        ear=_both(shape.widths, marks.seen[:2], right, left),
        ear_right=right,
        ear_left=left,
        mar=shape.mar if marks.seen[2] >= SEEN else None,
        pose=marks.pose,
        gaze=gaze(marks.points, marks.pose, (right, left), marks.seen),
    )


def _both(
    widths: tuple[float, float],
    seen: tuple[float, float],
    right: float | None,
    left: float | None,
) -> float | None:
    """One ratio for both eyes: their mean, or that of the eye that is clearer, or nearer."""
    if right is None or left is None:
        return right if right is not None else left
    if abs(seen[0] - seen[1]) > CLEARER:
        return right if seen[0] > seen[1] else left
    if min(widths) < NEAR_EYE * max(widths):
        return right if widths[0] > widths[1] else left
    return (right + left) / 2
