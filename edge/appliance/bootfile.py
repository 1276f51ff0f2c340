"""``mien.yaml`` on the boot partition: what stands in it, what is wrong with it, what is secret.

Its keys are those of ``config.yaml``, over which it lies, ``wifi`` and ``aim``. Text in, values
out: nothing here opens a file.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from msgspec import Struct, field

from edge import config as configuration
from edge.appliance.rewrite import KEPT, SECRETS, SOURCE, cut_short, without_secrets
from edge.appliance.wifi import WifiSettings
from edge.config import Config
from edge.strict import LOGIN, ConfigError, convert, shown, without_words
from edge.types import Settings, between
from edge.yamlfile import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NAME = "mien.yaml"

T = TypeVar("T")

FILES = {"ca": "boot/ca.crt", "certificate": "boot/device.crt", "key": "secret/mqtt/key"}
"""Files that may lie beside ``mien.yaml`` (``mqtt.ca: ca.crt``), and where they are kept."""

LOGIN_PLACE = "camera"
"""The file below ``secret`` with the login of ``camera.source``."""

AIM_LIMIT = 9
"""Starts that may be asked for at once: whoever forgets about it is not shown for weeks."""


class Beside(Settings, frozen=True, kw_only=True):
    """What no configuration has: NetworkManager's part, and how many starts show the page."""

    wifi: WifiSettings | None = None
    aim: Annotated[int, between(0, AIM_LIMIT)] = 0


class Wish(Struct, frozen=True):
    """A file that was found good. A secret that is None is not to be kept any longer."""

    settings: dict[str, Any]
    wifi: WifiSettings | None
    secrets: dict[str, str | None]
    aim: int = 0
    """At so many starts, this one included, there is a page to aim the camera by."""

    files: dict[str, str] = field(default_factory=dict)
    """Its name beside ``mien.yaml``, by the place below the state folder where it is kept."""

    unheld: list[str] = field(default_factory=list)
    """Lines that do not hold, and why; all the rest does."""

    def __repr__(self) -> str:
        """Without what is secret, or may be: that must never be in a log."""
        return f"Wish(wifi={self.wifi!r}, secrets: {len(self.secrets)}, files: {len(self.files)})"


def read(
    data: bytes,
    base: Mapping[str, Any],
    stored: Callable[[str], str | None],
    there: Callable[[str, str], bool],
) -> Wish | list[str]:
    """What the file asks for, or everything that is wrong with it, a line each.

    ``base`` is what ``config.yaml`` says, ``stored`` gives a secret that was moved earlier,
    ``there`` tells whether a file can be had by its name, and be kept at its place.
    """
    try:
        given = parse(data, NAME)
    except ConfigError as error:
        return [str(error)]
    if given is None:  # nothing but comments
        given = {}
    if not isinstance(given, dict):
        return [f"{NAME}: expected keys and values, got {without_words(given)}"]
    given = {
        str(key): dict(value) if isinstance(value, dict) else value
        for key, value in given.items()
        if value is not None  # a section of which every line is commented out
    }
    wrong: list[str] = []
    lacking: list[str] = []
    secrets = _secrets(given, stored, lacking) | _login(given, stored, lacking)
    wanted = {"wifi": _with(given.pop("wifi", None), secrets.get("wifi"))}
    wanted |= {"aim": given.pop("aim")} if "aim" in given else {}
    beside = _try(lambda: convert(wanted, Beside, NAME), wrong)
    alone = {"profile": "vehicle", **base}
    for key in given:  # each by itself, so that one look finds what is wrong in all
        _try(partial(convert, lay(alone, {key: given[key]}), Config, NAME, Beside), wrong)
    files = _files(given, there, wrong)
    if not wrong and not _movable(data, secrets):
        wrong.append(
            f'{NAME}: a secret must stand on one line, as in password: "secret", and nowhere else'
        )
    quotes = "put it in quotes: what begins with # is a comment, & a name"
    wrong += [f"{NAME}: {key}: {quotes}" for key in cut_short(data.decode("utf-8-sig"))]
    unheld = [*lacking, *([] if wrong else _overruled(base, given))]
    if not wrong:
        whole = _try(lambda: configuration.checked(lay(base, given), NAME), wrong)
        if beside and beside.aim and whole and whole.profile in configuration.EMOTION_FORBIDDEN:
            wrong.append(f"{NAME}: aim: not with profile {whole.profile}: nobody is shown there")
    if wrong or beside is None:
        return [*wrong, *lacking]
    return Wish(given, beside.wifi, secrets, beside.aim, files, unheld)


def _overruled(base: Mapping[str, Any], given: dict[str, Any]) -> list[str]:
    """Take the profile out, and emotion, where the device's own profile forbids that by law."""
    own, over = base.get("profile"), given.get("profile")
    strict = configuration.EMOTION_FORBIDDEN
    if over is None or over in strict or not (isinstance(own, str) and own in strict):
        return []
    del given["profile"]
    given.pop("emotion", None)
    return [f"{NAME}: profile: {over} does not go over {own} in /etc/mien/config.yaml: {own} holds"]


