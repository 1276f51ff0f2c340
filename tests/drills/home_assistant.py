"""``make drill-ha``: a real Home Assistant core beside mosquitto; its API tells of our device.

Needs `make ha-venv`. Prints the entities as Home Assistant's REST API gives them; the exit status
is 1 if one is missing, or if a switch and a button that are pressed there do not reach the device.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from edge.tell import homeassistant as ha
from edge.tell import messages as m
from edge.tell.mqtt import Publisher
from edge.tell.report import Said
from edge.tell.settings import MqttSettings
from tests.tell import examples
from tests.tell.brokers import Listener, Mosquitto, free_port

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".cache/ha/venv/bin/python"
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


def main() -> int:
    """Run it and compare."""
    if not PYTHON.exists():
        print("Home Assistant is not installed: make ha-venv", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as name, Mosquitto(Path(name)) as broker:
        folder = Path(name) / "ha"
        folder.mkdir()
        with (
            Listener(broker.port, "mien/#") as listener,
            Publisher(MqttSettings(host="127.0.0.1", port=broker.port), DEVICE.name) as out,
        ):
            out.announce(ha.discovery(DEVICE))
            for said in examples.night_drive():
                if said.retain:
                    out.publish(said)
            _run_core(folder, broker.port, out)
            heard = {(h.topic, h.payload) for h in listener.heard}
        states = {s["entity_id"]: s for s in json.loads((folder / "states.json").read_bytes())}
    for entity, state in sorted(states.items()):
        if DEVICE.name in entity:
            print(f"| `{entity}` | {state['state']} | {state['attributes']['friendly_name']} |")
    wrong = {e: s for e, s in EXPECTED.items() if states.get(e, {}).get("state") != s}
    kind = states["event.pi_7c1f3a_alert"]["attributes"]["event_type"]
    pressed = {("mien/pi_7c1f3a/set/alerts", b"OFF"), ("mien/pi_7c1f3a/cmd/ack", b"{}")} <= heard
    print(f"event: {kind}; switch and button heard by the device: {pressed}; wrong: {wrong}")
    return 0 if kind == "microsleep" and pressed and not wrong else 1


def _run_core(folder: Path, port: int, out: Publisher) -> None:
    """Home Assistant, while the device tells of a new microsleep every second."""
    script = ROOT / "tests/tell/home_assistant/core.py"
    wanted = str(len(EXPECTED) + 6)
    command = [PYTHON, script, folder, str(port), str(free_port()), wanted]
    example = m.decode("event", (examples.GOLDEN / "event_new.json").read_bytes())
    core = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    for number in itertools.count():
        if core.poll() is not None:
            return
        event = msgspec.structs.replace(example, id=f"01JD8Z3K{number:018d}")
        out.publish(Said("event", event, retain=False, keep=True))
        out.tend()
        time.sleep(1)


if __name__ == "__main__":
    sys.exit(main())
