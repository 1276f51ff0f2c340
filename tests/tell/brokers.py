"""Real brokers for the tests: mosquitto where it is installed, and a client that listens."""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge.commands.demo import embedded_broker
from edge.tell import messages as m

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from paho.mqtt.properties import Properties

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
needs_mosquitto = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed")
ACL = Path(__file__).parents[2] / "docs/mosquitto/mien.acl"
PATIENCE_S = 20.0
"""How long something that must happen may take on a busy machine before it counts as missing."""


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def until(happens: Callable[[], object], patience_s: float = PATIENCE_S) -> None:
    """Wait until something has happened; fail when it does not."""
    end = time.monotonic() + patience_s
    while not happens():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


@dataclass
class Mosquitto:
    """A broker that can be started, killed, paused and woken."""

    folder: Path
    port: int = field(default_factory=free_port)
    lines: tuple[str, ...] = ("allow_anonymous true",)
    address: str = "127.0.0.1"
    prefix: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        config = self.folder / f"mosquitto-{self.port}.conf"
        listener = f"listener {self.port} {self.address}"
        # as root it would become another user, who cannot read a test's folder
        config.write_text("\n".join(["user root", listener, *self.lines]) + "\n", encoding="utf-8")
        log = (self.folder / f"mosquitto-{self.port}.log").open("ab")
        command = [*self.prefix, str(MOSQUITTO), "-c", str(config), "-v"]
        with log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        if not self.prefix:
            until(self.listens)
        return self

    def listens(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection((self.address, self.port), 1):
            return True
        return False

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def stop(self) -> None:
        """As its service would be: it writes down what it has."""
        assert self.process is not None
        self.process.terminate()
        self.process.wait()

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def pause(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process is not None and self.process.poll() is None:
            self.wake()
            self.kill()


@dataclass(frozen=True)
class Heard:
    topic: str
    payload: bytes
    retained: bool
    properties: Properties | None
    at_s: float
    qos: int = 0

    @property
    def message(self) -> m.Message:
        """The payload as the type of its topic."""
        return m.decode(self.topic.split("/", 2)[2], self.payload)


class Listener:
    """A subscriber that keeps all it hears, and can speak up."""

    def __init__(
        self,
        port: int,
        *filters: str,
        v5: bool = False,
        lasting: str = "",
        slow_s: float = 0.0,
        ca: str | None = None,
        **login: str,
    ) -> None:
        """``lasting``: a name under which the broker keeps what is missed."""
        self.heard: list[Heard] = []
        self._slow_s = slow_s
        self.subscribed = False
        self._filters = filters or ("#",)
        self.client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=lasting,
            clean_session=None if v5 else not lasting,
            protocol=MQTTProtocolVersion.MQTTv5 if v5 else MQTTProtocolVersion.MQTTv311,
        )
        if ca is not None:
            self.client.tls_set(ca)
        if login:
            self.client.username_pw_set(login["username"], login["password"])
        # a device that comes back in the same moment tells what waited at once: be there before it
        self.client.reconnect_delay_set(0.1, 0.1)
        self.client.on_connect = self._on_connect
        self.client.on_subscribe = self._on_subscribe
        self.client.on_disconnect = self._on_disconnect
        self.client.on_message = self._on_message
        self._port = port

    def _on_connect(self, *_: object) -> None:
        self.client.subscribe([(each, 1) for each in self._filters])

    def _on_subscribe(self, *_: object) -> None:
        self.subscribed = True

    def _on_disconnect(self, *_: object) -> None:
        self.subscribed = False

    def _on_message(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        time.sleep(self._slow_s)
        self.heard.append(
            Heard(
                message.topic,
                bytes(message.payload),
                message.retain,
                message.properties,
                time.monotonic(),
                message.qos,
            )
        )

    def __enter__(self) -> Self:
        self.client.connect("localhost", self._port)
        self.client.loop_start()
        until(lambda: self.subscribed)
        return self

    def __exit__(self, *_: object) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def say(self, topic: str, payload: bytes | str, **more: bool) -> None:
        self.client.publish(topic, payload, 1, **more).wait_for_publish(PATIENCE_S)

    def on(self, topic: str) -> list[Heard]:
        """What was heard below ``<base>/<device>/`` on exactly this topic."""
        return [h for h in self.heard if h.topic.split("/", 2)[2:] == [topic]]

    def payloads(self, topic: str) -> list[bytes]:
        return [h.payload for h in self.on(topic)]

    def events(self) -> list[m.Event]:
        """Every event, each once by (id, rev), in the order in which it was first heard."""
        found: dict[tuple[str, int], m.Event] = {}
        for heard in self.on("event"):
            message = heard.message
            assert isinstance(message, m.Event)
            found.setdefault((message.id, message.rev), message)
        return list(found.values())


@contextlib.contextmanager
def a_broker(folder: Path) -> Iterator[int]:
    """The port of mosquitto, or of the embedded broker where there is none."""
    if MOSQUITTO is not None:
        with Mosquitto(folder) as broker:
            yield broker.port
        return
    with embedded_broker() as (_, port):
        yield port
