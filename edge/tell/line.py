"""The attempts to reach the broker, one after the other: when to try again, and in which version.

At most one ``Link`` lives at a time. An outage is logged once, and once more where it is by our own
certificates that we cannot try; the attempts of a fleet are spread.
"""

from __future__ import annotations

import logging
import random
import time
from typing import TYPE_CHECKING

from edge.tell.news import Down, News, Up
from edge.tell.trust import LinkError
from edge.types import NS

if TYPE_CHECKING:
    from edge.tell.link import Link
    from edge.tell.settings import MqttSettings

log = logging.getLogger(__name__)

RETRY_S = (1.0, 30.0)  # contract, rule 4
STEADY_S = 30.0
"""Whom the broker hangs up on sooner was not let in: it throws out one of two devices of one name
for the other, or it is not well. As long as the longest wait, so that the two find no pace."""

HUSH_S = 3.0
"""Some brokers of 3.1.1 say nothing at all to a greeting in version 5 (amqtt 0.12)."""


class Line:
    """What stands between this device and its broker; ``connects`` counts how often it stood."""

    def __init__(self, settings: MqttSettings, client_id: str, will: str) -> None:
        """Prepare. ``will``: the topic on which the broker says ``offline`` for us."""
        self._settings, self._client_id, self._will = settings, client_id, will
        self._v5 = settings.protocol != "3.1.1"
        self._link: Link | None = None
        self._greeted = False
        self._greeted_ns = 0
        self._thrown_out = self._absent = self._five_spoken = False
        self._next_ns = 0
        self._failures = 0
        self._told_why = False
        self._unusable = ""
        self.connects = 0

    @property
    def link(self) -> Link | None:
        """The connection, once the broker has let us in, for as long as it is known to stand."""
        return self._link if self._greeted and self._link is not None and self._link.up else None

    @property
    def trying(self) -> bool:
        """Whether an attempt is under way, or has succeeded."""
        return self._link is not None

    def dial(self) -> None:
        """Try in the background. Certificates that cannot be used are tried again like the rest."""
        from edge.tell.link import Link  # noqa: PLC0415 - paho is an eighth of what a start loads

        try:
            self._link = Link(self._settings, self._client_id, self._will, v5=self._v5)
        except LinkError as error:  # perhaps a renewal that is half written: watching goes on
            if str(error) != self._unusable:
                self._unusable, self._told_why = str(error), False
            self._lose(Down(str(error)))

    def read(self) -> list[News]:
        """All news since the last time, the end last; dials again when it is time."""
        if self._link is None:
            if time.monotonic_ns() >= self._next_ns:
                self.dial()
            return []
        if not self._five_spoken and self._link.v5 and self._link.unanswered_s > HUSH_S:
            news: list[News] = [Down("no answer to MQTT 5", version=True)]
        else:
            news = self._link.read()
        for each in news:
            if isinstance(each, Up):
                self._greet(self._link)
            elif isinstance(each, Down):
                self._lose(each)
                break
        return news

    def close(self) -> None:
        """Leave in order, so that no will is sent."""
        if self._link is not None:
            self._link.close(wait=self.link is not None)

    def _greet(self, link: Link) -> None:
        self._told_why, self._greeted, self._greeted_ns = False, True, time.monotonic_ns()
        self._five_spoken |= link.v5
        if self._absent:  # it was away for all, and has not thrown out us alone
            self._failures, self._thrown_out, self._absent = 0, False, False
        self._unusable = ""
        self.connects += 1
        where = (self._settings.host, self._settings.port, "5" if link.v5 else "3.1.1")
        log.info("mqtt: connected to %s:%d, MQTT %s", *where)

    def _lose(self, down: Down) -> None:
        """Over: say so once an outage, and settle when to try again."""
        if self._link is not None:
            self._link.close(wait=False)
        why = down.why
        # some brokers of 3.1.1 hang up on a greeting in version 5 without a word; so does a load
        # balancer that has no broker behind it for a while, and the next must not lose version 5
        wordless = down.hung_up and not self._greeted and not self._five_spoken
        if self._greeted:
            # 3.1.1 may have been a guess, where an answer in 5 was only slow to come
            self._v5 = self._settings.protocol != "3.1.1"
            stood_ns = time.monotonic_ns() - self._greeted_ns
            again, self._thrown_out = self._thrown_out, down.hung_up and stood_ns < STEADY_S * NS
            if not self._thrown_out:
                self._failures = 0
            elif again:
                why += f", once more; is there another {self._client_id}?"
        elif not (down.version or wordless):
            self._absent = True
        self._link, self._greeted = None, False
        wait_s = _patience_s(self._failures)
        # where there is no network yet, no broker is spared by waiting longer: a board that starts
        self._failures = 0 if down.offline else self._failures + 1
        if (down.version or wordless) and self._settings.protocol == "auto":
            self._v5 = not self._v5
            if not self._v5:  # another question, not the same one again
                self._next_ns = time.monotonic_ns()
                return
        self._next_ns = time.monotonic_ns() + round(wait_s * NS)
        if not self._told_why:
            where = (self._settings.host, self._settings.port, why)
            log.warning("mqtt: %s:%d: %s; events are kept", *where)
            self._told_why = True


def _patience_s(failures: int) -> float:
    """How long to wait before the next attempt: up to 3 s, then 6, 12, 24, 30, at random."""
    least_s, most_s = RETRY_S
    ceiling_s = min(most_s, 3.0 * 2 ** min(failures, 10))
    return random.uniform(least_s, ceiling_s)  # noqa: S311 - jitter, not a secret
