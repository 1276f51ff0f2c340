"""The owner's two files, ``config.yaml`` in the device and ``mien.yaml`` on the card: laid once.

Nothing but Python's own library: this runs before anything is installed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from edge.appliance.versions import InstallError
from edge.device.disk import replace

if TYPE_CHECKING:
    from pathlib import Path

PROFILES = ("vehicle", "home", "care", "retail", "research", "workplace", "education")
"""As in ``edge.config``, which needs packages that are not there yet."""


def lay_settings(source: Path, root: Path, profile: str | None) -> None:
    """The owner's two files, unless there are any: nothing of the owner's is written over."""
    missing, stands = to_lay(source, root, profile)
    etc = root / "etc/mien/config.yaml"
    etc.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    profile = profile or (stands if stands in PROFILES else None)
    for place, template in missing.items():
        text = template.read_text(encoding="utf-8")
        if profile is not None:
            text = re.sub(r"(?m)^profile: .*$", f"profile: {profile}", text)
        replace(place, text.encode(), 0o644 if place == etc else None)


def to_lay(source: Path, root: Path, profile: str | None) -> tuple[dict[Path, Path], str | None]:
    """Which of them are missing, by what they are made of, and the profile that stands in one."""
    etc, card = root / "etc/mien/config.yaml", partition(root)
    lay = {etc: source / "config.yaml"}
    if card is not None:
        lay[card / "mien.yaml"] = source / "systemd/mien.yaml"
    missing = {place: template for place, template in lay.items() if not place.is_file()}
    # mien.yaml lies over config.yaml
    at, stands = next(((p, said) for p in reversed(lay) if (said := _profile(p))), (etc, None))
    if profile not in {None, stands} and (stands or not missing):
        msg = f"--profile {profile}: {at} says {stands or 'none'}, and is not written over: "
        raise InstallError(msg + f"change it there, to profile: {profile}")
    if etc in missing and profile is None and not (card and (card / "mien.yaml").is_file()):
        msg = "--profile: missing; what is the device for? vehicle, home, care, retail, research, "
        raise InstallError(msg + "workplace or education")
    return missing, stands


def partition(root: Path) -> Path | None:
    """The FAT partition of a Raspberry Pi (or of our own image), by what lies on every one."""
    places = [root / "boot/firmware", root / "boot"]
    return next(
        (p for p in places if (p / "cmdline.txt").is_file() or (p / "mien.yaml").is_file()), None
    )


def _profile(place: Path) -> str | None:
    """What a file of the owner's says, if any: PyYAML may not be there yet."""
    if not place.is_file():
        return None
    text = place.read_text(encoding="utf-8-sig", errors="replace")
    found = re.search(r"""(?m)^["']?profile["']?\s*:\s*["']?(\w+)""", text)
    return found and found[1]
