"""Faces followed from frame to frame; ids live as long as the face stays in the picture.

The landmark model looks where a face was last and takes what it finds there for the same one: when
somebody leans across, it slides onto the face in front and goes along with it. So ids belong to
places. Of two that have become one the older is followed on, and the other one is remembered: what
the detector then finds at the place of either is given the id that was there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from edge.see.places import NEAR, away, between, meet, merged, near, shows
from edge.types import NS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edge.see.image import Region
    from edge.types import Box

SETTLED_NS = NS
"""Only who was followed for so long is missed: a bush is believed in for a frame or two [E]."""

MISSED_NS, SOUGHT_NS = 15 * NS, 3 * NS
"""How long a place is remembered whose face is gone: as long as somebody may lean across; and for
how long such a face is sought more often [E]."""

HOME_S = 5.0
"""Time constant of where a face usually is [E]."""

CLEARLY = 1.5
"""By so many times the area a new face must be larger than one that is given up for it [E]."""


class Track(Struct, frozen=True):
    """A face: where it was, where to look next, and when its expression was last read.

    ``id`` 0 and ``since_ns`` None: detected, and not believed in yet. ``home``: where it usually
    is.
    """

    id: int
    box: Box
    region: Region
    home: Box
    looked_ns: int | None = None
    since_ns: int | None = None


class Gone(Struct, frozen=True):
    """Somebody who was followed until ``t_ns``: where at last, and where usually.

    ``met``: behind another face, or one with it. ``within``: id of the track that may since show
    either of the two, and ``other``: where the face usually was that it showed until then.
    """

    id: int
    box: Box
    home: Box
    since_ns: int
    t_ns: int
    met: bool
    within: int | None = None
    other: Box | None = None


class Tracks:
    """Who is followed, ``most`` at once, and who was until a moment ago."""

    def __init__(self, most: int) -> None:
        """Begin with nobody."""
        self.now: list[Track] = []
        self._gone: list[Gone] = []
        self._most = most
        self._ids = 0
        self._t_ns = 0

    def sought(self, t_ns: int) -> bool:
        """Whether somebody is missed whom the detector should find again soon."""
        return any(0 <= t_ns - gone.t_ns < SOUGHT_NS for gone in self._gone)

    def add(self, found: Iterable[tuple[Box, Region]]) -> None:
        """Take on faces that the detector has found, for ``update`` to choose from.

        Where there is no room for more: only those that may be worth it.
        """
        full = len(self.now) >= self._most
        least = min((track.box.area for track in self.now), default=0.0) if full else 0.0
        for box, region in found:
            if any(shows(box, track.box) for track in self.now):
                continue
            back = any(_back(box, gone) for gone in self._gone)
            if back or box.area > least or any(_slid(track, box) for track in self.now):
                self.now.append(Track(0, box, region, box))

    def update(self, seen: list[Track | None], t_ns: int) -> list[tuple[int, Track]]:
        """Go on with ``now`` as it was seen, in its order, None where no face is believed in.

        Gives who is followed from here on, in the order of ids, each with its place in ``seen``.
        """
        self._gone = [gone for gone in self._gone if 0 <= t_ns - gone.t_ns < MISSED_NS]
        there = [(place, track) for place, track in enumerate(seen) if track is not None]
        for before, track in zip(self.now, seen, strict=True):
            if track is None:
                met = any(meet(before.box, other.box) for _, other in there)
                self._miss(before, t_ns, met=met)
        kept = self._apart(there, t_ns)
        if len(kept) > self._most:
            kept = self._chosen(kept)
        tracks = [track for _, track in kept]
        if self._gone:
            for place, track in enumerate(tracks):
                if track.since_ns is None:
                    self._recognise(tracks, place)
        part = min(1.0, max(0, t_ns - self._t_ns) / (HOME_S * NS))
        self._t_ns = t_ns
        aged = [self._aged(track, part, t_ns) for track in tracks]
        places = (place for place, _ in kept)
        pairs = sorted(zip(places, aged, strict=True), key=lambda pair: pair[1].id)
        self.now = [track for _, track in pairs]
        return pairs

    def _miss(self, track: Track, t_ns: int, *, met: bool, one: Track | None = None) -> None:
        """Remember a face that is not to be seen any more; ``one``: the track that has it now."""
        if track.since_ns is None or t_ns - track.since_ns < SETTLED_NS:
            return
        within, other = (None, None) if one is None else (one.id, one.home)
        home = track.home
        for place, gone in enumerate(self._gone):
            if gone.within == track.id:  # of the two nobody knows which one this was
                met, home = True, gone.other or home
                self._gone[place] = replace(gone, within=within)
        gone = Gone(track.id, track.box, home, track.since_ns, t_ns, met, within, other)
        self._gone.append(gone)

    def _apart(self, there: list[tuple[int, Track]], t_ns: int) -> list[tuple[int, Track]]:
        """Without those that slid onto another face: of two that are one, the older stays."""
        kept: list[tuple[int, Track]] = []
        for place, track in there:
            one = next((other for _, other in kept if merged(track.box, other.box)), None)
            if one is None:
                kept.append((place, track))
            else:
                self._miss(track, t_ns, met=True, one=one)
        return kept

    def _chosen(self, kept: list[tuple[int, Track]]) -> list[tuple[int, Track]]:
        """As many as can be followed: those who were, unless a new face has more right to it.

        That is who comes back, before whoever came in the meantime; who is found where a track was
        that has gone elsewhere, with another face; and who is clearly larger.
        """
        chosen = [pair for pair in kept if pair[1].since_ns is not None]
        new = [pair for pair in kept if pair[1].since_ns is None]
        left = {place: self._left_ns(track.box) for place, track in new}
        new.sort(key=lambda pair: (left[pair[0]] is None, -pair[1].box.area))
        for place, track in new:
            if len(chosen) < self._most:
                chosen.append((place, track))
                continue
            left_ns = left[place]
            first = [
                pair for pair in chosen if left_ns is not None and (pair[1].since_ns or 0) > left_ns
            ] or [pair for pair in chosen if _slid(pair[1], track.box)]
            smallest = min(first or chosen, key=lambda pair: pair[1].box.area)
            if first or track.box.area > CLEARLY * smallest[1].box.area:
                chosen[chosen.index(smallest)] = (place, track)
        return chosen

    def _left_ns(self, box: Box) -> int | None:
        """When the one was lost who may be back at ``box``."""
        return max((gone.t_ns for gone in self._gone if _back(box, gone)), default=None)

    def _recognise(self, tracks: list[Track], place: int) -> None:
        """Give the new face the id of its place where faces have met; it is not missed any more."""
        new = tracks[place]
        for gone in sorted(self._gone, key=lambda gone: away(new.box, gone.home)):
            if not _back(new.box, gone):
                continue
            self._gone.remove(gone)
            if not gone.met:
                return
            at = next((at for at, other in enumerate(tracks) if other.id == gone.within), None)
            if at is None or gone.other is None or not _astray(tracks[at].box, new.box, gone):
                tracks[place] = replace(new, id=gone.id, home=gone.home, since_ns=gone.since_ns)
                return
            old = tracks[at]
            tracks[at] = replace(old, id=gone.id, home=gone.home)
            tracks[place] = replace(new, id=old.id, home=gone.other, since_ns=old.since_ns)
            return

    def _aged(self, track: Track, part: float, t_ns: int) -> Track:
        """A frame later: a number and a time for who is new, and ``part`` of the way from home."""
        if track.since_ns is not None:
            return replace(track, home=between(track.home, track.box, part))
        self._ids += 1
        return replace(track, id=self._ids, since_ns=t_ns)


def _slid(track: Track, box: Box) -> bool:
    """Whether the track has left its place and a face at ``box`` is in it."""
    return near(box, track.home) and away(track.box, track.home) > NEAR


def _back(box: Box, gone: Gone) -> bool:
    """Whether a face at ``box`` may be the one that is gone, or the one that it met."""
    return any(near(box, place) for place in (gone.box, gone.home, gone.other) if place)


def _astray(shown: Box, new: Box, gone: Gone) -> bool:
    """Whether the track at ``shown`` is the one that was gone: the new face is in its place."""
    if gone.other is None:
        return False
    return away(new, gone.other) < min(away(shown, gone.other), away(new, gone.home))
