"""Put Mien on a system, or take it away: ``install.sh`` runs this once apt has done its part.

    python3 -m edge.appliance.install [--profile vehicle] [--wheels DIR] [--root DIR] [uninstall]

Whatever it makes outside of its own folders is a link into the version that ``current`` leads to,
so that an update brings its own units, and removing is removing links. Doing it twice changes
nothing.
"""

from __future__ import annotations

import argparse
import grp
import re
import shutil
import subprocess
import sys
from pathlib import Path

from edge.appliance import owner, versions
from edge.appliance.owner import PROFILES
from edge.appliance.versions import Home, InstallError
from edge.device.disk import replace

UNITS = "usr/local/lib/systemd/system"
LINKS = {
    **{
        f"{UNITS}/{name}.service": f"systemd/{name}.service"
        for name in ("mien", "mien@", "mien-boot", "mien-aim", "mien-update")
    },
    "usr/local/lib/sysusers.d/mien.conf": "systemd/sysusers.conf",
    "usr/local/lib/tmpfiles.d/mien.conf": "systemd/tmpfiles.conf",
    "usr/local/lib/udev/rules.d/90-mien.rules": "systemd/udev.rules",
    "usr/local/bin/mien": "bin/mien",
}
"""Links by where they lie, below the root, and what they lead to in the version that runs."""

STARTED = ("mien-boot.service", "mien.service", "mien-aim.service", "mien-update.service")
WANTS = "etc/systemd/system/multi-user.target.wants"
FOLDERS = ("opt/mien", "etc/mien", "var/lib/mien", "run/mien")
FILES = ("run/NetworkManager/system-connections/mien.nmconnection",)
ON_THE_CARD = ("mien.yaml", *(f"mien-{of}.txt" for of in ("errors", "install", "update", "aim")))
MEMORY = "cgroup_enable=memory"
MEMORY_IS_OURS = "added-cgroup-memory"


