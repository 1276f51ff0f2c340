"""``api.md``: the contract for people."""

from __future__ import annotations

import json
import typing
from pathlib import Path
from typing import Any

import msgspec

from docs.topics import IN_SET, OUT, first_line
from edge.commands.desk import AT_ONCE, SETTABLE
from edge.tell import messages as m
from edge.tell import requests as r

if typing.TYPE_CHECKING:
    from collections.abc import Collection

GOLDEN = Path(__file__).parents[1] / "tests/tell/golden"

ABOUT = (
    "# Mien's topics\n\n"
    "*Made by `make docs` from the types in `edge/tell`; do not edit.* Schemas: "
    "[schema.json](../edge/tell/schema.json), [asyncapi.yaml](asyncapi.yaml).\n\n"
    "Everything is below `<base>/<device>/` (`mien/<device>/` as shipped). Payloads are JSON "
    "in UTF-8 with the head below; `null` means *not known*, never 0. Minor versions only add "
    "fields: ignore what you do not know. Duplicates of QoS 1 are told by (`id`, `rev`).\n"
)
ASKED = (
    "## What a device is asked\n\nQoS 1. Retained requests are ignored. The answer is on "
    "`rsp/<name>` with the same `transaction`, and at MQTT 5's response topic where one is "
    "given. Errors have a `code`: `malformed` (not JSON), `invalid` (wrong type or range), "
    "`unknown` (no such command, switch or setting), `forbidden` (not over MQTT), "
    "`too_large`, `not_kept` (the disk refused).\n"
)
SETTINGS = (
    "### Settings that can be set\n\n`set_config` sets all keys or none; null goes back to "
    "what config.yaml says. What was set is kept in the state directory. Whatever shows or "
    "infers more of people (`profile` to a looser one, `emotion`, `camera.source`) is set on "
    "the device only.\n"
)

VEHICLE = (
    "`input/vehicle` (QoS 0, at most 5 a second): "
    '`{"speed_kmh": 63.2, "ts": "…"}`, 0..500 km/h or null.\n'
)


def page() -> str:
    """``api.md``."""
    parts = [
        ABOUT,
        _head(),
        "## What a device says\n",
        _table(
            ("topic", "QoS", "retained", "when"),
            ((f"`{t}`", q, "yes" if k else "no", w) for t, (q, k, w) in OUT.items()),
        ),
    ]
    parts += [_message(topic) for topic in m.KINDS]
    parts += [
        ASKED,
        _table(
            ("topic", "payload", "what it does"),
            [
                (f"`cmd/{name}`", _payload(kind), first_line(kind))
                for name, kind in r.COMMANDS.items()
            ],
        ),
        _table(("topic", "payload"), [(f"`set/{name}`", what) for name, what in IN_SET.items()]),
        VEHICLE,
        SETTINGS,
        _table(
            ("key", "effective"),
            (
                (f"`{k}`", "at once" if k.startswith(AT_ONCE) else "after a restart")
                for k in SETTABLE
            ),
        ),
    ]
    return "\n".join(parts)


def _head() -> str:
    rows = [
        ("`schema`", "string", "name and version: `state/1.0`"),
        ("`dev`", "string", "the device"),
        ("`ts`", "string", "RFC 3339, UTC, milliseconds"),
        ("`mono_ms`", "integer", "ms on the device's own clock, which never jumps"),
        ("`boot_id`", "string", "new at every start of the service"),
        ("`seq`", "integer", "counts every message; a gap is a loss, or a state not sent"),
        ("`time_synced`", "boolean", "false: do not trust `ts` (a Raspberry Pi has no clock)"),
    ]
    return "## The head of every message\n\n" + _table(("field", "type", "meaning"), rows)


def _message(topic: str) -> str:
    kind = m.KINDS[topic]
    head = {field.encode_name for field in msgspec.structs.fields(m.Message)}
    rows = list(_fields(kind, skip=head))
    example = min(p for p in GOLDEN.iterdir() if _topic_of(p) == topic)
    payload = json.dumps(json.loads(example.read_bytes()), ensure_ascii=False)
    about = " ".join((kind.__doc__ or "").replace("``", "`").split())
    return (
        f"### `{topic}`\n\n{about}\n\n"
        + _table(("field", "type"), rows)
        + f"\n```json\n{payload}\n```\n"
    )


def _fields(kind: type, skip: Collection[str] = (), prefix: str = "") -> Any:
    hints = typing.get_type_hints(kind)
    for name, hint in hints.items():
        if name in skip:
            continue
        struct = _struct_in(hint)
        yield f"`{prefix}{name}`", _type_name(hint)
        if struct is not None:
            listed = typing.get_origin(hint) is list
            yield from _fields(struct, prefix=f"{prefix}{name}{'[]' if listed else ''}.")


def _struct_in(hint: Any) -> type | None:
    for each in (hint, *typing.get_args(hint)):
        if isinstance(each, type) and issubclass(each, msgspec.Struct):
            return each
    return None


def _type_name(hint: Any) -> str:
    if hint is type(None):
        return "null"
    if hint is msgspec.UnsetType:
        return "absent"
    args = typing.get_args(hint)
    origin = typing.get_origin(hint)
    if origin is list:
        return f"list of {_type_name(args[0])}"
    if origin is dict:
        return f"object of {_type_name(args[1])}"
    if args:
        return " or ".join(_type_name(each) for each in args)
    words = {str: "string", int: "integer", float: "number", bool: "boolean"}
    return words.get(hint, "object")


def _payload(kind: type[r.Request]) -> str:
    names = [f.name for f in msgspec.structs.fields(kind) if f.name != "transaction"]
    return "`{" + ", ".join(f'"{name}": …' for name in (*names, "transaction")) + "}`"


def _topic_of(path: Path) -> str:
    schema = json.loads(path.read_bytes())["schema"]
    return next(topic for topic, name in m.SCHEMA.items() if name == schema)


def _table(names: tuple[str, ...], rows: Any) -> str:
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"
