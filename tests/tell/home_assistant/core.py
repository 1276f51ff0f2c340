"""A real Home Assistant core: started, onboarded and asked through its own HTTP API."""

# ruff: noqa: S310 - every address is one of this machine, over HTTP

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Self

from tests.tell.brokers import free_port

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE_S = 300
CONFIGURATION = """
http:
  server_host: 127.0.0.1
  server_port: {port}
frontend:
config:
"""
OWNER = {"name": "Mien", "username": "mien", "password": "of this drill", "language": "en"}


@dataclass
class Core:
    """Home Assistant as it comes from PyPI, in a folder of its own."""

    python: Path
    folder: Path
    port: int = field(default_factory=free_port)
    tokens: dict[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where its pages are."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        text = CONFIGURATION.format(port=self.port)
        (self.folder / "configuration.yaml").write_text(text, encoding="utf-8")
        command = [self.python, "-m", "homeassistant", "-c", self.folder, "--skip-pip"]
        log = (self.folder / "core.log").open("wb")
        with log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        self._wait_until_it_listens()
        self._onboard()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(60)

    def ask(self, path: str, body: object = None) -> Any:
        """GET without a ``body``, else POST. Raises ``HTTPError``."""
        headers = {"Content-Type": "application/json"}
        if self.tokens:
            headers["Authorization"] = f"Bearer {self.tokens['access_token']}"
        data = None if body is None else json.dumps(body).encode()
        return self._open(urllib.request.Request(self.url + path, data, headers))

    def connect(self, broker_port: int) -> None:
        """Add the MQTT integration, as a person does in the dialogue."""
        flow = self.ask("/api/config/config_entries/flow", {"handler": "mqtt"})
        step = f"/api/config/config_entries/flow/{flow['flow_id']}"
        made = self.ask(step, {"broker": "127.0.0.1", "port": broker_port})
        assert made["type"] == "create_entry", made

    def device(self, entity: str) -> str:
        """The id of the device that an entity belongs to."""
        # the answer to a template is text: as a JSON string it reads like every other answer
        template = f"{{{{ device_id('{entity}') | tojson }}}}"
        return str(self.ask("/api/template", {"template": template}))

    def _wait_until_it_listens(self) -> None:
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                self.ask("/api/onboarding")
            except urllib.error.URLError:
                assert time.monotonic() < end, (self.folder / "core.log").read_text("utf-8")
                time.sleep(0.5)
            else:
                return

    def _onboard(self) -> None:
        client = f"{self.url}/"
        code = self.ask("/api/onboarding/users", {"client_id": client, **OWNER})["auth_code"]
        form = {"grant_type": "authorization_code", "code": code, "client_id": client}
        data = urllib.parse.urlencode(form).encode()
        self.tokens = self._open(urllib.request.Request(self.url + "/auth/token", data))
        self.ask("/api/onboarding/core_config", {})
        self.ask("/api/onboarding/analytics", {})
        self.ask("/api/onboarding/integration", {"client_id": client, "redirect_uri": client})

    @staticmethod
    def _open(request: urllib.request.Request) -> Any:
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.status in {HTTPStatus.OK, HTTPStatus.CREATED}
            return json.loads(answer.read())
