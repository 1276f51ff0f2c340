"""A new version: good, refused, broken, cut off, by card; then taken away, and a first start."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

from edge.appliance import trial
from tests.drills import releases
from tests.drills.machine import ROOT, machine, until, wheels
from tests.drills.nspawn.drill import CARD, NOT_OURS, PASSWORD, Drill, listing
from tests.drills.releases import BLIND, CRASHES, signed

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path


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
    stranger = releases.new_key(drill.folder / "stranger")
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
    file = _release(drill, "0.9.3", CRASHES)
    return _rolled_back(drill, file, "ended 3 times")


def update_blind(drill: Drill) -> str:
    file = _release(drill, "0.9.4", BLIND)
    return _rolled_back(drill, file, "was not")


def update_without_settings(drill: Drill) -> str:
    """Its service would do; at the next power-on there would be no settings for it."""
    for text, words in (
        ("def run(arguments):\n    return 0\n", "ended 3 times"),
        ("raise RuntimeError('broken')\n", "mien boot failed"),
    ):
        file = _release(drill, "0.9.8", {"edge/commands/boot.py": text})
        said = _rolled_back(drill, file, words)
    return said


def _rolled_back(drill: Drill, file: Path, words: str) -> str:
    before, began = drill.current(), time.monotonic()
    took_s, said, status = _update(drill, file)
    assert (status, words in said) == (1, True), said
    assert drill.current() == before
    drill.watching(began + took_s, "a state after it was rolled back")
    assert len(list((drill.machine.path / "opt/mien/versions").iterdir())) <= 2
    return f"back after {took_s:.0f} s: {said.strip().splitlines()[-1].partition('update: ')[2]}"


KILL = """
for process in /proc/[0-9]*; do
  if tr '\\0' ' ' <$process/cmdline | grep -q 'bin/[m]ien update'; then
    kill -s KILL ${process#/proc/}
    exit
  fi
done
exit 1
"""


def killed_in_trial(drill: Drill) -> str:
    """Whoever watches the trial is killed, as the kernel does it when memory is short."""
    before = drill.current()
    trying = _blind_trial(drill, "0.9.4")
    assert drill.machine.run("sh", "-c", KILL).returncode == 0
    trying.wait()
    names = ("systemctl", "show", "--property=NextElapseUSecMonotonic", "--value")
    assert drill.machine.run(*names, f"{trial.UNDO}.timer").stdout.strip() not in {"", "infinity"}
    began = time.monotonic()
    # what the timer starts, now: nobody wants to wait for five minutes
    drill.machine.run("systemctl", "start", f"{trial.UNDO}.service")
    drill.watching(began, "a state after it was undone")
    _assert_runs(drill, before)
    return f"systemd goes back by itself (set for {trial.UNDO_S} s after the start of the trial)"


def cut_in_trial(drill: Drill) -> str:
    """The power goes while a version is tried, and comes back."""
    before = drill.current()
    trying = _blind_trial(drill, "0.9.5")
    drill.machine.cut()
    trying.wait()
    began = time.monotonic()
    drill.machine.boot()
    drill.watching(began, "a state after the cut")
    _assert_runs(drill, before)
    return "the old version starts"


def _blind_trial(drill: Drill, number: str) -> subprocess.Popen[str]:
    """``mien update``, in the trial of a version that never watches."""
    file = _release(drill, number, BLIND)
    trying = drill.machine.start("mien", "update", f"/drill/{file.name}")
    assert trying.stdout is not None
    until(lambda: "process" in trying.stdout.readline(), "the trial")
    return trying


def _assert_runs(drill: Drill, version: str) -> None:
    assert drill.current() == version
    running = drill.machine.run("systemctl", "show", "--property=ExecStart", "mien.service").stdout
    assert "/opt/mien/current/" in running


def from_the_card(drill: Drill) -> str:
    """Somebody puts the file beside mien.yaml and switches on.

    Its pins are others than before, so that all is done by what the unit may do, pip too.
    """
    card = drill.machine.path / "boot/firmware"
    drill.machine.shut_down()
    pins = (ROOT / "install/requirements.txt").read_text(encoding="utf-8") + "# chosen anew\n"
    file = _release(drill, "0.9.6", {"install/requirements.txt": pins}, wheels_too=True)
    shutil.copy(file, card / "new.update")
    drill.machine.boot()
    until((card / "mien-update.txt").is_file, "an answer on the card", 240)
    said = (card / "mien-update.txt").read_text(encoding="utf-8").strip()
    assert said.endswith("runs"), said
    assert drill.current().startswith("0.9.6-")
    assert not (card / "new.update").exists()
    log = drill.machine.run("journalctl", "--unit=mien-update", "--output=cat", "--boot").stdout
    assert not any(word in log for word in ("denied", "Read-only", "not permitted")), log
    return f"{said}, with pins of its own"


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
    out = drill.folder / f"by-{key.name if key else 'us'}"
    made = signed(
        key or drill.folder / "key", number, out, instead, wheels() if wheels_too else None
    )
    return made.replace(drill.folder / f"{out.name}-{made.name}")


STORIES = {
    "update": updated,
    "update refused": update_refused,
    "update that crashes": update_crashes,
    "update that is blind": update_blind,
    "update whose mien boot fails": update_without_settings,
    "killed in a trial": killed_in_trial,
    "power cut in a trial": cut_in_trial,
    "update from the card": from_the_card,
    "uninstalled": taken_away,
    "first start of a card": first_start,
}
