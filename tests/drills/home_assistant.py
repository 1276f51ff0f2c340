"""``make drill-ha``: a real Home Assistant core beside mosquitto; its API tells of our device.

Prints the entities as Home Assistant's REST API gives them; the exit status is 1 if one is missing,
if a switch and a button that are pressed there do not reach the device, or if the device does not
go when it is taken back. ``--screenshot FILE``: a picture of its page (apt: chromium-driver).
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec

from edge.tell import homeassistant as ha
from edge.tell import messages as m
from edge.tell.mqtt import Publisher
from edge.tell.report import Said
from edge.tell.settings import MqttSettings
from tests.tell import examples
from tests.tell.brokers import Listener, Mosquitto, until
from tests.tell.home_assistant.core import Core

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".cache/ha/2025.4/bin/python"
DEVICE = ha.Device(
    name="pi_7c1f3a", base="mien", model="Raspberry Pi 4B", version="1.0", emotion=True
)
EXPECTED = {
    "binary_sensor.pi_7c1f3a_occupied": "on",
    "binary_sensor.pi_7c1f3a_drowsy": "off",
    "binary_sensor.pi_7c1f3a_camera_fault": "off",
    "sensor.pi_7c1f3a_alert_level": "none",
    "sensor.pi_7c1f3a_perclos": "16.3",
    "sensor.pi_7c1f3a_drowsiness_state": "awake",
    "sensor.pi_7c1f3a_emotion_dominant": "neutral",
    "sensor.pi_7c1f3a_valence": "0.12",
    "switch.pi_7c1f3a_capture": "on",
    "number.pi_7c1f3a_microsleep_s": "1.5",
}
PRESSED = {(f"mien/{DEVICE.name}/set/alerts", b"OFF"), (f"mien/{DEVICE.name}/cmd/ack", b"{}")}
PATIENCE_S = 60


def main() -> int:
    """Run it and compare."""
    parser = argparse.ArgumentParser(description="Home Assistant finds the device.")
    parser.add_argument("--screenshot", type=Path, help="PNG of the device's page")
    arguments = parser.parse_args()
    if not PYTHON.exists():
        print("Home Assistant is not installed: make ha-venv", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as name, Mosquitto(Path(name)) as broker:
        folder = Path(name) / "ha"
        folder.mkdir()
        with (
            Listener(broker.port, "mien/#") as listener,
            Publisher(MqttSettings(host="127.0.0.1", port=broker.port), DEVICE.name) as out,
            Core(PYTHON, folder) as core,
        ):
            core.connect(broker.port)
            out.announce(ha.discovery(DEVICE))
            for said in examples.night_drive():
                if said.retain:
                    out.publish(said)
            states = _states(core, out)
            for service, entity in (
                ("switch/turn_off", f"switch.{DEVICE.name}_alerts"),
                ("button/press", f"button.{DEVICE.name}_ack"),
            ):
                core.ask(f"/api/services/{service}", {"entity_id": entity})
            until(lambda: out.tend() or {(h.topic, h.payload) for h in listener.heard} >= PRESSED)
            if arguments.screenshot is not None:
                _picture(core, arguments.screenshot)
            out.announce(b"")
            until(lambda: out.tend() or not _ours(core))
    for entity, state in sorted(states.items()):
        print(f"| `{entity}` | {state['state']} | {state['attributes']['friendly_name']} |")
    wrong = {e: s for e, s in EXPECTED.items() if states.get(e, {}).get("state") != s}
    kind = states[f"event.{DEVICE.name}_alert"]["attributes"]["event_type"]
    print(f"event: {kind}; switch and button heard by the device; gone on request; wrong: {wrong}")
    return 0 if kind == "microsleep" and not wrong else 1


def _ours(core: Core) -> dict[str, Any]:
    """Every entity of the device, by its id."""
    return {s["entity_id"]: s for s in core.ask("/api/states") if DEVICE.name in s["entity_id"]}


def _states(core: Core, out: Publisher) -> dict[str, Any]:
    """What it shows once it has everything, while the device tells of new microsleeps."""
    example = m.decode("event", (examples.GOLDEN / "event_new.json").read_bytes())
    end = time.monotonic() + PATIENCE_S
    for number in itertools.count():
        event = msgspec.structs.replace(example, id=f"01JD8Z3K{number:018d}")
        out.publish(Said("event", event, retain=False, keep=True))
        out.tend()
        states = _ours(core)
        known = {e for e, s in states.items() if s["state"] not in {"unknown", "unavailable"}}
        if known >= {*EXPECTED, f"event.{DEVICE.name}_alert"} or time.monotonic() > end:
            break
        time.sleep(1)
    return states


def _picture(core: Core, file: Path) -> None:
    page = f"/config/devices/device/{core.device(f'sensor.{DEVICE.name}_perclos')}"
    script = ROOT / "tests/tell/home_assistant/screenshot.py"
    subprocess.run(
        [PYTHON, script, core.url, page, "PERCLOS", file],
        input=json.dumps(core.tokens).encode(),
        check=True,
    )


if __name__ == "__main__":
    sys.exit(main())
