"""``mien boot``: from the file on the boot partition to settings, secrets and Wi-Fi.

Everything that is kept lies below one folder: ``boot`` the last good file, ``secret`` what was
moved off the card's readable part. The order makes it safe to lose power anywhere: what is moved is
first on the disk at its new place, then taken from the old; what is left half done is done again.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from edge import config as configuration
from edge.appliance import bootfile
from edge.appliance.bootfile import FILES, NAME, Wish
from edge.appliance.rewrite import SECRETS
from edge.commands import aiming, keeping, radio
from edge.commands.keeping import as_far_as_the_card_lets
from edge.commands.places import GROUP, Places
from edge.device import disk
from edge.strict import ConfigError, compose

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

PARTITIONS = (Path("/boot/firmware"), Path("/boot"))
ERRORS = "mien-errors.txt"
EMPTY = b" \r\n\t\0"
"""Of nothing but these a file has been lost: it asks for nothing, and forgets no password."""

log = logging.getLogger("mien")


def run(arguments: argparse.Namespace) -> int:
    """Exit status 0 when there are settings to start with, if need be those of an earlier time."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    root: Path = arguments.root
    around = [root / place.relative_to("/") for place in PARTITIONS]
    partition = arguments.partition or next((place for place in around if place.is_dir()), None)
    places = Places(root, partition)
    if arguments.address:
        return _say_where_the_page_is(places)
    try:
        keeping.sort_out(places)
        base = _base(places)
        wish, data = _wish(places, base)
        card = None if data is None else places.partition
        stored = keeping.store(places, wish, card)
        _compose(places, base, wish)
        if card is not None and data is not None:
            if stored:
                keeping.settle(places, card, data, wish)
            with as_far_as_the_card_lets():
                aiming.follow(wish.aim, places.run, places.kept, card)
        radio.connect(root, wish.wifi)
    except ConfigError as error:
        log.error("%s", error)  # noqa: TRY400 - a user caused it: one line, no traceback
        return 1
    except OSError as error:
        log.error("%s: %s", error.filename or "boot", error.strerror)  # noqa: TRY400 - as above
        return 1
    return 0


def _say_where_the_page_is(places: Places) -> int:
    if places.partition is None or aiming.address(places.run, places.partition):
        return 0
    log.warning("aim: no network: the address of the page is not known")
    return 1


def _base(places: Places) -> dict[str, Any]:
    """What the device's own file says; raises ``ConfigError``, whatever ``mien.yaml`` says."""
    file = places.etc / "config.yaml"
    if not file.is_file():
        return {}
    try:
        base = configuration.raw(file)
        configuration.convert({"profile": "vehicle", **base}, configuration.Config, str(file))
    except ConfigError as error:  # who has nothing but the card must hear of it there
        with as_far_as_the_card_lets():
            _lay(places.partition, bootfile.own_complaint(str(error)))
        raise
    return base


def _wish(places: Places, base: Mapping[str, Any]) -> tuple[Wish, bytes | None]:
    """What the file asks for, and the file; or what it asked for when it was last good, and None.

    Nothing at all is asked for where there never was a good one.
    """
    card = places.partition
    data, found = _found(places, base)
    wish = found if isinstance(found, Wish) else Wish({}, None, {})
    wrong = found if isinstance(found, list) else [*wish.unheld, *_misnamed(card, data)]
    held = "all the rest of it holds." if wish.unheld else "the settings of the device itself hold."
    if isinstance(found, Wish) and not wish.unheld:
        held = f"{NAME} holds."
    earlier = None if isinstance(found, Wish) else places.earlier()
    if earlier is not None:
        # a certificate that is lost is no reason not to watch
        again = bootfile.read(earlier, base, places.stored, lambda *_: True)
        if isinstance(again, Wish):
            wish, held = again, "the settings hold that were good the last time."
    with as_far_as_the_card_lets():
        _say(card, wrong, held)
        if card and data is None and earlier is not None and not wrong:
            log.info("%s is not there any more: put back as it was last good", card / NAME)
            disk.replace(card / NAME, earlier, mode=None)
    return _with_own(wish, base), data if isinstance(found, Wish) else None


