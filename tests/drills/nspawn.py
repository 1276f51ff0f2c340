"""``make drill-systemd``: installed, booted, crashed, hung, cut off, updated and taken away again.

On a Debian with the real systemd (``machine``) and a real broker with a password; the camera is the
pinned clip, looped. Prints a table; the exit status is 1 if anything was not as it should be.
``--short`` leaves out updates and taking away: what CI runs.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from edge.appliance import release
from tests.drills.machine import ROOT, DrillError, Machine, machine, until, wheels
from tests.tell.brokers import Listener, Mosquitto

if TYPE_CHECKING:
    from collections.abc import Callable

CLIP = ROOT.resolve() / ".cache/media/WolfgangLanger_Pexels.mp4"
PASSWORD = "sesame 99"  # noqa: S105 - of a broker that lives for two minutes
OUTAGE_S = 10.0
"""The longest that the clip goes without an alert is 7 s."""

CARD = """\
profile: home
device: van_7
camera: {{source: /srv/clip.mp4, loop: true}}
mqtt:
  host: 127.0.0.1
  port: {port}
  username: van_7
  password: "{password}"
"""


@dataclass
class Drill:
    """The machine, its broker, somebody who listens, and the folder of this drill."""

    machine: Machine
    broker: Mosquitto
    ear: Listener
    folder: Path
    pristine: set[str]

    def pid(self) -> str:
        return self.machine.service()["MainPID"]

    def hears(self, topic: str, since_s: float, wanted: Callable[[bytes], bool]) -> bool:
        return any(h.at_s >= since_s and wanted(h.payload) for h in self.ear.on(topic))

    def watching(self, since_s: float, what: str, patience_s: float = 60.0) -> float:
        """Wait until somebody says, after ``since_s``, that the woman in the clip is seen."""
        return until(
            lambda: self.hears(
                "state", since_s, lambda said: json.loads(said)["subject"]["present"]
            ),
            what,
            patience_s,
        )

    def current(self) -> str:
        return (self.machine.path / "opt/mien/current").readlink().name


def installed(drill: Drill) -> str:
    """While it is off, as in an image; then again, to see that nothing changes."""
    command = ["/src/install.sh", "--no-apt", "--wheels", "/wheels", "--profile", "home"]
    command += ["--update-key", "/drill/key.pub"]
    began = time.monotonic()
    first = drill.machine.before_boot(*command)
    took_s = time.monotonic() - began
    if first.returncode:
        raise DrillError(first.stdout + first.stderr)
    card = drill.machine.path / "boot/firmware"
    text = CARD.format(port=drill.broker.port, password=PASSWORD)
    (card / "mien.yaml").write_text(text, encoding="utf-8")
    before = listing(drill.machine.path)
    again = drill.machine.before_boot(*command)
    changed = before ^ listing(drill.machine.path)
    assert again.returncode == 0, again.stderr
    assert not changed, f"a second time changed {sorted(changed)[:5]}"
    return f"in {took_s:.0f} s; a second time changes no file"


def booted(drill: Drill) -> str:
    began = time.monotonic()
    drill.machine.boot()
    drill.watching(began, "the first state after power-on")
    took_s = time.monotonic() - began
    until(lambda: drill.machine.service()["ActiveState"] == "active", "active")
    about = drill.machine.service()
    ready_s = (
        int(about["ActiveEnterTimestampMonotonic"]) - int(about["ExecMainStartTimestampMonotonic"])
    ) / 1e6
    assert about["User"] == "mien"
    assert about["MemoryMax"] == str(300 * 1024 * 1024)
    assert drill.hears("info", began, lambda said: json.loads(said)["profile"] == "home")
    left = (drill.machine.path / "boot/firmware/mien.yaml").read_text(encoding="utf-8")
    assert "sesame" not in left, "the password is still on the card"
    shown = drill.machine.run("systemctl", "cat", "mien.service").stdout
    assert "sesame" not in shown + json.dumps(about), "the password is in systemd's words"
    return f"first state {took_s:.1f} s after power-on, READY {ready_s:.1f} s after its start"


def crashed(drill: Drill) -> str:
    return _struck(drill, "SEGV", "a crash")


def hung(drill: Drill) -> str:
    """Stopped, it feeds no watchdog: SIGABRT after 20 s, SIGKILL 5 s later."""
    note = _struck(drill, "STOP", "a hang")
    log = drill.machine.run("journalctl", "--unit=mien.service", "--output=cat").stdout
    assert "Watchdog timeout" in log
    return note


def _struck(drill: Drill, name: str, what: str) -> str:
    before, began = drill.pid(), time.monotonic()
    drill.machine.run("systemctl", "kill", f"--signal={name}", "--kill-whom=main", "mien.service")
    until(lambda: drill.pid() not in {before, "0"}, f"a new process after {what}")
    back = time.monotonic()
    drill.watching(back, f"a state after {what}")
    return f"watching again after {time.monotonic() - began:.1f} s"


def broker_gone(drill: Drill) -> str:
    """Two outages at the most: a device that is back before its listener has told by then.

    Nothing is counted here, so that hides no loss (``make drill-broker`` counts).
    """
    before = drill.pid()
    for patience_s in (25.0, 60.0):
        drill.broker.kill()
        time.sleep(OUTAGE_S)
        began = time.monotonic()
        drill.broker.start()
        try:
            until(lambda since_s=began: _late(drill, since_s), "late events", patience_s)
            break
        except DrillError:
            if patience_s > 25:
                raise
    assert drill.pid() == before, "it was restarted"
    return (
        f"the same process; the first late event {time.monotonic() - began:.1f} s after it was back"
    )


def _late(drill: Drill, since_s: float) -> bool:
    return drill.hears("event", since_s, lambda said: json.loads(said)["late"])


def stopped(drill: Drill) -> str:
    began = time.monotonic()
    drill.machine.run("systemctl", "stop", "mien.service")
    took_s = time.monotonic() - began
    until(lambda: drill.hears("availability", began, lambda said: said == b"offline"), "offline")
    about = drill.machine.service()
    assert (about["Result"], about["ExecMainStatus"]) == ("success", "0")
    drill.machine.run("systemctl", "start", "mien.service")
    drill.watching(time.monotonic(), "a state after the start")
    return f"offline was said, stopped in {took_s:.1f} s"


def aimed(drill: Drill) -> str:
    """One line on the card, and the address that then stands there: no terminal in between."""
    card = drill.machine.path / "boot/firmware"
    drill.machine.shut_down()
    with (card / "mien.yaml").open("a", encoding="utf-8") as file:
        file.write("aim: 1\n")
    began = time.monotonic()
    drill.machine.boot()
    told = card / "mien-aim.txt"
    until(lambda: told.is_file() and ".local" not in told.read_text("utf-8"), "an address", 120)
    link = next(w for w in told.read_text(encoding="utf-8").split() if w.startswith("http://"))
    drill.watching(began, "a state")
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with opener.open(link, timeout=10) as page:
        assert b"<html" in page.read().lower()
    with opener.open(link.partition("?")[0] + "look", timeout=10) as look:
        assert look.read(2) == b"\xff\xd8", "no picture"
    took_s = time.monotonic() - began
    assert drill.hears("info", began, lambda said: json.loads(said)["privacy"]["page"])
    drill.machine.shut_down()
    again = time.monotonic()
    drill.machine.boot()
    drill.watching(again, "a state after the next start")
    assert not told.exists(), "the address is still on the card"
    refused = False
    try:
        opener.open(link, timeout=5)
    except OSError:
        refused = True
    assert refused, "the page is still open"
    return f"a picture on the page {took_s:.1f} s after power-on; the next start has none"


def updated(drill: Drill) -> str:
    before = drill.current()
    took_s, said, status = _update(drill, _release(drill, "0.9.1"))
    assert status == 0, said
    assert drill.current().startswith("0.9.1-"), said
    assert before in {f.name for f in (drill.machine.path / "opt/mien/versions").iterdir()}
    assert drill.machine.service()["NRestarts"] == "0"
    return f"kept after {took_s:.0f} s"


def update_refused(drill: Drill) -> str:
    """A stranger's signature, a changed byte, an older version."""
    before, pid = drill.current(), drill.pid()
    stranger = _key(drill.folder / "stranger")
    forged = _release(drill, "0.9.2", key=stranger)
    good = _release(drill, "0.9.2")
    spoiled = drill.folder / "spoiled.update"
    data = bytearray(good.read_bytes())
    data[len(data) // 2] ^= 1
    spoiled.write_bytes(data)
    older = _release(drill, "0.0.9")
    for file, words in ((forged, "signature"), (spoiled, "signature"), (older, "older")):
        _, said, status = _update(drill, file)
        assert (status, words in said) == (1, True), said
    assert (drill.current(), drill.pid()) == (before, pid)
    return "stranger, changed byte, older: the service was not touched"


def update_crashes(drill: Drill) -> str:
    file = _release(drill, "0.9.3", {"edge/commands/service.py": "raise RuntimeError('broken')\n"})
    return _rolled_back(drill, file, "ended 3 times")


def update_blind(drill: Drill) -> str:
    """It gets up and says so, and never works a frame through."""
    blind = "import time\nfrom edge.device import watchdog\nwatchdog.ready()\ntime.sleep(600)\n"
    file = _release(drill, "0.9.4", {"edge/commands/service.py": blind})
    return _rolled_back(drill, file, "was not")


def _rolled_back(drill: Drill, file: Path, words: str) -> str:
    before, began = drill.current(), time.monotonic()
    took_s, said, status = _update(drill, file)
    assert (status, words in said) == (1, True), said
    assert drill.current() == before
    drill.watching(began + took_s, "a state after it was rolled back")
    assert len(list((drill.machine.path / "opt/mien/versions").iterdir())) <= 2
    return f"back after {took_s:.0f} s: {said.strip().splitlines()[-1].partition('update: ')[2]}"


def cut_in_trial(drill: Drill) -> str:
    """The power goes while a version is tried, and comes back."""
    before = drill.current()
    blind = "import time\nfrom edge.device import watchdog\nwatchdog.ready()\ntime.sleep(600)\n"
    file = _release(drill, "0.9.5", {"edge/commands/service.py": blind})
    trying = drill.machine.start("mien", "update", f"/drill/{file.name}")
    assert trying.stdout is not None
    until(lambda: "process" in trying.stdout.readline(), "the trial")
    drill.machine.cut()
    trying.wait()
    began = time.monotonic()
    drill.machine.boot()
    drill.watching(began, "a state after the cut")
    assert drill.current() == before
    running = drill.machine.run("systemctl", "show", "--property=ExecStart", "mien.service").stdout
    assert "/opt/mien/current/" in running
    return "the old version starts"


def from_the_card(drill: Drill) -> str:
    """Somebody puts the file beside mien.yaml and switches on."""
    card = drill.machine.path / "boot/firmware"
    drill.machine.shut_down()
    shutil.copy(_release(drill, "0.9.6"), card / "new.update")
    drill.machine.boot()
    until((card / "mien-update.txt").is_file, "an answer on the card", 120)
    said = (card / "mien-update.txt").read_text(encoding="utf-8").strip()
    assert said.endswith("runs"), said
    assert drill.current().startswith("0.9.6-")
    assert not (card / "new.update").exists()
    return said


def taken_away(drill: Drill) -> str:
    done = drill.machine.run("/src/install.sh", "uninstall")
    assert done.returncode == 0, done.stderr
    left = listing(drill.machine.path) - drill.pristine
    ours = sorted(name for name in left if not name.startswith(NOT_OURS))
    gone = sorted(drill.pristine - listing(drill.machine.path))
    assert (ours, gone) == ([], []), f"left: {ours}, gone: {gone}"
    words = "console=tty1 rootwait\n"
    assert (drill.machine.path / "boot/firmware/cmdline.txt").read_text(encoding="utf-8") == words
    assert drill.machine.run("id", "mien").returncode
    assert drill.machine.run("getent", "group", "gpio").returncode
    return f"every name in the file system as before: {len(drill.pristine)}"


def first_start(drill: Drill) -> str:
    """A fresh card with four files on its boot partition, switched on; as cloud-init would."""
    drill.machine.cut()
    with machine(drill.machine.binds) as fresh:
        card = fresh.path / "boot/firmware"
        text = CARD.format(port=drill.broker.port, password=PASSWORD)
        (card / "mien.yaml").write_text(text, encoding="utf-8")
        shutil.copy(ROOT / "install/first-boot.sh", card / "mien-first-boot.sh")
        shutil.copy(drill.folder / "key.pub", card / "update-key.pub")
        shutil.copy(_release(drill, "0.9.7", wheels_too=True), card / "mien-0.9.7.update")
        done = fresh.before_boot("sh", "/boot/firmware/mien-first-boot.sh")
        assert done.returncode == 0, done.stderr
        began = time.monotonic()
        fresh.boot()
        drill.machine = fresh  # whose words are shown should it fail
        took_s = drill.watching(began, "a state after the first start", 240)
        until(lambda: not list(card.glob("*.update")), "the card tidied up")
        assert {f.name for f in card.iterdir()} == {"cmdline.txt", "mien.yaml"}
        assert "sesame" not in (card / "mien.yaml").read_text(encoding="utf-8")
        assert (fresh.path / "etc/mien/update_signers").is_file()
        assert not (fresh.path / "etc/systemd/system/mien-first-boot.service").exists()
    return f"watching {took_s:.0f} s after power-on"


NOT_OURS = (
    *("/var/log/", "/run/", "/tmp/", "/var/tmp/systemd-private"),  # noqa: S108 - listed, not used
    *(
        "/var/lib/dbus/machine-id",
        "/var/lib/systemd/",
        "/drill",
        "/src",
        "/srv/clip.mp4",
        "/wheels",
    ),
)
"""What any system has written once it was up, and what this drill has hung into it."""


def listing(root: Path) -> set[str]:
    """Every name in the file system, and where links lead."""
    command = ["find", str(root), "-xdev", "-mindepth", "1", "-printf", "/%P %l\n"]
    return set(
        subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    )


def _update(drill: Drill, file: Path) -> tuple[float, str, int]:
    began = time.monotonic()
    done = drill.machine.run("mien", "update", f"/drill/{file.name}")
    return time.monotonic() - began, done.stdout + done.stderr, done.returncode


def _release(
    drill: Drill,
    number: str,
    instead: dict[str, str] | None = None,
    key: Path | None = None,
    *,
    wheels_too: bool = False,
) -> Path:
    """This checkout under another number, with some files replaced, signed."""
    with tempfile.TemporaryDirectory() as name:
        source = Path(name)
        for file in release.versions.released(ROOT):
            (source / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, source / file)
        text = f'"""A release for the drill."""\n\n__version__ = "{number}"\n'
        (source / "edge/__init__.py").write_text(text, encoding="utf-8")
        for file, content in (instead or {}).items():
            (source / file).write_text(content, encoding="utf-8")
        out = drill.folder / f"by-{key.name if key else 'us'}"
        arguments = ["--key", key or drill.folder / "key", "--source", source, "--out", out]
        arguments += ["--wheels", wheels()] if wheels_too else []
        assert release.main([str(each) for each in arguments]) == 0
        made = max(out.glob(f"mien-{number}-*.update"), key=lambda file: file.stat().st_mtime)
        return made.replace(drill.folder / f"{out.name}-{made.name}")


def _key(file: Path) -> Path:
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(file)]
    subprocess.run(command, check=True)
    return file


