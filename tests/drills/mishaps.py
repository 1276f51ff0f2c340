"""What happens to a broker, and to the device, on one machine."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import trustme
from msgspec.structs import replace

from tests.drills.drive import Drive, books
from tests.drills.pace import LASTING, OPEN, Outcome, Pace, settings
from tests.tell.brokers import Listener, Mosquitto, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

BACKLOG = 2000
"""Events that a day, told as fast as it goes, may be ahead of its broker: half of what is kept."""


@contextlib.contextmanager
def lasting_broker(folder: Path) -> Iterator[Mosquitto]:
    """A broker that remembers its subscribers through its own death."""
    with Mosquitto(folder, lines=(*OPEN, *LASTING, f"persistence_location {folder}/")) as broker:
        yield broker


@contextlib.contextmanager
def subscriber(port: int, slow_s: float = 0.0) -> Iterator[Listener]:
    """One whose session the broker keeps while it is away."""
    with Listener(port, "mien/#", lasting="drill", slow_s=slow_s) as listener:
        yield listener


def outage(
    folder: Path, pace: Pace, begin: Callable[[Mosquitto], None], end: Callable[[Mosquitto], None]
) -> Outcome:
    """Drive, lose the broker while driving on, get it back, and compare the books."""
    with (
        lasting_broker(folder) as broker,
        subscriber(broker.port) as listener,
        Drive(settings(broker.port, pace)) as drive,
    ):
        drive.go_until(lambda: drive.out.connected, pace.patience_s)
        drive.go(pace.drive_s)
        begin(broker)
        drive.go(pace.outage_s)
        end(broker)
        back = time.monotonic()
        drive.go(pace.drive_s)
        done = drive.go_until(lambda: drive.out.connected and not drive.out.queued, pace.patience_s)
        took_s = time.monotonic() - back
        drive.go_until(lambda: len(listener.events()) >= drive.said, pace.patience_s)
        found = books(drive.said, listener.payloads("event"))
        return Outcome(
            found, found.good and done, f"all told {took_s:.1f} s after", drive.longest_frame_s
        )


def killed(folder: Path, pace: Pace) -> Outcome:
    return outage(folder, pace, Mosquitto.kill, lambda broker: broker.start() and None)


def paused(folder: Path, pace: Pace) -> Outcome:
    return outage(folder, pace, Mosquitto.pause, Mosquitto.wake)


def restarted(folder: Path, pace: Pace) -> Outcome:
    def restart(broker: Mosquitto) -> None:
        broker.stop()
        broker.start()

    return outage(folder, dataclasses.replace(pace, outage_s=pace.drive_s), restart, lambda _: None)


def idle_cost(folder: Path, pace: Pace) -> Outcome:
    """CPU of the telling half while there is no broker at all."""
    with Drive(replace(settings(1, pace), port=_nobody(folder)), folder) as drive:
        drive.go(1)
        began, spent = time.monotonic(), time.process_time()
        drive.go(pace.outage_s, pace=0)
        share = (time.process_time() - spent) / (time.monotonic() - began)
        return Outcome(books(0, ()), share <= 0.01, f"{share:.2%} of a core", drive.longest_frame_s)


def _nobody(folder: Path) -> int:
    """A port on which nobody listens."""
    return Mosquitto(folder).port


def wrong_password(folder: Path, pace: Pace) -> Outcome:
    users = folder / "users"
    _password(users, "not this one")
    lines = ("allow_anonymous false", f"password_file {users}")
    login = {"username": "pi", "password": "sesame"}
    with (
        Mosquitto(folder, lines=lines) as broker,
        Drive(replace(settings(broker.port, pace), **login)) as drive,
    ):
        drive.go(pace.drive_s)
        refused = not drive.out.connected
        _password(users, "sesame")
        assert broker.process is not None
        broker.process.send_signal(signal.SIGHUP)
        with Listener(broker.port, "mien/#", **login) as listener:
            drive.go_until(lambda: drive.out.connected and not drive.out.queued, pace.patience_s)
            drive.go_until(lambda: len(listener.events()) >= drive.said, pace.patience_s)
        found = books(drive.said, listener.payloads("event"))
        return Outcome(
            found, found.good and refused, "let in once it is right", drive.longest_frame_s
        )


def _password(users: Path, password: str) -> None:
    command = ["mosquitto_passwd", "-b", "-c", str(users), "pi", password]
    subprocess.run(command, check=True, capture_output=True)


def expired_certificate(folder: Path, pace: Pace) -> Outcome:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.crt")
    _certify(authority, folder, dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    tls = (f"cafile {folder}/ca.crt", f"certfile {folder}/b.crt", f"keyfile {folder}/b.key")
    with Mosquitto(folder, lines=(*OPEN, *tls)) as broker:
        safe = replace(
            settings(broker.port, pace, "localhost"), tls=True, ca=str(folder / "ca.crt")
        )
        with Drive(safe) as drive:
            drive.go(pace.drive_s)
            refused = not drive.out.connected
            broker.kill()
            _certify(authority, folder, None)
            broker.start()
            with Listener(broker.port, "mien/#", ca=str(folder / "ca.crt")) as listener:
                drive.go_until(
                    lambda: drive.out.connected and not drive.out.queued, pace.patience_s
                )
                drive.go_until(lambda: len(listener.events()) >= drive.said, pace.patience_s)
            found = books(drive.said, listener.payloads("event"))
            return Outcome(
                found, found.good and refused, "believed once renewed", drive.longest_frame_s
            )


def _certify(authority: trustme.CA, folder: Path, until_when: dt.datetime | None) -> None:
    issued = authority.issue_cert("localhost", not_after=until_when)
    issued.cert_chain_pems[0].write_to_path(folder / "b.crt")
    issued.private_key_pem.write_to_path(folder / "b.key")


def full_queue(folder: Path, pace: Pace) -> Outcome:
    """600 events into the 500 that memory holds: the newest are there, 100 updates are not."""
    broker = Mosquitto(folder, lines=OPEN)
    with Drive(settings(broker.port, pace)) as drive:
        drive.say(600)
        dropped = drive.out.health.dropped
        with broker, subscriber(broker.port) as listener:
            drive.go_until(lambda: drive.out.connected and not drive.out.queued, pace.patience_s)
            drive.go_until(lambda: len(listener.events()) >= 500, pace.patience_s)
            let_go = {3 * episode + 1 for episode in range(100)}
            found = books(600, listener.payloads("event"), set(range(600)) - let_go)
            return Outcome(
                found,
                found.good and dropped == 100,
                f"{dropped} counted as dropped",
                drive.longest_frame_s,
            )


def slow_subscriber(folder: Path, pace: Pace) -> Outcome:
    with (
        lasting_broker(folder) as broker,
        subscriber(broker.port, slow_s=0.02) as listener,
        Drive(settings(broker.port, pace)) as drive,
    ):
        drive.go_until(lambda: drive.out.connected, pace.patience_s)
        for _ in range(20):
            drive.say(10)
            drive.frame()
        quick = drive.go_until(lambda: not drive.out.queued, 5.0)
        drive.go_until(lambda: len(listener.events()) >= drive.said, pace.patience_s)
        found = books(drive.said, listener.payloads("event"))
        return Outcome(
            found, found.good and quick, "the device does not wait for it", drive.longest_frame_s
        )


def a_day(folder: Path, pace: Pace) -> Outcome:
    """A day's alerts, an episode a minute, one after the other; the broker dies on the way."""
    state = folder / "state"
    state.mkdir()
    with (
        lasting_broker(folder) as broker,
        subscriber(broker.port) as listener,
        Drive(settings(broker.port, pace), state) as drive,
    ):
        for part in range(4):
            for _ in range(pace.day * 3 // 4 // 10):
                drive.say(10)
                drive.frame()
                if drive.out.queued > BACKLOG:  # no day is so quick that they would not fit
                    drive.go_until(lambda: drive.out.queued < BACKLOG / 2, pace.patience_s)
            if part < 3:
                broker.kill()
                drive.go(0.5)
                broker.start()
        drive.go_until(lambda: drive.out.connected and not drive.out.queued, pace.patience_s)
        drive.go_until(lambda: len(listener.events()) >= drive.said, pace.patience_s)
        size = sum(f.stat().st_size for f in state.iterdir()) / 1e6
        found = books(drive.said, listener.payloads("event"))
        good = found.good and size <= 5 and not drive.out.health.dropped
        return Outcome(found, good, f"{size:.1f} MB on disk", drive.longest_frame_s)


def process_dies(folder: Path, pace: Pace) -> Outcome:
    """SIGKILL in mid-outage; the next process tells what the dead one could not."""
    state = folder / "state"
    state.mkdir()
    with lasting_broker(folder) as broker, subscriber(broker.port) as listener:
        broker.kill()
        until(lambda: not listener.subscribed)
        script = (
            "import sys; from pathlib import Path; from tests.drills.drive import Drive; "
            "from edge.tell.settings import MqttSettings; "
            f"d = Drive(MqttSettings(host='127.0.0.1', port={broker.port}), Path({str(state)!r})); "
            "d.__enter__(); d.say(100); print('said', flush=True); d.go(60, pace=0)"
        )
        dying = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
        assert dying.stdout is not None
        dying.stdout.readline()
        dying.kill()
        dying.communicate()
        time.sleep(1.5)  # so that all of it is late
        broker.start()
        until(lambda: listener.subscribed)  # the broker had no time to write it down
        with Drive(settings(broker.port, pace), state) as drive:
            drive.go_until(lambda: drive.out.connected and not drive.out.queued, pace.patience_s)
            drive.go_until(lambda: len(listener.events()) >= 100, pace.patience_s)
            found = books(100, listener.payloads("event"))
            return Outcome(
                found,
                found.good and found.late == 100,
                "by the next process",
                drive.longest_frame_s,
            )