def lay(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """``base`` with ``over`` laid over it, key by key."""
    both = dict(base)
    for key, value in over.items():
        below = both.get(key)
        deep = isinstance(value, dict) and isinstance(below, dict)
        both[key] = lay(below or {}, value) if deep else value
    return both


def complaint(wrong: list[str], kept: str) -> str:
    """What ``mien-errors.txt`` says."""
    many = "these lines" if len(wrong) > 1 else "this line"
    lines = [
        f"Mien could not use {NAME} as it stands, because of {many}:",
        "",
        *(f"  {line.removeprefix(NAME + ': ')}" for line in wrong),
        "",
        f"Until it is mended, {kept}",
        f"Mend it in {NAME}, put the card back and switch on. This file is then removed.",
        "",
    ]
    return "\r\n".join(lines)  # for every Windows editor


def own_complaint(wrong: str) -> str:
    """What it says of the device's own file, without which nothing starts."""
    lines = [
        f"Mien does not start. {NAME} is not to blame, but a file in the device:",
        "",
        f"  {wrong}",
        "",
        "Mend it there, or flash the card and install Mien anew. This file is then removed.",
        "",
    ]
    return "\r\n".join(lines)


def _secrets(
    given: dict[str, Any], stored: Callable[[str], str | None], lacking: list[str]
) -> dict[str, str | None]:
    """Take the secrets out. A key without a value: the one that was moved earlier still holds.

    Where none was, or none can be read any more, nothing is found, and that is said in ``lacking``.
    """
    found: dict[str, str | None] = {}
    for (section, key), place in SECRETS.items():
        values = given.get(section)
        if not isinstance(values, dict) or key not in values:
            found[place] = None
        elif values[key] is None:
            del values[key]
            kept = stored(place)
            if kept is not None:
                found[place] = kept
            else:
                text = "none stands here, and none is kept here"
                lacking.append(f"{NAME}: {section}.{key}: {text}: write it again, or no such line")
                if section == "wifi":  # an open network of that name is another's
                    del given[section]
        elif isinstance(values[key], str):
            found[place] = values.pop(key)
        else:  # a number, say: left where it is, to be refused with the rest
            found[place] = None
    return found


def _login(
    given: dict[str, Any], stored: Callable[[str], str | None], lacking: list[str]
) -> dict[str, str | None]:
    """The login in the camera's address, likewise; what was moved earlier is put back into it."""
    section, key = SOURCE
    camera = given.get(section)
    source = camera.get(key) if isinstance(camera, dict) else None
    found = LOGIN.search(source) if isinstance(source, str) else None
    if found is None or found[0] != KEPT or not isinstance(source, str):
        return {LOGIN_PLACE: found and found[0]}
    login = stored(LOGIN_PLACE)
    if login is None:
        lacking.append(f"{NAME}: camera.source: no login is kept here: write user:password@ again")
        given[section][key] = source.replace(f"{KEPT}@", "", 1)
        return {}
    given[section][key] = LOGIN.sub(lambda _: login, source)
    return {LOGIN_PLACE: login}


def _with(wanted: object, password: str | None) -> object:
    if isinstance(wanted, dict) and password is not None:
        return {**wanted, "password": password}
    return wanted


def _files(
    given: dict[str, Any], there: Callable[[str, str], bool], wrong: list[str]
) -> dict[str, str]:
    found: dict[str, str] = {}
    mqtt = given.get("mqtt")
    for key, place in FILES.items():
        name = mqtt.get(key) if isinstance(mqtt, dict) else None
        if isinstance(name, str) and not name.startswith("/"):
            if "/" in name or not there(name, place):
                wrong.append(f"{NAME}: mqtt.{key}: there is no file {shown(name)} beside {NAME}")
            found[place] = name
    return found


def names(data: bytes) -> dict[str, str]:
    """By what names a file that was good called what is kept, by its place. ``ConfigError``."""
    given = parse(data, NAME)
    return _files(given, lambda *_: True, []) if isinstance(given, dict) else {}


def _try(check: Callable[[], T], wrong: list[str]) -> T | None:
    try:
        return check()
    except ConfigError as error:
        wrong.append(str(error))
        return None


def _movable(data: bytes, secrets: Mapping[str, str | None]) -> bool:
    """Whether no secret is left once they are taken out: there are odd ways to write YAML."""
    text = without_secrets(data.decode("utf-8-sig"))
    try:
        left = parse(text.encode(), NAME) or {}
    except ConfigError:
        return False
    values = [left.get(section) for section, _ in SECRETS]
    empty = all(not isinstance(v, dict) or v.get("password") is None for v in values)
    spread = [f"//{s}@" if place == LOGIN_PLACE else s for place, s in secrets.items() if s]
    rest = _login(left, lambda _: KEPT, [])[LOGIN_PLACE]
    return empty and rest in {None, KEPT} and not any(len(s) >= 8 and s in text for s in spread)
