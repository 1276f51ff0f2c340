"""The porch: how many may stand before the door, and for how long.

Whoever connects costs one of the files that the service may have open, and it needs some itself to
tell of a sleeper: so there is a limit before anything is known of them (``door``: who may look).
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

MOST, MOST_EACH = 12, 4
"""Connections at a time, and of one address: a browser has three under way, and two may look."""

AT_ONCE = 16
"""Connections taken in before the first of them is looked at."""

ASK_S = 5.0
"""How long a connection may say nothing: as long as uvicorn lets one rest after an answer."""


class Porch(socket.socket):
    """A socket that listens, and hangs up at once on whoever finds no room."""

    def __init__(self, host: str, port: int) -> None:
        """Listen. Raises ``OSError``."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        both = host == "::"  # anywhere: the address that is printed may be of the older kind
        made = socket.create_server((host, port), family=family, dualstack_ipv6=both)
        super().__init__(fileno=made.detach())
        self._inside: list[tuple[socket.socket, str]] = []

    def accept(self) -> tuple[socket.socket, Any]:
        """The next connection. Raises ``ConnectionAbortedError``: no room; asyncio goes on."""
        connection, address = super().accept()
        self._inside = [each for each in self._inside if each[0].fileno() != -1]
        its_own = [host for _, host in self._inside if host == address[0]]
        if len(self._inside) >= MOST or len(its_own) >= MOST_EACH:
            connection.close()
            raise ConnectionAbortedError
        self._inside.append((connection, address[0]))
        return connection, address


class Visitor(H11Protocol):
    """A connection that has to ask for something; uvicorn would wait for that for ever."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait."""
        super().connection_made(transport)
        self.loop.call_later(ASK_S, self._unless_asked)

    def _unless_asked(self) -> None:
        asked: object = self.scope
        if asked is None:
            self.transport.abort()
