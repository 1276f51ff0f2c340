"""What comes in: commands, switches, speed. Every one is a frozen value that has been checked.

What cannot be understood becomes ``Refused``, which is answered like a command; nothing that a
stranger sends raises.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from edge.tell.news import INBOUND_LIMIT, Heard

Scalar = bool | int | float | str | None
Short = Annotated[str, msgspec.Meta(max_length=64)]
SWITCHES = ("capture", "alerts", "emotion", "buzzer")
NUMBERS = {"microsleep_s": "rules.drowsiness.microsleep_s"}
"""Numbers that Home Assistant may set -> the key of the configuration that they are."""


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Head of every command. ``transaction`` comes back with the answer."""

    transaction: Short | None = None


class Ack(Request, frozen=True, kw_only=True):
    """The driver has noticed: passing alerts keep quiet for a while."""


class Recalibrate(Request, frozen=True, kw_only=True):
    """Learn the driver's open eyes anew."""


class Summary(Request, frozen=True, kw_only=True):
    """Sum the window up now, on `attention/summary` and `emotion/summary`, and begin a new one."""


class Restart(Request, frozen=True, kw_only=True):
    """End, so that systemd starts the service again; once in 15 s at the most."""


class Rebirth(Request, frozen=True, kw_only=True):
    """Say everything that is retained again."""


class SelfTest(Request, frozen=True, kw_only=True):
    """What works and what does not, as far as the running service knows."""


class Bench(Request, frozen=True, kw_only=True):
    """What the last frames cost."""


class GetConfig(Request, frozen=True, kw_only=True):
    """The settings below ``prefix``; left out, those that may be set from here."""

    prefix: Short | None = None


class SetConfig(Request, frozen=True, kw_only=True):
    """Change settings, all of them or none: dotted key -> value; null goes back to the file's."""

    set: Annotated[dict[Short, Scalar], msgspec.Meta(min_length=1, max_length=16)]


class SetProfile(Request, frozen=True, kw_only=True):
    """Change to a profile that infers no more than the present one."""

    profile: Short


class Discovery(Request, frozen=True, kw_only=True):
    """Announce the device to Home Assistant, or take the announcement back for good."""

    enabled: bool


class Switch(msgspec.Struct, frozen=True, kw_only=True):
    """``set/<switch>``: ON or OFF."""

    name: str
    on: bool
    transaction: None = None


class Number(msgspec.Struct, frozen=True, kw_only=True):
    """``set/<number>``."""

    name: str
    value: float
    transaction: None = None


class Vehicle(msgspec.Struct, frozen=True, kw_only=True):
    """``input/vehicle``: speed in km/h, None where the vehicle does not know it itself."""

    speed_kmh: Annotated[float, msgspec.Meta(ge=0, le=500)] | None
    ts: Short | None = None


class HomeAssistant(msgspec.Struct, frozen=True):
    """Home Assistant has come up, or is going."""

    online: bool


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """What could not be understood, and why."""

    code: str
    msg: str
    transaction: str | None = None


Asked = Request | Switch | Number | Vehicle | HomeAssistant | Refused

COMMANDS: dict[str, type[Request]] = {
    "ack": Ack,
    "recalibrate": Recalibrate,
    "summary": Summary,
    "restart": Restart,
    "rebirth": Rebirth,
    "self_test": SelfTest,
    "bench": Bench,
    "get_config": GetConfig,
    "set_config": SetConfig,
    "set_profile": SetProfile,
    "discovery": Discovery,
}
"""``cmd/<name>`` -> what it must look like."""

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
BIRTH_TOPIC = "homeassistant/status"


def understood(root: str, heard: Heard) -> tuple[str, Asked] | None:
    """A message as a request, with the name that it is answered under (``rsp/<name>``).

    ``root`` is ``<base>/<device>``. None for what is not to be answered or not for us: whatever
    is retained (old news, except Home Assistant's birth), and speeds that make no sense.
    """
    if heard.topic == BIRTH_TOPIC:
        return "", HomeAssistant(heard.payload == b"online")
    if heard.retained or not heard.topic.startswith(f"{root}/"):
        return None
    kind, _, name = heard.topic[len(root) + 1 :].partition("/")
    if kind == "input" and name == "vehicle":
        vehicle = _decoded(heard.payload, Vehicle)
        return None if isinstance(vehicle, Refused) else ("", vehicle)
    if kind == "cmd":
        return _answerable(name), _command(name, heard.payload)
    if kind == "set":
        return _answerable(name), _set(name, heard.payload)
    return None


def _answerable(name: str) -> str:
    """A stranger does not choose what topics we publish."""
    return name if name in COMMANDS or name in SWITCHES or name in NUMBERS else "unknown"


def _command(name: str, payload: bytes) -> Asked:
    if name not in COMMANDS:
        known = ", ".join(COMMANDS)
        return Refused(code="unknown", msg=f"expected one of {known}; got {_shown(name)}")
    asked: Asked = _decoded(payload.strip() or b"{}", COMMANDS[name])
    return asked


def _set(name: str, payload: bytes) -> Asked:
    if name in SWITCHES:
        words = {b"ON": True, b"OFF": False}
        if payload not in words:
            msg = f"{name}: expected ON or OFF, got {_shown(payload)}"
            return Refused(code="invalid", msg=msg)
        return Switch(name=name, on=words[payload])
    if name in NUMBERS:
        value = _decoded(payload, float)
        if isinstance(value, Refused):
            msg = f"{name}: expected a number, got {_shown(payload)}"
            return Refused(code="invalid", msg=msg)
        return Number(name=name, value=value)
    known = ", ".join((*SWITCHES, *NUMBERS))
    return Refused(code="unknown", msg=f"expected one of {known}; got {_shown(name)}")


def _decoded(payload: bytes, kind: Any) -> Any:
    if len(payload) > INBOUND_LIMIT:
        msg = f"expected at most {INBOUND_LIMIT} bytes, got more"
        return Refused(code="too_large", msg=msg)
    try:
        return msgspec.json.decode(payload, type=kind)
    except msgspec.ValidationError as error:
        return Refused(code="invalid", msg=str(error)[:200], transaction=_transaction(payload))
    except UNREADABLE as error:
        return Refused(code="malformed", msg=f"not JSON: {error}"[:200])


class _OnlyTransaction(msgspec.Struct):
    transaction: Short | None = None


def _transaction(payload: bytes) -> str | None:
    """The transaction of a command that is wrong otherwise, so that the asker finds the answer."""
    try:
        return msgspec.json.decode(payload, type=_OnlyTransaction).transaction
    except UNREADABLE:  # the first decoder stopped before it saw the rest
        return None


def _shown(value: str | bytes) -> str:
    text = value.decode(errors="replace") if isinstance(value, bytes) else value
    return repr(text if len(text) <= 40 else f"{text[:39]}…")
