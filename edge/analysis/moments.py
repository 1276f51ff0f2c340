"""The moments that are worth a look: an expression that lasted, an alert, the widest smile.

Each has a weight; where there are very many only the heaviest are kept, so that an hour of video
needs no more memory than a minute.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from msgspec import UNSET

from edge.analysis import results as r
from edge.types import NS

if TYPE_CHECKING:
    from edge.types import Step

KEPT = 40
SPANS = 5000
"""Of expressions, one after the other; a face that changed every two seconds for three hours."""

LASTS_S = 0.8
"""An expression under this is not worth a look."""

PALE = frozenset({"neutral", "uncertain"})
SMILE = 0.5
WORRIED = 0.5
"""More likely than not; where it is already called sad or fear there is no need to say so."""

TOLD = frozenset({"sad", "fear"})
AWAY_S = 2.0
"""Nobody in sight for so long is a moment of its own."""

MARKS = {"yawn": 0.5, "head_nod": 0.4}

Open = tuple[str, float, float, float, tuple[str, ...]]
"""An expression under way: label, since, last seen, most sure; what it is between."""

Worry = tuple[float, float, float]
"""Worry under way: since, last seen, at its strongest."""

Key = tuple[str, float, int | None]
"""Which moment: kind, begin in seconds, track."""

SURER = 0.1
"""A picture of an expression is taken again when it has become so much surer."""


def key(moment: r.Moment) -> Key:
    """Its name among all moments."""
    return moment.kind, moment.t_s, moment.track


class Moments:
    """Takes every frame once, in order; ``listed`` gives what stood out."""

    def __init__(self) -> None:
        """Nothing has happened yet."""
        self._kept: list[tuple[float, int, r.Moment]] = []
        self._count = 0
        self._open: dict[int, Open] = {}
        self._worried: dict[int, Worry] = {}
        self._smiles: dict[int, r.Moment] = {}
        self.shown: list[r.Shown] = []
        self._nobody_s: float | None = None
        self._shown: dict[int, float] = {}
        self._wanted: list[Key] = []

    def add(self, frame: r.Frame, step: Step, first_ns: int) -> list[Key]:
        """Look at one frame; gives the moments that it would be a good picture of."""
        self._wanted = []
        for face in frame.faces:
            self._expression(face, frame.t_s)
            self._worry(face, frame.t_s)
            self._smile(face, frame.t_s)
        for track in [t for t, o in self._open.items() if frame.t_s - o[2] > 1.0]:
            self._close(track)
        for track in [t for t, w in self._worried.items() if frame.t_s - w[1] > 1.0]:
            self._calmed(track)
        self._presence(frame)
        for mark in step.marks:
            if mark.type in MARKS:
                start_s, end_s = ((t - first_ns) / NS for t in (mark.start_ns, mark.end_ns))
                text = mark.type.replace("_", " ")
                self._keep("mark", start_s, end_s, step.track, text, MARKS[mark.type])
                self._wanted.append(("mark", round(start_s, 3), step.track))
        for alert in step.changes:
            if alert.change == "new":
                self._wanted.append(("alert", round((alert.start_ns - first_ns) / NS, 3), None))
        return self._wanted

    def possible(self) -> set[Key]:
        """Those that may still be listed, alerts apart."""
        kept = {key(moment) for _, _, moment in self._kept}
        smiles = {key(moment) for moment in self._smiles.values()}
        under_way = {("emotion", round(o[1], 3), track) for track, o in self._open.items()}
        under_way |= {("worried", round(w[0], 3), track) for track, w in self._worried.items()}
        return kept | smiles | under_way

    def listed(self, end_s: float, alerts: list[r.Alert]) -> list[r.Moment]:
        """In order of time. ``alerts`` are moments too."""
        for track in list(self._open):
            self._close(track)
        for track in list(self._worried):
            self._calmed(track)
        self._presence(None, end_s)
        for alert in alerts:
            if alert.reason == "escalated":
                continue  # the graver one that it became is a moment
            lasted = "" if alert.end_s is None else f" for {alert.end_s - alert.start_s:.1f} s"
            text = f"{alert.type.replace('_', ' ')}{lasted}"
            weight = 0.5 + alert.level / 10
            self._keep("alert", alert.start_s, alert.end_s, None, text, weight)
        widest = sorted(self._smiles.values(), key=lambda m: (-m.weight, m.t_s))[:4]
        kept = [moment for _, _, moment in self._kept] + widest
        return sorted(kept, key=lambda m: (m.t_s, m.kind, m.text))

    def _expression(self, face: r.Face, t_s: float) -> None:
        emotion = face.emotion
        if emotion is UNSET or emotion is None:
            return
        was = self._open.get(face.track)
        if was is not None and was[0] == emotion.label and set(was[4]) == set(emotion.between):
            sure = max(was[3], emotion.confidence)
            if emotion.confidence > self._shown.get(face.track, 0.0) + SURER:
                self._shown[face.track] = emotion.confidence
                self._wanted.append(("emotion", round(was[1], 3), face.track))
            self._open[face.track] = (was[0], was[1], t_s, sure, was[4])
            return
        if was is not None:
            self._open[face.track] = (was[0], was[1], t_s, was[3], was[4])
            self._close(face.track)
        between = tuple(emotion.between)
        self._open[face.track] = (emotion.label, t_s, t_s, emotion.confidence, between)
        self._shown[face.track] = emotion.confidence
        self._wanted.append(("emotion", round(t_s, 3), face.track))

    def _close(self, track: int) -> None:
        label, start_s, end_s, sure, between = self._open.pop(track)
        self._shown.pop(track, None)
        if len(self.shown) < SPANS:
            self.shown.append(
                r.Shown(
                    track=track,
                    label=label,
                    start_s=round(start_s, 3),
                    end_s=round(end_s, 3),
                    confidence=round(sure, 3),
                    between=list(between),
                )
            )
        lasted_s = end_s - start_s
        if label in PALE or lasted_s < LASTS_S:
            return
        weight = 0.3 + 0.3 * min(1.0, lasted_s / 10) + 0.3 * sure
        self._keep("emotion", start_s, end_s, track, f"{label} for {lasted_s:.1f} s", weight)

    def _worry(self, face: r.Face, t_s: float) -> None:
        emotion = face.emotion
        if emotion is UNSET or emotion is None:
            return
        was = self._worried.get(face.track)
        worried = emotion.worried or 0.0
        if worried < WORRIED or emotion.label in TOLD:
            if was is not None:
                self._worried[face.track] = (was[0], t_s, was[2])
                self._calmed(face.track)
            return
        begun_s, strongest = (t_s, 0.0) if was is None else (was[0], was[2])
        if worried > strongest + SURER:
            self._wanted.append(("worried", round(begun_s, 3), face.track))
            strongest = worried
        self._worried[face.track] = (begun_s, t_s, strongest)

    def _calmed(self, track: int) -> None:
        start_s, end_s, strongest = self._worried.pop(track)
        lasted_s = end_s - start_s
        if lasted_s >= LASTS_S:
            weight = 0.3 + 0.3 * min(1.0, lasted_s / 10) + 0.3 * strongest
            text = f"worried (derived) for {lasted_s:.1f} s"
            self._keep("worried", start_s, end_s, track, text, weight)

    def _smile(self, face: r.Face, t_s: float) -> None:
        actions, trusted = face.actions, face.actions_trusted
        if actions is UNSET or actions is None:
            return
        wide = actions["au12"]
        if wide is None or wide < SMILE or (trusted is not UNSET and "au12" not in trusted):
            return
        happy = 0.0
        if face.emotion is not UNSET and face.emotion is not None:
            happy = face.emotion.probabilities.get("happy", 0.0)
        strength = round((wide + happy) / 2, 3)
        best = self._smiles.get(face.track)
        if best is None or strength > best.weight:
            self._wanted.append(("smile", round(t_s, 3), face.track))
            self._smiles[face.track] = r.Moment(
                kind="smile",
                t_s=round(t_s, 3),
                end_s=None,
                track=face.track,
                text="the widest smile",
                weight=strength,
            )

    def _presence(self, frame: r.Frame | None, end_s: float = 0.0) -> None:
        if frame is not None and not frame.faces:
            if self._nobody_s is None:
                self._nobody_s = frame.t_s
            return
        since_s, until_s = self._nobody_s, end_s if frame is None else frame.t_s
        self._nobody_s = None
        if since_s is not None and until_s - since_s >= AWAY_S:
            text = f"nobody in sight for {until_s - since_s:.1f} s"
            self._keep("nobody", since_s, until_s, None, text, 0.35)

    def _keep(
        self,
        kind: str,
        t_s: float,
        end_s: float | None,
        track: int | None,
        text: str,
        weight: float,
    ) -> None:
        self._count += 1
        moment = r.Moment(
            kind=kind,
            t_s=round(t_s, 3),
            end_s=None if end_s is None else round(end_s, 3),
            track=track,
            text=text,
            weight=round(weight, 3),
        )
        heapq.heappush(self._kept, (moment.weight, -self._count, moment))
        if len(self._kept) > KEPT:
            heapq.heappop(self._kept)
