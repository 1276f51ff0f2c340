"""A Debian with systemd in a folder (apt: mmdebstrap systemd-container), to boot and cut off.

The root is made once and kept in ``.cache/nspawn``; what a drill changes lies in an overlay.
The machine shares this one's network, so a broker on the loopback address is its broker too.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from packaging.requirements import Requirement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
CACHE = ROOT.resolve() / ".cache" / "nspawn"
PACKAGES = "systemd,systemd-sysv,dbus,udev,python3,python3-venv,openssh-client"
PATIENCE_S = 60.0


class DrillError(AssertionError):
    """Something that had to happen did not."""


@dataclass(frozen=True)
class Kind:
    """A system that boards may have. arm64 is emulated (apt: qemu-user-static), and slow."""

    suite: str = "bookworm"
    python: str = "3.11"
    debian: str = "amd64"
    wheel: str = "x86_64"


NATIVE = Kind()


def root(kind: Kind = NATIVE) -> Path:
    """The pristine root; made where there is none: a minute or two, emulated half an hour."""
    folder = CACHE / f"{kind.suite}-{kind.debian}"
    if not folder.with_suffix(".made").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        CACHE.mkdir(parents=True, exist_ok=True)
        command = ["mmdebstrap", "--quiet", "--variant=minbase", f"--architectures={kind.debian}"]
        command += ["--dpkgopt=force-unsafe-io"]
        subprocess.run([*command, f"--include={PACKAGES}", kind.suite, str(folder)], check=True)
        firmware = folder / "boot/firmware"
        firmware.mkdir()
        (firmware / "cmdline.txt").write_text("console=tty1 rootwait\n", encoding="utf-8")
        folder.with_suffix(".made").touch()
    return folder


def wheels(kind: Kind = NATIVE) -> Path:
    """The pinned wheels for a system, checked by their hashes as they are fetched."""
    pins = ROOT / "install" / "requirements.txt"
    digest = hashlib.sha256(pins.read_bytes()).hexdigest()[:8]
    folder = CACHE / f"wheels-{digest}-{kind.python}-{kind.wheel}"
    if not (folder / ".made").is_file():
        # markers speak of the Python that asks, so what they choose is chosen here
        environment = {"python_full_version": f"{kind.python}.2", "platform_machine": kind.wheel}
        folder.mkdir(parents=True, exist_ok=True)
        chosen = folder / "requirements.txt"
        chosen.write_text(_chosen(pins.read_text(encoding="utf-8"), environment), encoding="utf-8")
        pip = [str(ROOT / ".venv/bin/pip"), "download", "--quiet", "--disable-pip-version-check"]
        pip += ["--python-version", kind.python, "--implementation", "cp", "--only-binary=:all:"]
        for glibc in ("2014", "_2_17", "_2_27", "_2_28", "_2_34"):
            pip += ["--platform", f"manylinux{glibc}_{kind.wheel}"]
        pip += [
            "--require-hashes",
            "--no-deps",
            "--requirement",
            str(chosen),
            "--dest",
            str(folder),
        ]
        subprocess.run(pip, check=True)
        (folder / ".made").touch()
    return folder


def _chosen(pins: str, environment: dict[str, str]) -> str:
    """The pins whose markers hold in ``environment``, without their markers."""
    found = []
    for pin in re.findall(r"(?m)^[^ #\n].*(?:\n +--hash.*)*", pins):
        name, _, rest = pin.partition(" \\\n")
        requirement = Requirement(name)
        if requirement.marker is None or requirement.marker.evaluate(environment):
            found.append(f"{requirement.name}{requirement.specifier} \\\n{rest}\n")
    return "".join(found)


@dataclass
class Machine:
    """``path`` is its root as seen from here."""

    path: Path
    binds: dict[Path, str]
    log: Path
    process: subprocess.Popen[bytes] | None = field(default=None)

    def boot(self) -> Self:
        """Switch on. It is up when systemd answers."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self._nspawn(), "--boot"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until(lambda: self.run("systemctl", "is-system-running").stdout.strip() in UP, "boot")
        return self

    def shut_down(self) -> None:
        """As somebody would who asks first."""
        assert self.process is not None
        self.process.terminate()
        self.process.wait(PATIENCE_S)
        self.process = None

    def cut(self) -> None:
        """Take its power away."""
        if self.process is not None:
            leader = self._leader()
            self.process.kill()
            self.process.wait()
            self.process = None
            if leader is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(leader, signal.SIGKILL)
            until(lambda: leader is None or not Path(f"/proc/{leader}").exists(), "power off")

    def before_boot(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run something in it while it is off, as on a card in another computer."""
        return subprocess.run(
            [*self._nspawn(), "--pipe", *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run something in it while it is up."""
        return subprocess.run(
            [*self._inside(), *command], capture_output=True, text=True, check=False, timeout=300
        )

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Begin something in it."""
        return subprocess.Popen(
            [*self._inside(), *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def service(self, name: str = "mien.service") -> dict[str, str]:
        """What systemd says about a service."""
        said = self.run("systemctl", "show", name).stdout
        return dict(line.partition("=")[::2] for line in said.splitlines())

    def _inside(self) -> list[str]:
        leader = self._leader()
        return ["nsenter", f"--target={leader}", "--all", "--"] if leader else ["false"]

    def _leader(self) -> int | None:
        """Its first process, from outside."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        with contextlib.suppress(OSError):
            for pid in children.read_text(encoding="ascii").split():
                return int(pid)
        return None

    def _nspawn(self) -> list[str]:
        binds = [f"--bind-ro={here}:{there}" for here, there in self.binds.items()]
        # --keep-unit: there may be no systemd out here that could give it a unit
        options = ["--quiet", "--register=no", "--keep-unit", "--machine=mien"]
        return ["systemd-nspawn", *options, f"--directory={self.path}", *binds]


UP = {"running", "degraded", "starting"}


@contextlib.contextmanager
def machine(binds: dict[Path, str], kind: Kind = NATIVE) -> Iterator[Machine]:
    """A fresh one, switched off; gone at the end."""
    base = root(kind)
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as name:
        folder = Path(name)
        for part in ("upper", "work", "root"):
            (folder / part).mkdir()
        options = f"lowerdir={base},upperdir={folder}/upper,workdir={folder}/work"
        overlay = ["mount", "-t", "overlay", "overlay", "-o", options, str(folder / "root")]
        subprocess.run(overlay, check=True)
        made = Machine(folder / "root", binds, folder / "console.log")
        try:
            yield made
        finally:
            made.cut()
            subprocess.run(["umount", "--lazy", str(folder / "root")], check=True)


def until(happens: Callable[[], object], what: str, patience_s: float = PATIENCE_S) -> float:
    """Wait for something; gives the seconds that it took. Raises ``DrillError``."""
    began = time.monotonic()
    while not happens():
        if time.monotonic() - began > patience_s:
            msg = f"{what}: not within {patience_s:.0f} s"
            raise DrillError(msg)
        time.sleep(0.1)
    return time.monotonic() - began
