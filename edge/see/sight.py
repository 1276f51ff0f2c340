"""Seeing as a whole: one frame in, one observation out.

Detection runs while nobody is followed, every other time from a step back, and then once a second,
for some seconds more often where a face was lost or two have met; landmarks on every frame;
expression at a rate of its own. A face that the landmark model no longer believes in is dropped,
and what could not be read stays None.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from edge.see import actions, detector, expression, eyes, image, landmarks, standing
from edge.see.reading import read
from edge.see.runtime import load
from edge.see.tracks import Track, Tracks
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

SOUGHT_S = 0.2
"""How often the detector looks for a face that was just lost while others are followed: a driver is
missed after two seconds [E]."""


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
        self._tracks = Tracks(settings.faces)
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
            self._further_back = not self._tracks.now and not self._further_back
            self._detect(frame, find)
        faces = self._followed(frame)
        if not faces and self._looks > 1:  # there is no next frame to step back in
            self._detect(frame, detector.find_further_back)
            faces = self._followed(frame)
        height, width = frame.image.shape[:2]
        return Observation(frame.t_ns, faces, light, width, height)

    def on_its_head(self, frame: Frame) -> bool:
        """Whether the picture stands on its head: for who aims a camera, at a frame's cost."""
        least = self._settings.detect_score
        return standing.on_its_head(self._detector, self._landmarks, frame.image, least)

    def _detection_is_due(self, t_ns: int) -> bool:
        if not self._tracks.now or self._detected_ns is None or t_ns < self._detected_ns:
            return True
        every_s = self._settings.detect_every_s
        if self._tracks.sought(t_ns):
            every_s = min(every_s, SOUGHT_S)
        return t_ns - self._detected_ns >= every_s * NS

    def _detect(self, frame: Frame, find: Find) -> None:
        started = self._clock()
        self._detected_ns = frame.t_ns
        settings = self._settings
        # More than can be followed: the surest need not be the largest, nor who is missed.
        found = find(self._detector, frame.image, settings.detect_score, 2 * settings.faces)
        self._tracks.add((face.box, landmarks.first_region(face)) for face in found)
        self._count("detector", started)

    def _followed(self, frame: Frame) -> tuple[FaceReading, ...]:
        seen = [self._follow(frame, track) for track in self._tracks.now]
        tracks = [None if one is None else one[0] for one in seen]
        readings = [None if one is None else one[1] for one in seen]
        return tuple(
            replace(reading, track=track.id)
            for place, track in self._tracks.update(tracks, frame.t_ns)
            if (reading := readings[place]) is not None
        )

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
        reading = read(track.id, track.box, marks)
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
