"""From installing to a clean stop, and aimed by a line on the card: what CI runs."""

from __future__ import annotations

import json
import time
import urllib.request

from tests.drills.machine import DrillError, until
from tests.drills.nspawn.drill import CARD, PASSWORD, Drill, listing

OUTAGE_S = 10.0
"""The longest that the clip goes without an alert is 7 s."""


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


STORIES = {
    "installed": installed,
    "booted": booted,
    "crash (SEGV)": crashed,
    "hang (SIGSTOP)": hung,
    "broker gone": broker_gone,
    "clean stop": stopped,
    "aimed by the card": aimed,
}
