"""What counts as healthy, and that a trial goes back, whoever ends it."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edge.appliance import trial
from edge.appliance.trial import Look, verdict

if TYPE_CHECKING:
    from collections.abc import Iterator


def looks(*spans: tuple[float, str, int, int]) -> list[Look]:
    """Two looks a second: seconds, what it does, its process, restarts so far."""
    found: list[Look] = []
    for seconds, doing, pid, restarts in spans:
        for _ in range(int(2 * seconds)):
            t_s = len(found) / 2
            found.append(Look(t_s, doing not in {"", "dead"}, pid, restarts, doing.strip("-")))
    return found


@pytest.mark.parametrize(
    ("story", "end"),
    [
        (looks((3, "", 7, 0), (11, "watching", 7, 0)), "healthy"),
        (looks((3, "", 7, 0), (9, "watching", 7, 0)), None),
        (looks((8, "watching", 7, 0), (8, "watching", 8, 1)), None),
        (looks((8, "watching", 7, 0), (2, "", 8, 1), (11, "watching", 8, 1)), "healthy"),
        (
            looks((2, "dead", 7, 0), (2, "dead", 8, 1), (2, "dead", 9, 2), (1, "dead", 9, 3)),
            "ended",
        ),
        (looks((59, "-", 7, 0)), None),
        (looks((61, "-", 7, 0)), "not watching within 60 s: it said nothing"),
        (looks((61, "", 7, 0)), "not up within 60 s"),
        ([*looks((12, "watching", 7, 0)), Look(12, True, 7, 0, "watching", "exit-code")], "boot"),
        ([Look(0, False, 0, 0, "", "timeout")], "its mien boot failed (timeout)"),
    ],
)
def test_a_version_is_healthy_once_it_watches_and_goes_on_for_a_while(story, end):
    found = verdict(story)
    assert found is None if end is None else end in str(found)


@pytest.mark.parametrize(
    ("old_pid", "story", "end"),
    [
        (0, looks(*((2, "dead", 0, n) for n in range(4))), "it ended 3 times"),
        (0, looks((70, "", 0, 0)), "it was not up within 60 s"),
        (7, looks((9, "watching", 7, 0), (12, "watching", 8, 0)), "healthy"),
        (7, looks((70, "watching", 7, 0)), "what ran before had not ended within 60 s"),
    ],
)
def test_a_trial_ends_whatever_ran_before(monkeypatch, old_pid, story, end):
    now = itertools.count()
    monkeypatch.setattr(trial, "observe", lambda: story[next(now)])
    monkeypatch.setattr(trial.time, "sleep", lambda _s: None)
    clock = itertools.count(step=0.5)
    found = trial.watch(old_pid, lambda _text: None, lambda: False, lambda: next(clock))
    assert found == end


SYSTEMCTL = """\
#!/bin/sh
echo "$@" >>{log}
case "$*" in
"show mien.service mien-boot.service "*)
  printf 'MainPID=%s\nNRestarts=0\nResult=success\nActiveState=activating\nStatusText=\n' \
    "$(grep -c restart {log})"
  printf '\nMainPID=0\nResult=success\nActiveState=inactive\nStatusText=\n' ;;
esac
"""
LATER = """\
#!/bin/sh
for undo; do :; done
printf '%s' "$undo" >{undo}
"""
"""systemd-run: what it is told to do later, it keeps."""

TRY = """
import signal, sys
from pathlib import Path
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs these tests may have said nohup
from edge.appliance import trial
from edge.appliance.versions import Home
from edge.commands import update
home = Home(Path(sys.argv[1]))
trial.RUN, trial.SETTINGS = home.root / "run", home.root / "settings"
update._try(home, home.path / "versions/2.0.0")
"""


@contextmanager
def tried(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A trial of 2.0.0, under way; 1.0.0 ran before."""
    opt = folder / "opt/mien"
    scripts = {
        "systemctl": SYSTEMCTL.format(log=folder / "log"),
        "systemd-run": LATER.format(undo=folder / "undo"),
    }
    for name, text in scripts.items():
        (folder / name).write_text(text, encoding="ascii")
        (folder / name).chmod(0o755)
    for version in ("1.0.0", "2.0.0"):
        (opt / "versions" / version).mkdir(parents=True)
        (opt / "versions" / version / "deps").symlink_to("../../deps/abc")
    (opt / "deps/abc").mkdir(parents=True)
    (opt / "current").symlink_to("versions/1.0.0")
    (folder / "settings").mkdir()
    (folder / "settings/config.yaml").write_text("profile: home\n", encoding="ascii")
    process = subprocess.Popen(
        [sys.executable, "-c", TRY, str(folder)],
        env={"PATH": f"{folder}:/usr/bin:/bin"},
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert [next(process.stdout) for _ in range(2)][-1] == "  process 1: starting\n"
        for unit, command in (("mien", "run --config"), ("mien-boot", "boot")):
            text = (folder / f"run/{unit}.service.d/trial.conf").read_text()
            assert f"\nExecStart=\nExecStart={opt}/versions/2.0.0/bin/mien {command}" in text
            assert (folder / f"run/{unit}.service").is_symlink()
        assert "restart --no-block mien-boot.service mien.service\n" in (folder / "log").read_text()
        assert not [*(folder / "settings").iterdir()], "the version before made them"
        try:
            yield process
        finally:
            process.kill()


def gone_back(folder: Path) -> bool:
    calls = (folder / "log").read_text().splitlines()
    ours = list((folder / "run").rglob("*.*"))
    return calls[-1] == "restart mien-boot.service mien.service" and not ours


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_stop_in_the_trial_goes_back_to_what_ran_before(tmp_path, number):
    """A dropped connection, or a unit that has taken too long."""
    with tried(tmp_path) as trying:
        trying.send_signal(number)
        _, said = trying.communicate(timeout=20)
    assert (trying.returncode, said) == (1, "update: told to stop: 2.0.0 was not kept\n")
    assert gone_back(tmp_path)
    assert "stop mien-trial-undo.timer" in (tmp_path / "log").read_text().splitlines()[-4:]
    assert {each.name for each in (tmp_path / "opt/mien/versions").iterdir()} == {"1.0.0"}


def test_a_trial_whose_watcher_is_killed_is_undone_by_systemd(tmp_path):
    with tried(tmp_path) as trying:
        trying.kill()
        trying.communicate(timeout=20)
    assert not gone_back(tmp_path)
    path = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    subprocess.run(["sh", "-c", (tmp_path / "undo").read_text()], env=path, check=True)
    assert gone_back(tmp_path)
