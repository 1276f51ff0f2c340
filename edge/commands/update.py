"""``mien update FILE``: a signed update on trial, then in place of what runs or not at all.

At any moment ``current`` leads to a whole version that was healthy when it was switched to.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edge.appliance import bundle, trial, versions
from edge.appliance.versions import Home, InstallError, NotNowError
from edge.commands import online
from edge.device import disk, stop

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

SIGNERS = Path("/etc/mien/update_signers")
CARDS = (Path("/boot/firmware"), Path("/boot"))
REPORT = "mien-update.txt"


def run(arguments: argparse.Namespace) -> int:
    """Exit status 0: it runs now (or did before); 1: what ran before runs, and why."""
    if os.geteuid() != 0:
        print("update: needs root: sudo mien update ...", file=sys.stderr)
        return 1
    home = Home()
    try:
        if arguments.card:
            return _from_card(home)
        with _alone(home):
            print(_back(home) if arguments.back else _update(home, _named(arguments.file)))
    except InstallError as error:
        print(f"update: {error}", file=sys.stderr)
        return 1
    except OSError as error:  # full, or read-only
        print(f"update: {_words(error)}", file=sys.stderr)
        return 1
    return 0


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    """No two updates at a time: the second waits."""
    with (home.path / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _words(error: OSError) -> str:
    return f"{error.filename or 'the disk'}: {error.strerror or error}"


def _named(file: Path | None) -> Path:
    if file is None:
        msg = "expected FILE, or --back for the version before"
        raise InstallError(msg)
    return file


def _from_card(home: Home) -> int:
    """What somebody has put beside ``mien.yaml``; answered there, and gone once it is judged."""
    status = 0
    for card in CARDS:
        said = ""  # of every file there
        # macOS lays a ._ file beside each of its own
        for file in sorted(card.glob("[!.]*.update")):
            answer = _judged(home, file)
            status = status if answer.good else 1
            said += f"{answer.text}\r\n"
            print(answer.text)
            told = _told(card, said)
            if answer.settled:  # else a bad one would be tried at every start
                file.unlink(missing_ok=True)
                disk.settle(card)
                if not told:  # for lack of the room that it took
                    _told(card, said)
    return status


def _told(card: Path, said: str) -> bool:
    """Only what is new: a file that is left there is asked about at every start."""
    try:
        disk.put(card / REPORT, said.encode(), mode=None)
    except OSError as error:
        print(f"update: {_words(error)}", file=sys.stderr)
        return False
    return True


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a file on the card; one that is not settled stays there, for the next start."""

    text: str
    good: bool = False
    settled: bool = True


def _judged(home: Home, file: Path) -> Answer:
    try:
        with _alone(home):
            return Answer(_update(home, file, patient=True), good=True)
    except bundle.CannotTellError as error:
        return Answer(f"{file.name}: not looked at, left here: {error}", settled=False)
    except NotNowError as error:
        return Answer(f"{file.name}: not tried, left here: {error}", settled=False)
    except InstallError as error:
        return Answer(f"{file.name}: not taken: {error}")
    except OSError as error:  # full, or read-only: not the file's fault
        return Answer(f"{file.name}: not tried, left here: {_words(error)}", settled=False)


def _update(home: Home, file: Path, *, patient: bool = False) -> str:
    """``patient``: while the board starts, its network may come later."""
    work = home.path / ".update"
    shutil.rmtree(work, ignore_errors=True)
    try:
        source = bundle.unpacked(file, SIGNERS, work)
        now = home.link("current")
        name = versions.name(source)
        if now is not None and now.name == name:
            return f"{name} runs already"
        if now is not None and _parts(versions.number(source)) < _parts(versions.number(now)):
            msg = f"{name} is older than {now.name}, which runs; --back goes to the version before"
            raise InstallError(msg)
        wheels = source / "wheels" if (source / "wheels").is_dir() else None
        if patient and wheels is None and versions.lacks(source, home):
            online.address()  # without one, pip says what is missing
        print(f"laying out {name}")
        version = versions.lay_out(source, home, wheels)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return _try(home, version)


def _back(home: Home) -> str:
    version = home.link("previous")
    if version is None:
        msg = "there is no version before this one"
        raise InstallError(msg)
    return _try(home, version)


def _try(home: Home, version: Path) -> str:
    """Let it run; keep it if it is healthy. Raises ``InstallError`` where it was not.

    A stop in between, of systemd or of a terminal that is gone, is noted and answered by going
    back: a process that just died of it would leave a version running that nobody looks at.
    """
    print(f"trying {version.name}", flush=True)
    before = trial.observe().pid
    found = "it was interrupted"
    nohup = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    with stop.listening(*(() if nohup else (signal.SIGHUP,))):
        try:
            trial.begin(version)
            found = trial.watch(before, lambda text: print(f"  {text}", flush=True), stop.asked)
        finally:
            if found != "healthy":
                trial.end(restart=True)
                versions.tidy(home)
        if found == "healthy":
            try:
                _keep(home, version)
            except OSError:  # the disk is full: what could not be kept does not run on, either
                trial.end(restart=True)
                raise
        if stop.asked():  # not the version's fault: no InstallError, a file on the card stays
            kept = "runs" if found == "healthy" else "was not kept"
            raise SystemExit(f"update: told to stop: {version.name} {kept}")
    if found != "healthy":
        msg = f"{version.name} was not healthy: {found}; back to what ran before"
        raise InstallError(msg)
    return f"{version.name} runs"


def _keep(home: Home, version: Path) -> None:
    versions.switch(home, version)
    trial.end(restart=False)
    # links and users that this version has more than the last; finds its own files in place
    command = [str(version / "install.sh"), "--no-apt"]
    subprocess.run(command, check=False, capture_output=True, start_new_session=True)
    subprocess.run(["systemctl", "try-restart", "mien@*.service"], check=False)


def _parts(number: str) -> tuple[int, ...]:
    return tuple(int(part) for part in number.split(".") if part.isdigit())
