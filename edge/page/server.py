"""The page's server: the one thread that is ours.

The loop waits for the camera most of its time, and a phone on bad Wi-Fi must never make it wait for
anything else: so the page has a thread, with an event loop of its own in it, for as long as it is
open. Between the two stands one reference to the latest look, which the loop replaces and the
server reads: nothing can queue, and nothing is locked. A look is made into a JPEG only when
somebody asks for it.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from pathlib import Path
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from edge.page.door import Address, PageError, guarded
from edge.page.look import Look, jpeg, told
from edge.page.network import OPEN_S, own_address
from edge.page.porch import AT_ONCE, Porch, Visitor
from edge.types.written import whole

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator
    from types import TracebackType

    from starlette.requests import Request

    from edge.types import Frame, Observation, Step

PATIENCE_S = 2.0
"""How long a request waits for a newer look before it is told that there is none."""

STALE_S = PATIENCE_S + 3.0
"""A look this much older than the end of that wait is not shown: the camera may be shut by now."""

QUICKEST_S = 0.08
"""Twelve pictures a second are plenty to aim by; the processor has other things to do."""

HERE = Path(__file__).parent
FILES = {
    "/": ("page.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
}


class Page:
    """The page, open for as long as the ``with`` block lasts, and for 15 minutes at most."""

    def __init__(
        self, where: Address, device: str, open_s: float = OPEN_S, token: str | None = None
    ) -> None:
        """Take the port. Anywhere but on this machine a token is asked for. ``PageError``.

        ``token``: one that was given out already; left out, a new one.
        """
        self._device = device
        self._open_s = open_s
        self._frame: Frame | None = None
        self._seen: Observation | None = None
        self._look: Look | None = None
        self._number = 0
        self.token = None if where.loopback else token or token_urlsafe(24)
        try:
            self._socket = Porch(where.host, where.port)
        except OSError as error:
            msg = f"--page: {where.host}:{where.port}: {error.strerror}"
            raise PageError(msg) from error
        self.port: int = self._socket.getsockname()[1]
        host = where.host
        if host in {"0.0.0.0", "::"}:  # noqa: S104
            host = own_address() or socket.gethostname()
        shown = f"[{host}]" if ":" in host else host
        query = "" if self.token is None else f"?token={self.token}"
        self.url = f"http://{shown}:{self.port}/{query}"
        routes = [Route(path, _file(*file)) for path, file in FILES.items()]
        app = Starlette(routes=[*routes, Route("/look", self._answer)])
        settings = uvicorn.Config(
            guarded(app, self.token, self.port),
            http=Visitor,
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            log_level="error",  # as a warning it says what strangers send it
            access_log=False,
            server_header=False,
            backlog=AT_ONCE,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(settings)
        self._until_s = 0.0

    def __enter__(self) -> Self:
        """Begin to serve."""
        self._until_s = time.monotonic() + self._open_s
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve()), name="page", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close, and let go of the last picture."""
        self.close()
        self._thread.join(timeout=1.5)

    @property
    def open(self) -> bool:
        """Whether anybody is still shown anything."""
        return time.monotonic() < self._until_s and not self._server.should_exit

    def close(self) -> None:
        """Show nothing to anybody any more: at once, whatever the server still has to do."""
        self._server.should_exit = True
        self.forget()

    def forget(self) -> None:
        """Let go of the picture, as somebody has shut the camera; the page waits for another."""
        self._frame = self._look = None

    def watch(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Pass frames on, keeping the one that is being looked at while the page is open."""
        for frame in frames:
            if self.open:
                self._frame = frame
            else:
                self.forget()
            yield frame

    def note(self, observations: Iterable[Observation]) -> Iterator[Observation]:
        """Pass observations on, keeping the one that is being judged."""
        for seen in observations:
            self._seen = seen
            yield seen

    def show(self, step: Step, fps: float | None) -> None:
        """What was judged of the frame that was kept: from now on this is the latest look."""
        frame, seen = self._frame, self._seen
        if frame is not None and seen is not None and frame.t_ns == seen.t_ns == step.t_ns:
            self._number += 1
            self._look = Look(self._number, frame, seen, step, fps, time.monotonic())

    async def _serve(self) -> None:
        # here, since with the camera shut nothing else may come by for days
        asyncio.get_running_loop().call_later(self._open_s, self.close)
        await self._server.serve([self._socket])

    async def _answer(self, request: Request) -> Response:
        """The next look after ``?after=N``: its picture, and in a header what is known of it."""
        known = whole(request.query_params.get("after", ""))
        await asyncio.sleep(QUICKEST_S)
        until_s = time.monotonic() + PATIENCE_S
        while (
            (look := self._look) is None or look.number == known or look.made_s < until_s - STALE_S
        ):
            if not self.open or time.monotonic() > until_s:
                return Response(status_code=204)
            await asyncio.sleep(0.02)
        left_s = self._until_s - time.monotonic()
        known_of_it = quote(msgspec.json.encode(told(look, self._device, left_s)))
        return Response(
            jpeg(look.frame), media_type="image/jpeg", headers={"Mien-Look": known_of_it}
        )


def _file(name: str, kind: str) -> Callable[[Request], Awaitable[Response]]:
    content = (HERE / name).read_bytes()  # now, so that no request waits for the disk

    async def give(_request: Request) -> Response:
        return Response(content, media_type=kind)

    return give
