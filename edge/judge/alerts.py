"""Episodes: one ``new``, any number of ``update``, exactly one ``end``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edge.types import NS, Alert, Level

if TYPE_CHECKING:
    from edge.judge.rules import AlertRules
    from edge.types import Evidence


@dataclass(frozen=True, slots=True)
class Wanted:
    """A state that holds now and that somebody should hear of."""

    type: str
    level: Level
    start_ns: int


@dataclass(frozen=True, slots=True)
class AlertState:
    """The open episodes, and how many there have been."""

    active: tuple[Alert, ...] = ()
    episodes: int = 0


def advance_alerts(
    state: AlertState,
    t_ns: int,
    wanted: tuple[Wanted, ...],
    reasons: dict[str, str],
    evidence: Evidence,
    rules: AlertRules,
) -> tuple[AlertState, tuple[Alert, ...]]:
    """Compare what holds with what is open; give the changes, ends first.

    ``reasons``: why a type would end now, by type.
    """
    before = highest(state.active)
    held = {want.type: want for want in wanted}
    after = max((want.level for want in wanted), default=Level.NONE)
    active: list[Alert] = []
    changes: list[Alert] = []
    for alert in state.active:
        want = held.pop(alert.type, None)
        said = replace(
            alert, t_ns=t_ns, rev=alert.rev + 1, before=before, after=after, evidence=evidence
        )
        if want is None:
            reason = reasons.get(alert.type, "cleared")
            changes.append(replace(said, change="end", end_ns=t_ns, reason=reason))
        elif want.level != alert.level or t_ns - alert.t_ns >= rules.update_s * NS:
            active.append(replace(said, change="update", level=want.level))
            changes.append(active[-1])
        else:
            active.append(alert)
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
            evidence=evidence,
        )
        active.append(alert)
        changes.append(alert)
    return AlertState(tuple(active), episodes), tuple(changes)


def highest(active: tuple[Alert, ...]) -> Level:
    """The level that the device as a whole is at."""
    return max((alert.level for alert in active), default=Level.NONE)