def main(argv: list[str] | None = None) -> int:
    """Install or uninstall; exit status 1 with one line about what is in the way."""
    parser = argparse.ArgumentParser(prog="install.sh", description=__doc__)
    parser.add_argument("action", nargs="?", choices=["install", "uninstall"], default="install")
    parser.add_argument(
        "--profile", choices=PROFILES, help="what the device is for; needed the first time"
    )
    parser.add_argument("--wheels", type=Path, metavar="DIR", help="pinned wheels: no network")
    parser.add_argument("--update-key", type=Path, metavar="FILE.pub", help="whose updates to take")
    parser.add_argument("--root", type=Path, default=Path("/"), help=argparse.SUPPRESS)
    parser.add_argument("--deps", help=argparse.SUPPRESS)
    parser.add_argument("--look", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    try:
        if arguments.action == "uninstall":
            uninstall(arguments.root)
        elif arguments.look:
            look(Path(__file__).parents[2], arguments)
        else:
            install(Path(__file__).parents[2], arguments)
    except InstallError as error:
        print(f"install.sh: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"install.sh: {error.filename or ''}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


def look(source: Path, arguments: argparse.Namespace) -> None:
    """Whether it can be done as it is asked for, as far as that is known; changes nothing."""
    owner.to_lay(source, arguments.root, arguments.profile)
    if arguments.update_key is not None:
        _signer(arguments.update_key)
    if arguments.wheels is not None:
        versions.wheels_in(arguments.wheels)


def install(source: Path, arguments: argparse.Namespace) -> None:
    """Everything but apt's part, in an order in which it may be broken off and begun again."""
    root: Path = arguments.root
    home = Home(root)
    etc = root / "etc/mien"
    owner.lay_settings(source, root, arguments.profile)
    if arguments.update_key is not None:
        replace(etc / "update_signers", _signer(arguments.update_key).encode(), 0o644)
    (home.path / "versions").mkdir(parents=True, exist_ok=True)
    version = versions.lay_out(source, home, arguments.wheels, arguments.deps)
    before = home.link("current")
    versions.switch(home, version)
    for place, target in LINKS.items():
        _link(root / place, Path("/opt/mien/current") / target)
    for unit in STARTED:
        _link(root / WANTS / unit, Path("/") / UNITS / unit)
    if root != Path("/"):  # an image: its own first boot does the rest
        return
    made = home.path / "made-group-gpio"
    if not _has_group("gpio"):
        made.touch()
    _run("systemd-sysusers", f"/{next(p for p in LINKS if 'sysusers' in p)}")
    _run("systemd-tmpfiles", "--create", f"/{next(p for p in LINKS if 'tmpfiles' in p)}")
    partition = owner.partition(root)
    if partition is not None:
        _ask_for_memory(partition, home)
    if not _systemd():
        print("installed; it starts with the system")
        return
    _run("udevadm", "control", "--reload")
    _run("udevadm", "trigger", "--subsystem-match=gpio", "--subsystem-match=dma_heap")
    _run("systemctl", "daemon-reload")
    _start(anew=before != version)
    print(f"{version.name} is installed and running: systemctl status mien, sudo mien check")


def _start(*, anew: bool) -> None:
    """Not waited for: without a camera it tries for ever, and that is as it should be."""
    _run("systemctl", "--no-block", "restart" if anew else "start", "mien.service")
    if anew:  # further cameras, those that run
        _run("systemctl", "--no-block", "try-restart", "mien@*.service")


def _signer(file: Path) -> str:
    """A public key as a line of ssh-keygen's allowed signers."""
    kind, key, *_ = [*file.read_text(encoding="utf-8", errors="replace").split(), "", ""]
    if not re.fullmatch("(sk-)?(ssh|ecdsa)-[a-z0-9@.-]+", kind):
        msg = f"--update-key: expected a public key (FILE.pub of ssh-keygen), got {file}"
        raise InstallError(msg)
    return f'mien namespaces="mien-update" {kind} {key}\n'


def uninstall(root: Path) -> None:
    """Take away everything that installing and running have made, settings and state too."""
    home = Home(root)
    if root == Path("/") and _systemd():
        further = sorted(f"mien@{f.stem}.service" for f in (root / "etc/mien").glob("*.yaml"))
        _run("systemctl", "disable", "--now", *STARTED[::-1], *further)
    for place in [f"{WANTS}/{unit}" for unit in STARTED] + [*LINKS, *FILES]:
        (root / place).unlink(missing_ok=True)
        _no_empty_folders((root / place).parent, root / "usr/local/lib")
    made = (home.path / "made-group-gpio").exists()
    partition = owner.partition(root)
    if partition is not None:
        _leave_memory(partition, home)
        for name in ON_THE_CARD:
            (partition / name).unlink(missing_ok=True)
    for folder in FOLDERS:
        shutil.rmtree(root / folder, ignore_errors=True)
    if root == Path("/"):
        if _has_user("mien"):
            _run("userdel", "mien")
        if made:
            _run("groupdel", "gpio")
        if _systemd():
            _run("systemctl", "daemon-reload")
            _run("systemctl", "reset-failed")
            _run("udevadm", "control", "--reload")
    print("nothing of Mien is left")


def _link(place: Path, target: Path) -> None:
    if place.is_symlink() and place.readlink() == target:
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_name(f".{place.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.rename(place)


def _no_empty_folders(folder: Path, above: Path) -> None:
    while above in folder.parents and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _ask_for_memory(partition: Path, home: Home) -> None:
    """A Pi's firmware turns the memory controller off, and MemoryMax= with it, unless asked."""
    file = partition / "cmdline.txt"
    words = _words(file)
    if words and MEMORY not in words:
        replace(home.path / MEMORY_IS_OURS, b"")  # first: a word without this is the owner's
        replace(file, (" ".join([*words, MEMORY]) + "\n").encode(), None)
        print(f"{file}: {MEMORY} added: the service's memory cap holds from the next start on")


def _leave_memory(partition: Path, home: Home) -> None:
    file = partition / "cmdline.txt"
    words = _words(file)
    if MEMORY in words and (home.path / MEMORY_IS_OURS).exists():
        words.remove(MEMORY)
        replace(file, (" ".join(words) + "\n").encode(), None)


def _words(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").split() if file.is_file() else []


def _has_user(name: str) -> bool:
    return subprocess.run(["id", name], capture_output=True, check=False).returncode == 0


def _has_group(name: str) -> bool:
    return any(group.gr_name == name for group in grp.getgrall())


def _systemd() -> bool:
    return Path("/run/systemd/system").is_dir()


def _run(*command: str) -> None:
    """A tool of the system; what it has to say is seen, and no failure ends the installation."""
    subprocess.run(command, check=False, stdin=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main())
