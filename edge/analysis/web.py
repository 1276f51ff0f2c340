"""A photo at an http:// address, where its server says that it is one; videos are FFmpeg's."""

from __future__ import annotations

import base64
from http.client import HTTPException
from urllib.parse import unquote, urlsplit
from urllib.request import Request, urlopen

WAIT_S = 10.0
"""For an answer, and for each part of it."""

MOST = 256 << 20
"""Bytes: more is no photo."""


def picture(address: str) -> bytes | None:
    """The file at ``address``; None where it is no picture, or nothing comes: FFmpeg says why."""
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"}:
        return None
    host = parts.netloc.rpartition("@")[2]
    request = Request(parts._replace(netloc=host).geturl())  # noqa: S310 - http, as checked
    if parts.username is not None:
        known = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        request.add_header("Authorization", f"Basic {base64.b64encode(known).decode()}")
    try:
        with urlopen(request, timeout=WAIT_S) as answer:  # noqa: S310 - as above
            if answer.headers.get_content_maintype() != "image":
                return None
            content: bytes = answer.read(MOST + 1)
    except (OSError, HTTPException, ValueError):
        return None
    return content if len(content) <= MOST else None
