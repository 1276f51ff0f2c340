"""What people write: whole numbers, where something is to be had, and what can be shown of it."""

from __future__ import annotations

import re

_V6 = r"[0-9A-Fa-f.]*(?::[0-9A-Fa-f.]*){2,}(?:%\w+)?"
_HOST_PORT = (
    rf"(?:\[(?P<bracketed>{_V6})\]|(?P<name>[^:\[\]]+))(?::(?P<port>[0-9]+))?|(?P<bare>{_V6})"
)

_DIGITS = 18
"""No number that anybody means is longer, and ``int`` refuses some that are."""

_LABEL = 63  # RFC 1035


def whole(text: str) -> int | None:
    """A whole number in plain digits; None for what is none. ``str.isdigit`` takes ² for one."""
    plain = text.isascii() and text.isdigit() and len(text) <= _DIGITS
    return int(text) if plain else None


def legible(text: str) -> str:
    """On one line, and nothing that a terminal obeys: anybody may have said it."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)


def is_host(text: str) -> bool:
    """Whether it can be a name or an address: what is none ends a look-up with a traceback."""
    labels = text.removesuffix(".").split(".")
    plain = text.isascii() and text.isprintable() and not set(text) & set(" /@")
    # an address of version 6 has two colons or more; behind one alone stands a port
    return plain and text.count(":") != 1 and all(0 < len(each) <= _LABEL for each in labels)


def host_port(text: str) -> tuple[str, int | None] | None:
    """``HOST[:PORT]``, also ``[::1]:PORT`` and ``::1``, taken apart; None for what is neither."""
    found = re.fullmatch(_HOST_PORT, text)  # compiled here: not every start asks
    if found is None:
        return None
    host = found["bracketed"] or found["name"] or found["bare"]
    port = None if found["port"] is None else whole(found["port"])
    if not is_host(host) or (found["port"] is not None and (port is None or port > 65535)):
        return None
    return host, port
