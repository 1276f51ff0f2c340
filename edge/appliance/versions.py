"""Versions side by side: ``/opt/mien/versions/NAME`` and ``current``, a link to one of them.

A version is the released files and a launcher; what it needs from PyPI lies apart, in ``deps``, by
the hash of its pins, so that an update that changes no pin needs no network. Both are named after
what is in them: laying out the same again changes nothing. A link is swapped by one rename: at any
moment the power may go, and ``current`` leads to a whole version.

Nothing but Python's own library: this runs before anything is installed.
"""

from __future__ import annotations

import compileall
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from edge.device.disk import settle

WHOLE = ".whole"
"""Lies in a folder of dependencies in which none is missing."""

RELEASED = (
    *("edge/**/*", "models/manifest.yaml", "models/*.tflite"),
    *("systemd/*", "install/*", "install.sh", "config.yaml", "README.md", "docs/*.md"),
)
"""What a version is made of, in a checkout as in a release."""

ROOM = 300_000_000
"""Bytes of disk that its dependencies may take."""

LAUNCHER = """\
#!{python} -I
import sys
sys.path.insert(0, {version!r})
from edge.__main__ import main
sys.exit(main())
"""

LAY_DOWN = """\
import sys
sys.path.insert(0, sys.argv[1])
from edge import config
config.lay_down(config.manifest_path())
"""
"""What every start would otherwise read anew; a version without it reads it."""


class InstallError(Exception):
    """What keeps a version from being laid out or used; the text says what to do."""


class NotNowError(InstallError):
    """What is not the version's fault: another time it may go well."""


@dataclass(frozen=True, slots=True)
class Home:
    """Where it all lies; ``root`` is ``/`` but for an image that is made elsewhere."""

    root: Path = Path("/")

    @property
    def path(self) -> Path:
        """``/opt/mien``."""
        return self.root / "opt/mien"

    def link(self, name: str) -> Path | None:
        """The version that ``current`` or ``previous`` leads to."""
        link = self.path / name
        return self.path / "versions" / link.readlink().name if link.is_symlink() else None


def released(source: Path) -> list[Path]:
    """The released files below ``source``, relative to it, in order."""
    found = {file for pattern in RELEASED for file in source.glob(pattern) if file.is_file()}
    files = (file.relative_to(source) for file in found)
    return sorted(file for file in files if "__pycache__" not in file.parts)


def name(source: Path) -> str:
    """``1.2.0-1a2b3c4d``: the version's number, and eight digits of the hash of all its files."""
    digest = hashlib.sha256()
    for file in released(source):
        data = (source / file).read_bytes()
        digest.update(f"{file.as_posix()} {len(data)}\n".encode())
        digest.update(data)
    return f"{number(source)}-{digest.hexdigest()[:8]}"


def number(source: Path) -> str:
    """``__version__``, read and not imported: it may be another version's than ours."""
    file = source / "edge/__init__.py"
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
        return next(line.split('"')[1] for line in lines if line.startswith("__version__"))
    except (OSError, StopIteration, IndexError) as error:
        msg = f"{file}: has no version in it; expected the files of a release"
        raise InstallError(msg) from error


def deps_name(source: Path) -> str:
    """Of the pins, the Python and the processor that they are for."""
    pins = (source / "install/requirements.txt").read_bytes()
    python = f"py{sys.version_info.major}{sys.version_info.minor}"
    return f"{hashlib.sha256(pins).hexdigest()[:8]}-{python}-{platform.machine()}"


def lay_out(source: Path, home: Home, wheels: Path | None = None, deps: str | None = None) -> Path:
    """Put a version beside the others, with what it needs; gives its folder. ``InstallError``.

    ``wheels``: a folder to take pinned wheels from, in place of the network. ``deps``: the name of
    a folder of dependencies that somebody else has laid out (an image for another processor).
    """
    version = home.path / "versions" / name(source)
    needs = deps or _dependencies(source, home, wheels)
    if _whole(version):
        return version
    fresh = version.with_name(f".new-{version.name}")
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        _fill(fresh, source, version.name, home, needs, foreign=deps is not None)
        if version.is_dir():
            lost = version.with_name(f".lost-{version.name}")  # which ``tidy`` removes
            shutil.rmtree(lost, ignore_errors=True)
            version.rename(lost)
        fresh.rename(version)
    except OSError:  # of a disk that is full: not fuller than before
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    settle(version.parent)
    return version


def _whole(version: Path) -> bool:
    """Whether it is there, and the disk has lost no part of it since."""
    try:
        return version.is_dir() and name(version) == version.name
    except (OSError, InstallError):
        return False


