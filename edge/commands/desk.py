"""What may be asked and changed from outside, as a pure function of what stands now."""

from __future__ import annotations

import typing
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from edge.commands.kept import FILE, Controls, Kept, Scalar, overlay, strictness
from edge.config import Config, ConfigError, Profile
from edge.device.camera import without_password
from edge.judge.advance import REOPENED
from edge.tell import requests as r

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SETTABLE = (
    "rules.drowsiness.microsleep_s",
    "rules.people.window_s",
    "rules.alerts.update_s",
    "see.detect_every_s",
    "see.expression_hz",
    "camera.fps",
    "mqtt.state_s",
    "mqtt.metrics_hz",
)
"""Keys that may be set over MQTT. None of them shows or infers more of anybody."""

AT_ONCE = ("rules.", "mqtt.state_s", "mqtt.metrics_hz")
"""Keys that need no restart, by their beginning."""

Data = dict[str, Scalar]


class Desk(Struct, frozen=True):
    """The configuration as it holds, what of it was set from outside, and what is to be done.

    ``for_judge``: names of requests that the judgement is to be told of with the next frame.
    ``lost``: what was kept and cannot hold any more, in words. ``with_profile``: see ``opened``.
    """

    file: Config
    kept: Kept
    config: Config
    for_judge: tuple[str, ...] = ()
    vehicle: r.Vehicle | None = None
    restart: bool = False
    rebirth: bool = False
    lost: tuple[str, ...] = ()
    with_profile: Callable[[str], Config] | None = None

    @property
    def emotion(self) -> bool:
        """Whether expressions may be read and told of."""
        return bool(self.config.emotion) and self.kept.controls.emotion


class Reply(Struct, frozen=True):
    """What goes back: ``code`` is None where it was done."""

    data: Data = field(default_factory=dict)
    code: str | None = None
    msg: str = ""


def opened(file: Config, kept: Kept, with_profile: Callable[[str], Config] | None = None) -> Desk:
    """A desk for ``config.yaml`` as read and what was kept.

    What does not go with the file any more, since the owner or a newer version has drawn a limit
    elsewhere, gives way and is told of: a board that nobody looks at shall start. ``with_profile``
    reads the file as if that profile stood in it, since much follows from that word; without, the
    word alone is changed.
    """
    values = dict(kept.config)
    file, lost = _profiled(file, values.pop("profile", None), with_profile)
    config, more = _fitting(file, values)
    lost |= more
    left = {key: value for key, value in values.items() if key not in lost}
    if kept.config.get("profile") == file.profile:  # else the owner has become stricter since
        left["profile"] = file.profile
    words = tuple(f"{error}: left out, config.yaml holds" for error in lost.values())
    return Desk(file, replace(kept, config=left), config, lost=words, with_profile=with_profile)


def _profiled(
    file: Config, profile: Scalar, with_profile: Callable[[str], Config] | None
) -> tuple[Config, dict[str, str]]:
    """The file with the profile that was set, unless it is the looser one; why, if it cannot be."""
    if profile is None or strictness(str(profile)) < strictness(file.profile):
        return file, {}
    try:
        if with_profile is None:
            return overlay(file, {"profile": profile}, FILE), {}
        return with_profile(str(profile)), {}
    except ConfigError as error:
        return file, {"profile": str(error)}


def _fitting(file: Config, values: Data) -> tuple[Config, dict[str, str]]:
    """``file`` with as many of the values as go with it and one another; why, for each other."""
    try:
        return overlay(file, values, FILE), {}
    except ConfigError:
        held: Data = {}
    waiting = list(values)
    while True:
        lost: dict[str, str] = {}
        for key in waiting:
            try:
                overlay(file, {**held, key: values[key]}, FILE)
            except ConfigError as error:
                lost[key] = str(error)
            else:
                held[key] = values[key]
        if len(lost) == len(waiting):
            return overlay(file, held, FILE), lost
        waiting = list(lost)  # a value may have needed one that came after it


def obey(  # noqa: C901, PLR0912 - one case for each thing that can be asked
    desk: Desk, asked: r.Asked, facts: Mapping[str, Callable[[], Data]]
) -> tuple[Desk, Reply | None]:
    """Carry out one request; None where there is nothing to answer.

    ``facts``: what only the running service knows, for ``self_test`` and ``bench``.
    """
    match asked:
        case r.Refused(code=code, msg=msg):
            return desk, Reply(code=code, msg=msg)
        case r.Vehicle():
            return replace(desk, vehicle=asked), None
        case r.Ack():
            return replace(desk, for_judge=(*desk.for_judge, "ack")), Reply()
        case r.Recalibrate():
            return replace(desk, for_judge=(*desk.for_judge, "recalibrate")), Reply()
        case r.Summary():
            return replace(desk, for_judge=(*desk.for_judge, "summary")), Reply()
        case r.Restart():
            return replace(desk, restart=True), Reply()
        case r.Rebirth():
            return replace(desk, rebirth=True), Reply()
        case r.SelfTest():
            return desk, Reply(facts["self_test"]())
        case r.Bench():
            return desk, Reply(facts["bench"]())
        case r.GetConfig(prefix=prefix):
            return desk, _shown(desk.config, prefix)
        case r.SetConfig(set=values):
            return _set(desk, values)
        case r.Number(name=name, value=value):
            return _set(desk, {r.NUMBERS[name]: value})
        case r.SetProfile(profile=profile):
            return _profile(desk, profile)
        case r.Switch(name=name, on=on):
            return _switch(desk, name, on=on)
        case r.Discovery(enabled=enabled):
            return _switch(desk, "discovery", on=enabled)
    return desk, None


