"""A whole file, added up frame by frame: who showed what for how long, alerts, moments.

A frame stands until the next one, for a second at the most: what was not looked at is not counted.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from msgspec import UNSET, structs

from edge.analysis import results as r
from edge.analysis.looking import rounded
from edge.analysis.moments import Moments
from edge.types import NS

if TYPE_CHECKING:
    from edge.analysis.moments import Key
    from edge.types import MoodSummary, Step

STANDS_S = 1.0
PEOPLE = 100
ALERTS = 1000


class Tally:
    """One face, or the scene, by time. ``add`` says what held for ``span_s``."""

    def __init__(self, track: int | None, first_s: float) -> None:
        """Nothing is known yet."""
        self.track, self.first_s, self.last_s = track, first_s, first_s
        self.seen_s = self.read_s = 0.0
        self.share: dict[str, float] = {}
        self._valence = self._arousal = self._worried = 0.0
        self._attention = self._attention_s = 0.0
        self._shut_s = self._eyes_s = 0.0
        self._label: str | None = None
        self.changes = 0

    def add(self, face: r.Face, t_s: float, span_s: float) -> None:
        """Count one face for as long as it stood."""
        self.last_s = t_s
        if face.attention is not None:
            self._attention += face.attention.value * span_s
            self._attention_s += span_s
        if face.eyes_open is not None:
            self._shut_s += span_s * (face.eyes_open < 0.2)
            self._eyes_s += span_s
        emotion = face.emotion
        if emotion is UNSET or emotion is None:
            return
        self.read_s += span_s
        self.share[emotion.label] = self.share.get(emotion.label, 0.0) + span_s
        self._valence += emotion.valence * span_s
        self._arousal += emotion.arousal * span_s
        self._worried += (emotion.worried or 0.0) * span_s
        if self._label not in {None, emotion.label}:
            self.changes += 1
        self._label = emotion.label

    def person(self, whole_s: float, *, emotion: bool) -> r.Person:
        """What it comes to."""
        person = r.Person(
            track=self.track,
            first_s=round(self.first_s, 3),
            last_s=round(self.last_s, 3),
            seen_s=round(self.seen_s, 3),
            unseen=round(max(0.0, 1 - self.seen_s / whole_s), 3) if whole_s else 0.0,
            attention=_mean(self._attention, self._attention_s),
            eyes_shut=_mean(self._shut_s, self._eyes_s),
        )
        if not emotion:
            return person
        shares = sorted(self.share.items(), key=lambda item: (-item[1], item[0]))
        return structs.replace(
            person,
            share={name: round(s / self.read_s, 4) for name, s in shares} if self.read_s else {},
            dominant=shares[0][0] if shares else None,
            valence=_mean(self._valence, self.read_s),
            arousal=_mean(self._arousal, self.read_s),
            worried=_mean(self._worried, self.read_s),
            changes=self.changes,
        )


class Record:
    """Takes every frame once, in order; ``summary`` at the end."""

    def __init__(self, *, emotion: bool) -> None:
        """Begin with nothing."""
        self._emotion = emotion
        self._scene = Tally(None, 0.0)
        self._people: dict[int, Tally] = {}
        self._alerts: dict[int, r.Alert] = {}
        self._alerts_left_out = 0
        self._windows: list[r.Window] = []
        self.moments = Moments()
        self._last: r.Frame | None = None
        self._span_s = 0.0
        self._faces_most = 0
        self.frames = 0

    def add(self, frame: r.Frame, step: Step, first_ns: int) -> list[Key]:
        """Take the next frame; gives the moments that it would be a good picture of."""
        if self._last is not None:
            self._span_s = min(STANDS_S, frame.t_s - self._last.t_s)
            self._count(self._last, self._span_s)
        self._last = frame
        self.frames += 1
        self._faces_most = max(self._faces_most, len(frame.faces))
        for alert in step.changes:
            at = self._alerts.get(alert.episode)
            if at is None and len(self._alerts) >= ALERTS:
                self._alerts_left_out += alert.change == "new"
                continue
            self._alerts[alert.episode] = r.Alert(
                type=alert.type,
                level=max(int(alert.level), at.level if at else 0),
                start_s=round((alert.start_ns - first_ns) / NS, 3),
                end_s=None if alert.end_ns is None else round((alert.end_ns - first_ns) / NS, 3),
                reason=alert.reason,
            )
        self._windows += [_window(each, first_ns, emotion=self._emotion) for each in step.summaries]
        return self.moments.add(frame, step, first_ns)

    def summary(self, ended: r.Ended, why: str | None) -> r.Summary:
        """Everything so far."""
        last = self._last
        single = self.frames == 1
        if last is not None:  # the last frame stands as long as the one before it
            self._count(last, 1.0 if single else self._span_s)
        length_s = 0.0 if last is None else last.t_s + self._span_s
        whole_s = 1.0 if single else length_s
        most = heapq.nsmallest(PEOPLE, self._people.values(), key=lambda t: (-t.seen_s, t.track))
        people = sorted(most, key=lambda t: t.track or 0)
        alerts = list(self._alerts.values())
        moments = self.moments.listed(length_s, alerts)
        return r.Summary(
            ended=ended,
            why=why,
            frames=self.frames,
            duration_s=round(length_s, 3),
            faces_most=self._faces_most,
            scene=self._scene.person(whole_s, emotion=self._emotion),
            people=[each.person(whole_s, emotion=self._emotion) for each in people],
            people_left_out=len(self._people) - len(people),
            alerts=alerts,
            alerts_left_out=self._alerts_left_out,
            moments=moments,
            shown=sorted(self.moments.shown, key=lambda s: (s.start_s, s.track)),
            windows=self._windows,
        )

    def _count(self, frame: r.Frame, span_s: float) -> None:
        if frame.faces:
            self._scene.seen_s += span_s
        for face in frame.faces:
            person = self._people.setdefault(face.track, Tally(face.track, frame.t_s))
            person.seen_s += span_s
            for tally in (person, self._scene):
                tally.add(face, frame.t_s, span_s)


def _window(summary: MoodSummary, first_ns: int, *, emotion: bool) -> r.Window:
    window = r.Window(
        start_s=round((summary.start_ns - first_ns) / NS, 3),
        end_s=round((summary.end_ns - first_ns) / NS, 3),
        track=summary.track,
        seen_s=round(summary.seen_s, 3),
        unseen=round(summary.unseen, 3),
        attention=None if summary.attention is None else round(summary.attention.value, 3),
    )
    if not emotion:
        return window
    return structs.replace(
        window,
        share={name: round(share, 4) for name, share in summary.share.items()},
        dominant=summary.dominant,
        valence=None if summary.valence is None else round(summary.valence.mean, 3),
        valence_trend=rounded(summary.valence_trend),
        arousal=None if summary.arousal is None else round(summary.arousal.mean, 3),
        worried=rounded(summary.worried),
        transitions=summary.transitions,
        attitude=summary.attitude,
    )


def _mean(total: float, weight: float) -> float | None:
    return round(total / weight, 3) if weight else None