def _found(places: Places, base: Mapping[str, Any]) -> tuple[bytes | None, Wish | list[str] | None]:
    """The file on the card, and what it asks for, or what is wrong with it; None: there is none."""
    try:
        data = disk.read(places.partition / NAME) if places.partition else None
    except OSError as error:
        return None, [f"{NAME}: cannot be read: {error.strerror}"]
    if data is None or not data.strip(EMPTY):  # pulled out of a laptop in mid-write
        return None, None
    return data, bootfile.read(data, base, places.stored, places.there)


def _with_own(wish: Wish, base: Mapping[str, Any]) -> Wish:
    """A password in config.yaml goes the way of the others, where there is none over it."""
    place, mqtt = SECRETS["mqtt", "password"], base.get("mqtt")
    password = mqtt.get("password") if isinstance(mqtt, dict) else None
    if not isinstance(password, str) or wish.secrets.get(place) is not None:
        return wish
    return replace(wish, secrets={**wish.secrets, place: password})


def _say(card: Path | None, wrong: list[str], held: str) -> None:
    """Write down beside the file what is wrong with it, or take back what was."""
    for line in wrong:
        log.error("%s", line)
    if wrong:
        _lay(card, bootfile.complaint(wrong, held))
    elif card is not None:
        (card / ERRORS).unlink(missing_ok=True)


def _lay(card: Path | None, text: str) -> None:
    if card is not None:
        disk.put(card / ERRORS, text.encode(), mode=None)


def _misnamed(card: Path | None, data: bytes | None) -> list[str]:
    """Editors on laptops like to add an ending that the laptop then hides, beside the old file."""
    names = ("mien.yaml.txt", "mien.yml", "mien.txt", "mien (1).yaml")
    found = [name for name in names if card and (card / name).is_file()]
    if data is None:
        return [f"{NAME}: is not there, but {name} is: rename it" for name in found]
    twice = f"{NAME}: is there twice: nobody reads"
    return [f"{twice} {name}: remove one of the two, and call the other {NAME}" for name in found]


def _compose(places: Places, base: Mapping[str, Any], wish: Wish) -> None:
    """Write what the services read: the first camera's settings, and each further one's."""
    settings = bootfile.lay(base, wish.settings)
    _settle_secrets(places, settings, wish)
    first = configuration.checked(settings, "settings")
    places.run.mkdir(mode=0o755, parents=True, exist_ok=True)
    _write(places.run / "config.yaml", settings)
    taken = {first.device}
    # the buzzer's pins are one's, not each camera's
    shared = {key: value for key, value in settings.items() if key != "board"}
    for file in sorted(places.etc.glob("*.yaml")):
        name = file.stem
        if name == "config":
            continue
        try:
            own = {"device": f"{first.device[: 31 - len(name)]}_{name}", **configuration.raw(file)}
            both = bootfile.lay(shared, own)
            device = configuration.checked(both, str(file)).device
            if device in taken:
                msg = f"{file}: device: {device} is another camera's name already"
                raise ConfigError(msg)  # noqa: TRY301 - said like the rest
        except ConfigError as error:  # the other cameras can still see
            log.error("%s", error)  # noqa: TRY400
            (places.run / file.name).unlink(missing_ok=True)
            continue
        taken.add(device)
        _write(places.run / file.name, both)


def _settle_secrets(places: Places, settings: dict[str, Any], wish: Wish) -> None:
    """No password stays; kept files stand by their new place."""
    mqtt = settings.get("mqtt")
    if not isinstance(mqtt, dict):
        return
    mqtt.pop("password", None)
    for key, place in FILES.items():
        if place not in wish.files:
            continue
        if place.startswith("boot/"):  # the service cannot look into our folder; a key may be in it
            copy = places.run / Path(place).name
            mqtt[key] = str(Path("/") / copy.relative_to(places.root))
            try:
                data = (places.kept / place).read_bytes()
            except OSError as error:  # who drives is watched without a broker, too
                log.error("%s: %s", error.filename, error.strerror)  # noqa: TRY400 - one line
                continue
            places.run.mkdir(mode=0o755, parents=True, exist_ok=True)
            disk.replace(copy, data, 0o640, GROUP)
        else:  # read from its credential
            mqtt[key] = f"/var/lib/mien/{place}"


def _write(file: Path, settings: Mapping[str, Any]) -> None:
    """Composed at every start from /etc/mien and the boot partition; a login may be in it."""
    disk.replace(file, compose(dict(settings)), 0o640, GROUP)