def _fill(fresh: Path, source: Path, name: str, home: Home, needs: str, *, foreign: bool) -> None:
    """All of a version, on the disk. ``foreign``: for another processor than this."""
    for file in released(source):
        (fresh / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / file, fresh / file)
    (fresh / "install.sh").chmod(0o755)
    place = Path("/opt/mien/versions") / name
    launcher = fresh / "bin/mien"
    launcher.parent.mkdir()
    python = f"/opt/mien/deps/{needs}/bin/python"
    launcher.write_text(LAUNCHER.format(python=python, version=str(place)), encoding="utf-8")
    launcher.chmod(0o755)
    (fresh / "deps").symlink_to(f"../../deps/{needs}")
    for folder in (fresh, *(f for f in fresh.rglob("*") if f.is_dir() and not f.is_symlink())):
        folder.chmod(0o755)
    if not foreign:  # else whoever lays it out does this
        python = str(home.path / "deps" / needs / "bin/python")
        subprocess.run([python, "-I", "-B", "-c", LAY_DOWN, str(fresh)], check=False)
    compileall.compile_dir(fresh / "edge", quiet=1, stripdir=fresh, prependdir=place)
    os.sync()  # all of it, before it gets its name


def wheels_in(folder: Path) -> list[Path]:
    """What ``--wheels`` names; none: else it is a board with no network that finds out."""
    found = sorted(folder.glob("*.whl"))
    if not found:
        msg = f"--wheels: there is no wheel in {folder}"
        raise InstallError(msg)
    return found


def lacks(source: Path, home: Home) -> bool:
    """Whether pip has to be asked for what a version needs."""
    return not (home.path / "deps" / deps_name(source) / WHOLE).is_file()


def _dependencies(source: Path, home: Home, wheels: Path | None) -> str:
    """A virtual environment with the pinned packages, made once."""
    folder = home.path / "deps" / deps_name(source)
    if not lacks(source, home):
        return folder.name
    shutil.rmtree(folder, ignore_errors=True)  # the power went while it was made
    offline = ["--no-index", "--find-links", str(wheels)] if wheels else []
    pins = str(source / "install/requirements.txt")
    # pip's: 70 MB of wheels, more than the /tmp of a card holds
    scratch = folder / "tmp"
    scratch.mkdir(parents=True)
    env = os.environ | {"TMPDIR": str(scratch)}
    try:
        # what apt brings (libcamera, picamera2) is seen through; everything else is ours alone
        venv = [sys.executable, "-m", "venv", "--system-site-packages", str(folder)]
        subprocess.run(venv, check=True, env=env)
        pip = [str(folder / "bin/pip"), "install", "--quiet", "--disable-pip-version-check"]
        pip += ["--no-cache-dir", "--require-hashes", "--only-binary=:all:", "--ignore-installed"]
        subprocess.run([*pip, *offline, "--requirement", pins], check=True, env=env)
    except subprocess.CalledProcessError as error:
        shutil.rmtree(folder, ignore_errors=True)
        failed = f"{Path(error.cmd[0]).name} failed"
        if wheels and shutil.disk_usage(home.path).free >= ROOM:
            msg = f"{failed}: are all wheels there, and for this board's Python?"
            raise InstallError(msg) from error
        msg = f"{failed}: is there room, and a network? --wheels DIR goes without one"
        raise NotNowError(msg) from error
    shutil.rmtree(scratch)
    os.sync()
    (folder / WHOLE).touch()
    return folder.name


def point(home: Home, link: str, version: Path) -> None:
    """Let ``current`` or ``previous`` lead to ``version``, by one rename."""
    fresh = home.path / f".{link}.new"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(Path("versions") / version.name)
    fresh.rename(home.path / link)
    settle(home.path)


def switch(home: Home, version: Path) -> None:
    """Make ``version`` the one that starts; the one before stays, anything older goes."""
    before = home.link("current")
    if before is not None and before != version:
        point(home, "previous", before)
    point(home, "current", version)
    tidy(home)


def tidy(home: Home) -> None:
    """Remove versions that neither link leads to, and dependencies that no version has."""
    used = {home.link("current"), home.link("previous")}
    for folder in (home.path / "versions").iterdir():
        if folder not in used:
            shutil.rmtree(folder)
    needed = {(version / "deps").readlink().name for version in used if version}
    for folder in (home.path / "deps").iterdir():
        if folder.name not in needed:
            shutil.rmtree(folder)
