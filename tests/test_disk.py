"""A disk that is full, and one that turns read-only: the service goes on and says so."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

MOUNT = 'mount -t tmpfs -o size=$1 tmpfs $2 && shift 2 && exec "$@"'
"""In a namespace of its own: the mount is gone with the process."""


def namespaces() -> bool:
    command = ["unshare", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "x", "/mnt"]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


pytestmark = [
    pytest.mark.skipif(not namespaces(), reason="needs mount namespaces (util-linux)"),
    pytest.mark.parametrize("broker", ["amqtt"], indirect=True),
]


@pytest.fixture
def on_a_small_disk(tmp_path, sleeper):
    """The service with a state directory on a disk of its own."""
    state = tmp_path / "state"
    state.mkdir()
    started = []

    def start(port: int, size: str) -> subprocess.Popen[str]:
        config = tmp_path / "config.yaml"
        config.write_text(
            f"profile: vehicle\ndevice: test\n"
            f"camera: {{source: {sleeper}, loop: true}}\nmqtt: {{host: 127.0.0.1, port: {port}}}\n"
        )
        service = [sys.executable, "-m", "edge", "run"]
        service += ["--config", str(config), "--state", str(state)]
        command = ["unshare", "--map-root-user", "--mount", "sh", "-ec", MOUNT, "sh"]
        process = subprocess.Popen(
            [*command, size, str(state), *service], text=True, stderr=subprocess.PIPE
        )
        started.append(process)
        return process

    yield start, state
    for process in started:
        process.kill()
        process.wait()
        process.stderr.close()


def inside(process: subprocess.Popen[str], *command: str) -> subprocess.CompletedProcess[str]:
    """Run in the service's namespace: what it sees of its disk."""
    enter = ["nsenter", "--target", str(process.pid), "--user", "--mount", "--preserve-credentials"]
    return subprocess.run([*enter, *command], capture_output=True, text=True, check=False)


def a_sleeper_is_told_of(hears) -> None:
    """The clip begins with six seconds of shut eyes; each episode before has had its end."""
    began = len(hears.of("event"))
    end = time.monotonic() + 40
    while time.monotonic() < end:
        told = [(e["type"], e["change"]) for e in hears.of("event")[began:]]
        if ("sleep", "new") in told and ("microsleep", "end") in told:
            return
        time.sleep(0.1)
    pytest.fail(f"no sleeper: {told}")


def test_a_disk_without_room_costs_no_alert(broker, port, listen, on_a_small_disk):
    start, state = on_a_small_disk
    with broker(port):
        hears = listen(port)
        process = start(port, "1m")
        hears.wait_for("availability", lambda said: said == "online")
        filled = inside(process, "sh", "-c", f"cat /dev/zero > {state}/full")
        assert "No space left" in filled.stderr
        a_sleeper_is_told_of(hears)
        log = hears.wait_for("log", lambda said: "in memory only" in said["msg"])
        assert log["level"] == "error"
        assert process.poll() is None


def test_a_disk_that_was_read_only_from_the_start_costs_no_alert(
    broker, port, listen, on_a_small_disk
):
    start, _ = on_a_small_disk
    with broker(port):
        hears = listen(port)
        process = start(port, "4m,ro")
        a_sleeper_is_told_of(hears)
        process.kill()
        said = process.stderr.read()
        assert "outbox.db: unable to open database file; events are kept in memory only" in said


FULL_IN_BETWEEN = """
import pathlib, sys
from edge.tell.outbox import Outbox
from edge.tell.stamps import Moment
from tests.drills.drive import event

folder, now = pathlib.Path(sys.argv[1]), Moment(0, 0, "boot")
box = Outbox(folder / "outbox.db")
for number in range(5):
    box.add(event(number), now)
box.close()
try:
    with (folder / "full").open("wb") as file:
        while file.write(bytes(4096)):
            file.flush()
except OSError:
    pass
full = Outbox(folder / "outbox.db")
print(len(full))
full.close()
(folder / "full").unlink()
print(len(Outbox(folder / "outbox.db")), sorted(p.suffix for p in folder.iterdir()))
"""


def test_what_waits_on_a_disk_that_is_full_at_the_start_is_not_thrown_away(tmp_path, broker):
    command = ["unshare", "--map-root-user", "--mount", "sh", "-ec", MOUNT, "sh", "256k"]
    command += [str(tmp_path), sys.executable, "-c", FULL_IN_BETWEEN, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    at_once, later = done.stdout.splitlines()
    assert int(at_once) in {0, 5}, "in memory, or read beside the full disk"
    assert later.startswith("5 "), done.stderr
    assert ".broken" not in later
