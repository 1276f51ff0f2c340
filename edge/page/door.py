"""Who may look: the address that is listened at, the token, and what is turned away."""

from __future__ import annotations

from secrets import compare_digest
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from msgspec import Struct
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from edge.page.network import OPEN_S, PORT
from edge.types.written import host_port, whole

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "mien_page"
COOKIE_S = OPEN_S
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class PageError(Exception):
    """An address that the page cannot be served at; the text has it and the reason."""


class Address(Struct, frozen=True):
    """Where to listen."""

    host: str
    port: int

    @property
    def loopback(self) -> bool:
        """Whether only this machine gets there."""
        return self.host in LOOPBACK


def address(text: str) -> Address:
    """``HOST:PORT``, ``HOST`` or ``PORT``. Raises ``PageError``."""
    found = host_port(text if whole(text) is None else f"127.0.0.1:{text}")
    if found is None:
        msg = f"--page: expected HOST:PORT, got {text!r}"
        raise PageError(msg)
    host, port = found
    return Address(host, PORT if port is None else port)


def guarded(app: ASGIApp, token: str | None, port: int) -> ASGIApp:
    """Who may look: with a token, whoever has it; without, only pages of this machine's own.

    A foreign site can have its name lead to 127.0.0.1 and read what is served there: so names that
    are not this machine's are turned away (DNS rebinding).
    """
    hosts = {f"{name}:{port}" for name in (*LOOPBACK, "[::1]")}

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        answer = _refusal(scope, token, hosts)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await (answer or app)(scope, receive, with_headers)

    return guard


def _refusal(scope: Scope, token: str | None, hosts: set[str]) -> Response | None:
    """None for those who may come in."""
    headers = Headers(scope=scope)
    if scope["method"] not in {"GET", "HEAD"}:
        return _no("There is nothing to send here.\n", 405)
    if token is None:
        if headers.get("host", "") in hosts:
            return None
        return _no("This page is for this machine alone.\n")
    given = [
        part.partition("=")[2]
        for part in headers.get("cookie", "").split("; ")
        if part.startswith(f"{COOKIE}=")
    ]
    if any(_same(each, token) for each in given):
        return None
    asked = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
    if scope["path"] == "/" and _same(asked, token):
        answer = RedirectResponse("/", 303)  # the token does not stay in the address
        answer.set_cookie(COOKIE, token, httponly=True, samesite="strict", max_age=COOKIE_S)
        return answer
    return _no("Open the address that mien printed, with its token.\n")


def _no(words: str, status: int = 403) -> Response:
    """Said once, and the connection is over: strangers shall not fill the porch."""
    return PlainTextResponse(words, status, headers={"Connection": "close"})


def _same(given: str, token: str) -> bool:
    return compare_digest(given.encode("utf-8", "surrogateescape"), token.encode())
