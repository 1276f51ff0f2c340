"""Episodes: one ``new``, any number of ``update``, exactly one ``end``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from edge.types import NS, Alert, Evidence, Level

if TYPE_CHECKING:
    from edge.judge.rules import AlertRules

REPEAT_S = {"microsleep": 2, "drowsy": 60, "drowsy_severe": 30, "drowsy_advisory": 600}
"""After how many seconds an open episode is announced again (driver state table)."""

REST_FOR, REST_AFTER = frozenset({"drowsy", "drowsy_severe"}), 3
"""The third announcement advises a rest."""


class Wanted(Struct, frozen=True):
    """A state that holds now and that somebody should hear of."""

    type: str
    level: Level
    start_ns: int


class AlertState(Struct, frozen=True):
    """The open episodes, since when each is said, and how many there have been."""

    active: tuple[Alert, ...] = ()
    episodes: int = 0
    said_ns: tuple[int, ...] = ()


def advance_alerts(
    state: AlertState,
    t_ns: int,
    wanted: tuple[Wanted, ...],
    reasons: dict[str, str],
    evidence: Evidence | None,
    rules: AlertRules,
) -> tuple[AlertState, tuple[Alert, ...]]:
    """Compare what holds with what is open; give the changes, ends first.

    ``reasons``: why a type would end now, by type. ``evidence`` is only needed where something
    is open or wanted.
    """
    if not wanted and not state.active:
        return state, ()
    proof = evidence or Evidence()
    before = highest(state.active)
    held = {want.type: want for want in wanted}
    after = max((want.level for want in wanted), default=Level.NONE)
    active: list[Alert] = []
    said_ns: list[int] = []
    changes: list[Alert] = []
    for alert, since_ns in zip(state.active, state.said_ns, strict=True):
        want = held.pop(alert.type, None)
        if want is None:
            reason = reasons.get(alert.type, "cleared")
            changes.append(
                replace(
                    _again(alert, t_ns, before, after, proof),
                    change="end",
                    end_ns=t_ns,
                    reason=reason,
                )
            )
            continue
        said_ns.append(since_ns)
        said = _said(alert, t_ns - since_ns)
        update_s = rules.microsleep_update_s if alert.type == "microsleep" else rules.update_s
        due = t_ns - alert.t_ns >= update_s * NS
        if want.level == alert.level and said == alert.said and not due:
            active.append(alert)
            continue
        again = _again(alert, t_ns, before, after, proof)
        advice = "rest" if said >= REST_AFTER and alert.type in REST_FOR else None
        changed = replace(again, change="update", level=want.level, said=said, advice=advice)
        active.append(changed)
        changes.append(changed)
    episodes = state.episodes
    for want in held.values():
        episodes += 1
        alert = Alert(
            episode=episodes,
            rev=1,
            change="new",
            type=want.type,
            level=want.level,
            before=before,
            after=after,
            start_ns=want.start_ns,
            t_ns=t_ns,
            evidence=proof,
        )
        active.append(alert)
        said_ns.append(t_ns)
        changes.append(alert)
    return AlertState(tuple(active), episodes, tuple(said_ns)), tuple(changes)


def ended(state: AlertState, t_ns: int, reason: str) -> tuple[AlertState, tuple[Alert, ...]]:
    """Every open episode ends at ``t_ns``."""
    changes = tuple(
        replace(
            _again(alert, t_ns, highest(state.active), Level.NONE, alert.evidence),
            change="end",
            end_ns=t_ns,
            reason=reason,
        )
        for alert in state.active
    )
    return AlertState((), state.episodes), changes


def highest(active: tuple[Alert, ...]) -> Level:
    """The level that the device as a whole is at."""
    return max((alert.level for alert in active), default=Level.NONE)


def _again(alert: Alert, t_ns: int, before: Level, after: Level, evidence: Evidence) -> Alert:
    return replace(
        alert, t_ns=t_ns, rev=alert.rev + 1, before=before, after=after, evidence=evidence
    )


def _said(alert: Alert, for_ns: int) -> int:
    """How often it has been announced: ``for_ns`` is since the first time, not since it began."""
    every_s = REPEAT_S.get(alert.type)
    if every_s is None:
        return alert.said
    return max(alert.said, 1 + for_ns // (every_s * NS))
