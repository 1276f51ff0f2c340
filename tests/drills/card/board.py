"""An emulated board with a card in it: power, cable, and a hand on what happens inside.

``qemu-system-aarch64 -M virt`` boots the kernel and initrd of the card's own boot partition with
the command line that stands there; what a Raspberry Pi's firmware does is not part of it.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import re
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

UNIT = """[Unit]
Before=mien.service
[Service]
Type=notify
ExecStart=/bin/sh -c 'mkdir -p /run/drill && mount -o ro LABEL=drill /run/drill && \
exec /usr/bin/python3 -u /run/drill/guest.py'
"""
SLOW = """[Service]
TimeoutStartSec=300
"""
"""An emulator on a busy machine is a hundred times slower than a board. The watchdog stays."""


def _credential(name: str, text: str) -> str:
    return f"systemd.set_credential_binary={name}:{base64.b64encode(text.encode()).decode()}"


EXTRA = " ".join(
    [
        # a kernel at a random address keeps its page tables apart from the programs'. That costs a
        # Pi next to nothing, and the emulator, which forgets all translations, half of its time
        "console=ttyAMA0 quiet kpti=off",
        # and it keeps what it has translated by address: a program that lies elsewhere each time is
        # translated again each time
        "norandmaps systemd.wants=drill.service",
        _credential("systemd.extra-unit.drill.service", UNIT),
        _credential("systemd.unit-dropin.mien.service", SLOW),
        _credential("systemd.unit-dropin.mien-boot.service", SLOW),
    ]
)
"""Units of the test's in an image that knows nothing of it (systemd.system-credentials(7))."""

BOOT_AT = 4 << 20
"""Where the boot partition begins: ``image/disk.sh``."""

HOST = "10.0.2.2"
"""The emulated board's name for the machine that it runs on."""


class BoardError(Exception):
    """The board does not do what boards do; the text says which and where the console is."""


def missing() -> list[str]:
    """Packages that this needs and that are not there."""
    needs = {"qemu-system-aarch64": "qemu-system-arm", "mcopy": "mtools", "mosquitto": "mosquitto"}
    path = "/usr/sbin:/usr/local/sbin"
    return [
        p for tool, p in needs.items() if not (shutil.which(tool) or shutil.which(tool, path=path))
    ]