SHORT = {
    "installed": installed,
    "booted": booted,
    "crash (SEGV)": crashed,
    "hang (SIGSTOP)": hung,
    "broker gone": broker_gone,
    "clean stop": stopped,
    "aimed by the card": aimed,
}
LONG = {
    "update": updated,
    "update refused": update_refused,
    "update that crashes": update_crashes,
    "update that is blind": update_blind,
    "power cut in a trial": cut_in_trial,
    "update from the card": from_the_card,
    "uninstalled": taken_away,
    "first start of a card": first_start,
}


def main() -> int:
    parser = argparse.ArgumentParser(description="A board's life under the real systemd.")
    parser.add_argument("--short", action="store_true", help="no updates, no uninstalling")
    parser.add_argument("--only", nargs="+", default=[""], help="whose name has one of these in it")
    arguments = parser.parse_args()
    chosen = SHORT if arguments.short else SHORT | LONG
    chosen = {k: act for k, act in chosen.items() if any(word in k for word in arguments.only)}
    table = Table(title="systemd drill", title_justify="left")
    for name in ("what", "", "s", ""):
        table.add_column(name)
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _key(folder / "key")
        users = folder / "users"
        command = ["mosquitto_passwd", "-b", "-c", str(users), "van_7", PASSWORD]
        subprocess.run(command, check=True, capture_output=True)
        lines = ("allow_anonymous false", f"password_file {users}")
        binds = {
            ROOT.resolve(): "/src",
            wheels(): "/wheels",
            CLIP: "/srv/clip.mp4",
            folder: "/drill",
        }
        with Mosquitto(folder, lines=lines) as broker, machine(binds) as board:
            pristine = listing(board.path)
            with Listener(broker.port, "mien/#", username="van_7", password=PASSWORD) as ear:
                drill = Drill(board, broker, ear, folder, pristine)
                for what, act in chosen.items():
                    began = time.monotonic()
                    try:
                        note, good = act(drill), True
                    except AssertionError as error:
                        note, good = f"{error}", False
                    took_s = time.monotonic() - began
                    word = "ok" if good else "FAIL"
                    print(f"{what}: {word} {took_s:.0f} s: {note}", file=sys.stderr, flush=True)
                    table.add_row(what, word, f"{took_s:.0f}", note)
                    failed += not good
                    if not good:
                        print(_journal(drill.machine), file=sys.stderr)
                        break  # what follows would only fail because of this
    Console(width=150).print(table)
    return 1 if failed else 0


def _journal(board: Machine) -> str:
    if board.process is None:
        return board.log.read_text(encoding="utf-8", errors="replace")[-3000:]
    command = ["journalctl", "--no-pager", "--lines=60", "--unit=mien*"]
    return board.run(*command).stdout


if __name__ == "__main__":
    sys.exit(main())
