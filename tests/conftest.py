"""What every test may ask for: the fetched clips and models, and a broker."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import paho.mqtt.client as paho
import pytest
import yaml
from paho.mqtt.enums import CallbackAPIVersion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[1]
MEDIA = ROOT / ".cache" / "media"


@pytest.fixture(scope="session")
def media() -> Path:
    """The folder of the pinned clips."""
    if not (MEDIA / "single_face.mp4").is_file():
        pytest.fail("the pinned clips are not here: run `make media` (or `make test`) first")
    return MEDIA


@pytest.fixture(scope="session")
def sleeper(media) -> Path:
    """A woman with shut eyes, worried, who opens them and laughs: 19.7 s."""
    return media / "WolfgangLanger_Pexels.mp4"


@pytest.fixture(scope="session")
def mien():
    """Run ``mien`` as a user would; gives the finished process with its output as text."""

    def run(*arguments: object, cwd: Path = ROOT, timeout: float = 120) -> object:
        return subprocess.run(
            [sys.executable, "-m", "edge", *map(str, arguments)],
            cwd=cwd,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    return run


@contextlib.contextmanager
def mosquitto(port: int) -> Iterator[None]:
    """The real mosquitto on ``port``, with nothing but what a fresh install allows."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mosquitto.conf"
        path.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n", encoding="utf-8")
        Path(folder).chmod(0o755)
        with listening([MOSQUITTO, "-c", str(path)], port):
            yield


@contextlib.contextmanager
def amqtt(port: int) -> Iterator[None]:
    """The broker of the demo on ``port``."""
    with listening([sys.executable, "-m", "edge.commands.broker", str(port)], port):
        yield


@contextlib.contextmanager
def listening(command: list[str], port: int) -> Iterator[None]:
    """A process that is up once it listens on ``port``, and killed at the end."""
    broker = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
                break
            time.sleep(0.05)
        else:
            pytest.fail(f"{command[0]} does not listen")
        yield
    finally:
        broker.kill()
        broker.wait()


MOSQUITTO = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin") or ""
BROKERS = {"amqtt": amqtt} | ({"mosquitto": mosquitto} if MOSQUITTO else {})
"""The embedded broker always; the one that people run wherever it is installed, as in CI."""


@pytest.fixture
def port() -> int:
    """A port on the loopback address that is free now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@pytest.fixture(params=BROKERS)
def broker(request):
    """Start a broker on a port: ``with broker(port): ...``, once with each kind."""
    return BROKERS[request.param]


class Listener:
    """A subscriber that remembers everything, in order, and can be waited on."""

    def __init__(self, port: int, topic: str = "mien/#") -> None:
        self.heard: list[tuple[str, bytes, bool]] = []
        self._news = threading.Condition()
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        subscribed = threading.Event()
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", port)
        self._client.subscribe(topic, qos=1)
        self._client.loop_start()
        assert subscribed.wait(10)

    def _on_message(self, _client, _data, message) -> None:
        with self._news:
            self.heard.append((message.topic, bytes(message.payload), message.retain))
            self._news.notify_all()

    def of(self, topic: str) -> list[Any]:
        """What was said on ``topic`` (its end), JSON taken apart."""
        found = [p for t, p, _ in self.heard if t.endswith("/" + topic)]
        return [json.loads(p) if p[:1] == b"{" else p.decode() for p in found]

    def wait_for(self, topic: str, wanted: Callable[[Any], bool], seconds: float = 20) -> Any:
        """The first message on ``topic`` that is ``wanted``; fails with words after ``seconds``."""
        with self._news:
            until = time.monotonic() + seconds
            while True:
                for said in self.of(topic):
                    if wanted(said):
                        return said
                if not self._news.wait(max(0.0, until - time.monotonic())):
                    pytest.fail(f"nothing such on {topic} within {seconds} s: {self.of(topic)}")

    def say(self, topic: str, text: str) -> None:
        self._client.publish(topic, text, qos=1)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def listen():
    """Subscribe on a port; every listener is closed at the end."""
    listeners: list[Listener] = []

    def start(port: int, topic: str = "mien/#") -> Listener:
        listeners.append(Listener(port, topic))
        return listeners[-1]

    yield start
    for listener in listeners:
        listener.close()


@pytest.fixture
def service(tmp_path):
    """Start ``mien run`` on a clip and a port, as its own process; killed at the end."""
    started: list[subprocess.Popen[str]] = []

    def start(
        clip: Path,
        port: int,
        *arguments: str,
        profile: str = "home",
        board: dict[str, int] | None = None,
        **camera: object,
    ) -> subprocess.Popen[str]:
        settings = {
            "profile": profile,
            "device": "test",
            "camera": {"source": str(clip), **camera},
            "rules": {"people": {"window_s": 4}},
            "board": board or {},
            # a clip played unpaced is over before one knows that amqtt keeps silent to MQTT 5
            "mqtt": {"host": "127.0.0.1", "port": port, "protocol": "3.1.1"},
        }
        path = tmp_path / f"config{len(started)}.yaml"
        path.write_text(yaml.safe_dump(settings), encoding="utf-8")
        command = [sys.executable, "-m", "edge", "run", "--config", str(path), *arguments]
        started.append(subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()