@dataclass
class Board:
    """A card, a power switch and a network cable."""

    folder: Path
    card: Path
    drill: Path
    words: str = ""
    """More for the kernel's command line."""
    processors: int = 2
    process: subprocess.Popen[bytes] | None = None
    on_s: float = 0.0
    boots: int = 0
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _port: socket.socket | None = None
    _rest: bytes = b""

    def put(self, file: Path, name: str) -> None:
        """Put a file on the boot partition, as one does with any laptop."""
        self._mtools("mcopy", "-o", str(file), f"::{name}")

    def get(self, name: str) -> str | None:
        """A file of the boot partition, None where there is none."""
        done = subprocess.run(
            ["mtype", "-i", f"{self.card}@@{BOOT_AT}", f"::{name}"],
            capture_output=True,
            check=False,
        )
        return done.stdout.decode() if done.returncode == 0 else None

    def power_on(self) -> Self:
        """Returns at once; ``on_s`` is the moment."""
        kernel, initrd = self._kernel()
        line = (self.get("cmdline.txt") or "").replace("console=tty0", "").replace("quiet", "")
        line = " ".join(line.split())
        self.boots += 1
        command = ["qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72", "-m", "2048"]
        command += ["-smp", str(self.processors), "-display", "none", "-monitor", "none"]
        command += ["-serial", f"file:{self.console}", "-no-reboot"]
        command += ["-kernel", str(kernel), "-initrd", str(initrd)]
        command += ["-append", f"{line} {EXTRA} {self.words}"]
        for name, file, more in (("card", self.card, ""), ("drill", self.drill, ",readonly=on")):
            command += ["-drive", f"file={file},format=raw,if=none,id={name}{more}"]
            command += ["-device", f"virtio-blk-pci,drive={name}"]
        command += ["-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,id=cable"]
        for name in ("qmp", "port"):
            (self.folder / name).unlink(missing_ok=True)
        command += ["-qmp", f"unix:{self.folder}/qmp,server=on,wait=off"]
        command += ["-chardev", f"socket,id=port,path={self.folder}/port,server=on,wait=off"]
        command += ["-device", "virtio-serial-pci"]
        command += ["-device", "virtserialport,chardev=port,name=mien.test"]
        self._rest = b""
        self.on_s = time.monotonic()
        with (self.folder / "qemu.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        return self

    @property
    def on(self) -> bool:
        """Whether there is power, and a board that has not given up."""
        return self.process is not None and self.process.poll() is None

    @property
    def spent_s(self) -> float:
        """CPU time that the emulator has taken: says more than a clock on a busy machine."""
        if self.process is None:
            return 0.0
        words = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").split(") ")[1]
        return sum(map(int, words.split()[11:13])) / os.sysconf("SC_CLK_TCK")

    @property
    def console(self) -> Path:
        """What the kernel and systemd say, of this boot."""
        return self.folder / f"console-{self.boots}.log"

    def power_cut(self) -> None:
        """No goodbye: what had not reached the disk is gone."""
        if self._port is not None:
            self._port.close()
            self._port = None
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def cable(self, *, plugged: bool) -> None:
        """Plug or pull the network cable."""
        with socket.socket(socket.AF_UNIX) as talk:
            talk.settimeout(10)
            talk.connect(str(self.folder / "qmp"))
            with talk.makefile("rw") as lines:
                for order in (
                    {"execute": "qmp_capabilities"},
                    {"execute": "set_link", "arguments": {"name": "cable", "up": plugged}},
                ):
                    lines.write(json.dumps(order) + "\n")
                    lines.flush()
                    while "return" not in (said := json.loads(lines.readline())):
                        if "error" in said:
                            raise BoardError(str(said["error"]))

    def shell(self, command: str, timeout_s: float = 120) -> str:
        """Run as root inside; gives what it printed. Raises ``BoardError`` where it fails."""
        said = self.ask({"do": "shell", "command": command, "timeout_s": timeout_s}, timeout_s)
        if said.get("rc") != 0:
            raise BoardError(f"{command}: {said}")
        return str(said["out"])

    def tries(self, command: str) -> bool:
        """Whether a command inside succeeds."""
        return self.ask({"do": "shell", "command": command}, 120).get("rc") == 0

    def camera(self, mode: str, fps: float | None = None, layout: str = "YUYV") -> None:
        """What the camera shows from now on."""
        said = self.ask({"do": "camera", "as": {"mode": mode, "fps": fps, "layout": layout}}, 60)
        if "error" in said:
            raise BoardError(f"camera {mode}: {said['error']}")

    def ask(self, what: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        """One question to the guest, one answer. Raises ``BoardError`` when there is none."""
        number = next(self._numbers)
        end = time.monotonic() + timeout_s
        port = self._connected()
        port.sendall(json.dumps({"n": number, **what}).encode() + b"\n")
        while time.monotonic() < end:
            port.settimeout(max(0.05, end - time.monotonic()))
            while b"\n" in self._rest:
                line, _, self._rest = self._rest.partition(b"\n")
                said = json.loads(line)
                if said["n"] == number:
                    return dict(said)
            try:
                data = port.recv(65536)
            except TimeoutError:
                continue
            if not data:
                break
            self._rest += data
        raise BoardError(f"no answer to {what} in {timeout_s} s; see {self.console}")

    def _connected(self) -> socket.socket:
        if self._port is None:
            self._port = socket.socket(socket.AF_UNIX)
            self._port.connect(str(self.folder / "port"))
        return self._port

    def _kernel(self) -> tuple[Path, Path]:
        """Kernel and initrd that the card's config.txt names, copied out of it."""
        names = dict(
            re.findall(r"^(kernel|initramfs)[ =](\S+)", self.get("config.txt") or "", re.MULTILINE)
        )
        if set(names) != {"kernel", "initramfs"}:
            raise BoardError(f"{self.card}: config.txt names no kernel and initramfs")
        for name in names.values():
            if not (self.folder / name).exists():
                self._mtools("mcopy", f"::{name}", str(self.folder / name))
        return self.folder / names["kernel"], self.folder / names["initramfs"]

    def _mtools(self, tool: str, *arguments: str) -> None:
        subprocess.run(
            [tool, "-i", f"{self.card}@@{BOOT_AT}", *arguments], check=True, capture_output=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.power_cut()
