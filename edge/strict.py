"""Plain data -> frozen settings, strictly, and what is wrong with it in words.

msgspec checks types, unknown keys and ranges; its findings are said again with the key, the value
and what is allowed. A secret's value is never said.
"""

from __future__ import annotations

import re
import typing
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec.structs import fields

from edge.types import Settings

SECRET = frozenset({"password"})
"""Keys whose values are not repeated, whatever is wrong with them."""

LOGIN = re.compile(r"(?<=://).+(?=@)", re.DOTALL)
"""User and password in an address; up to the last @: not everybody writes %40 in a password."""

COMPOSED = b"# Composed by Mien: do not edit.\n"

T = TypeVar("T", bound=Settings)


class ConfigError(Exception):
    """A setting that cannot be used; the text has the file, the key, the value, what is allowed."""


def compose(plain: object) -> bytes:
    """What one program of ours writes for another to read at every start: YAML by its looks.

    YAML's reader would be a fifteenth of what a start loads.
    """
    return COMPOSED + msgspec.json.format(msgspec.json.encode(plain, enc_hook=str)) + b"\n"


def composed(data: bytes) -> Any:
    """What ``compose`` was given; None where the file is somebody else's, or is so by now."""
    if not data.startswith(COMPOSED):
        return None
    try:
        return msgspec.json.decode(data.removeprefix(COMPOSED))
    except msgspec.DecodeError:
        return None


def convert(raw: object, cls: type[T], name: str, beside: type[Settings] | None = None) -> T:
    """Plain data to settings. Raises ``ConfigError``.

    ``beside``: what else may stand in such a file, for who has mistaken a name.
    """
    _text_keys(raw, name)
    try:
        return msgspec.convert(raw, cls)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{name}: {_explained(error, raw, cls, beside)}") from error


def _text_keys(raw: object, name: str, path: str = "") -> None:
    """YAML reads a bare ``on`` or ``yes`` as true: such a key is named, not looked for."""
    if isinstance(raw, dict):
        for key, value in raw.items():
            if not isinstance(key, str):
                at = path or "(top level)"
                raise ConfigError(f"{name}: {at}: expected a name as the key, got {shown(key)}")
            _text_keys(value, name, f"{path}.{key}" if path else key)


def _is_settings(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Settings)


def _explained(
    error: msgspec.ValidationError, raw: object, cls: type, beside: type[Settings] | None
) -> str:
    text, _, path = str(error).partition(" - at `$")
    keys = [key for key in path.rstrip("`").split(".") if key]
    unknown = re.match(r"Object contains unknown field `(.*)`", text)
    missing = re.match(r"Object missing required field `(.*)`", text)
    holder, value = _at(raw, cls, keys)
    if unknown:
        here = [each for each in (holder, None if keys else beside) if _is_settings(each)]
        return f"{'.'.join([*keys, unknown[1]])}: unknown key; {_meant(unknown[1], here)}"
    if missing:
        holder, value = _at({}, cls, [*keys, missing[1]])
        return f"{'.'.join([*keys, missing[1]])}: missing; expected {_expected(holder)}"
    where = ".".join(keys) or "(top level)"
    if text.startswith(("Expected", "Invalid")):
        got = shown(value) if _section(holder) is None else without_words(value)
        got = "something else" if keys and keys[-1] in SECRET else got
        texts = holder is str or (isinstance(holder, UnionType) and str in typing.get_args(holder))
        # what YAML took for a number or a date
        plain = not isinstance(value, dict | list | str | None)
        quotes = "; put it in quotes" if texts and plain else ""
        return f"{where}: expected {_expected(holder)}, got {got}{quotes}"
    return f"{where}: {text}"


def _meant(key: str, here: list[Any]) -> str:
    """What somebody may have wanted to write who wrote ``key`` among the keys of ``here``."""
    import difflib  # noqa: PLC0415 - for mistakes only

    known = {f.name: _section(f.type) for kind in here for f in fields(kind)}
    below = [name for name, kind in known.items() if kind and key in kind.__struct_fields__]
    if below:
        return f"it belongs below {' or '.join(below)}, with spaces in front"
    near = difflib.get_close_matches(key.lower(), known, n=1)
    return f"did you mean {near[0]}?" if near else f"known here: {', '.join(known)}"


def _section(kind: Any) -> Any:
    """The settings that a key stands for, also where they may be left out; None: a plain value."""
    parts = typing.get_args(kind) if isinstance(kind, UnionType) else (kind,)
    return next((part for part in parts if _is_settings(part)), None)


def _at(raw: object, kind: Any, keys: list[str]) -> tuple[Any, object]:
    """The type and the value that stand at the end of a path of keys."""
    for key in keys:
        if isinstance(kind, UnionType):
            kind = _section(kind) or object
        kind = typing.get_type_hints(kind, include_extras=True).get(key, object)
        raw = raw.get(key) if isinstance(raw, dict) else None
    return kind, raw


def _expected(kind: Any) -> str:
    if typing.get_origin(kind) is Annotated:
        inner, *marks = typing.get_args(kind)
        limits = next(m for m in marks if isinstance(m, msgspec.Meta))
        whole = "a whole number " if inner is int else ""
        return f"{whole}{limits.ge:g}..{limits.le:g}"
    if typing.get_origin(kind) is Literal:
        return "one of " + ", ".join(map(str, typing.get_args(kind)))
    if isinstance(kind, UnionType):
        return " or ".join(_expected(part) for part in typing.get_args(kind))
    if _is_settings(kind):
        return "keys and values (" + ", ".join(f.name for f in fields(kind)) + ")"
    words = {bool: "true or false", str: "text", int: "a whole number", float: "a number"}
    return "nothing" if kind is NoneType else words.get(kind, str(kind))


def shown(value: object) -> str:
    """A value as a message quotes it: without a login in an address, and not what lies inside."""
    if isinstance(value, list | dict):  # there may be a password somewhere in it
        return "a list" if isinstance(value, list) else "keys and values"
    text = LOGIN.sub("…", msgspec.json.encode(value, enc_hook=str).decode())
    return text if len(text) <= 60 else f"{text[:57]}…"


def without_words(value: object) -> str:
    """What stands where keys and values should: text there may be a password, with its key."""
    return "text" if isinstance(value, str) else shown(value)