def flat(value: object, prefix: str = "") -> Data:
    """Settings by dotted key, without secrets."""
    plain = msgspec.to_builtins(value)
    if isinstance(plain, list):
        plain = {str(place): inner for place, inner in enumerate(plain)}
    if not isinstance(plain, dict):
        return {prefix: without_password(plain) if isinstance(plain, str) else plain}
    found: Data = {}
    for key, inner in plain.items():
        if key not in {"password", "username"}:
            found |= flat(inner, f"{prefix}.{key}" if prefix else key)
    return found


def _shown(config: Config, prefix: str | None) -> Reply:
    everything = {k: v for k, v in flat(config).items() if config.emotion or not _of_emotion(k)}
    if prefix is None:
        keys = [key for key in ("profile", "emotion", *SETTABLE) if key in everything]
        return Reply({key: everything[key] for key in keys})
    below = f"{prefix}."
    found = {k: v for k, v in everything.items() if k == prefix or k.startswith(below)}
    if not found:
        return Reply(code="unknown", msg=f"prefix: no setting begins with {prefix!r}")
    return Reply(found)


def _of_emotion(key: str) -> bool:
    """Where emotion is off, what steers it is not spoken of either."""
    return key.endswith((".emotion", "expression_hz")) or key == "emotion" or ".mood." in key


def _set(desk: Desk, values: Mapping[str, Scalar]) -> tuple[Desk, Reply]:
    settable = [k for k in SETTABLE if desk.config.emotion or not _of_emotion(k)]
    for key in values:
        if key not in settable:
            allowed = ", ".join(settable)
            msg = f"{key}: cannot be set over MQTT; what can: {allowed}"
            return desk, Reply(code="forbidden", msg=msg)
    kept: Data = {k: v for k, v in {**desk.kept.config, **values}.items() if v is not None}
    try:
        config = overlay(desk.file, kept, "set_config")
    except ConfigError as error:
        return desk, Reply(code="invalid", msg=str(error))
    at_once = all(key.startswith(AT_ONCE) for key in values)
    now = flat(config)
    data: Data = {key: now[key] for key in values}
    data["effective"] = "at once" if at_once else "after a restart"
    # what waits for the restart, of this time or an earlier one, must not be said to hold already
    old = flat(desk.config)
    waiting = {key: old[key] for key in SETTABLE if not key.startswith(AT_ONCE)}
    config = overlay(config, waiting, "set_config")
    return replace(desk, kept=replace(desk.kept, config=kept), config=config), Reply(data)


def _profile(desk: Desk, profile: str) -> tuple[Desk, Reply]:
    known = typing.get_args(Profile)
    if profile not in known:
        msg = f"profile: expected one of {', '.join(known)}; got {profile!r}"
        return desk, Reply(code="invalid", msg=msg)
    if strictness(profile) < strictness(desk.config.profile):
        msg = f"profile: {profile} may infer more than {desk.config.profile}: only on the device"
        return desk, Reply(code="forbidden", msg=msg)
    kept = replace(desk.kept, config={**desk.kept.config, "profile": profile})
    again = opened(desk.file, kept, desk.with_profile)
    if again.config.profile != profile:  # the owner's file does not go with it
        return desk, Reply(code="invalid", msg=f"profile: {profile}: {', '.join(again.lost)}")
    moved = replace(again, for_judge=desk.for_judge, restart=True)
    return moved, Reply({"profile": profile, "effective": "restarting"})


def _switch(desk: Desk, name: str, *, on: bool) -> tuple[Desk, Reply]:
    if name == "emotion" and on and not desk.config.emotion:
        msg = f"emotion: off by the settings of profile {desk.config.profile}: only on the device"
        return desk, Reply(code="forbidden", msg=msg)
    controls: Controls = replace(desk.kept.controls, **{name: on})
    kept = replace(desk.kept, controls=controls)
    if kept == desk.kept:
        return desk, Reply({name: on, "effective": "at once"})
    moved = replace(desk, kept=kept)
    if name == "capture" and on:  # what was asked of a shut camera is not answered by what it sees
        moved = replace(moved, for_judge=(REOPENED,))
    if name == "emotion":  # the network itself is loaded or left out at start
        return replace(moved, restart=True), Reply({name: on, "effective": "restarting"})
    return moved, Reply({name: on, "effective": "at once"})
