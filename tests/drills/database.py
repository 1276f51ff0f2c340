"""``make drill-database``: devices -> mosquitto -> Node-RED -> InfluxDB -> the dashboard's queries.

Everything but the devices is as it comes from its registry (apt: influxdb; npm: node-red and
node-red-contrib-influxdb, made by the make target). The queries are those in
``docs/grafana/mien.json`` with Grafana's variables put in; the exit status is 1 if one gives no
rows, or if an event that was said twice is stored twice. ``--picture FILE`` draws what they give.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from edge.tell import messages as m
from tests.tell import examples
from tests.tell.brokers import Listener, Mosquitto, free_port, until

ROOT = Path(__file__).parents[2]
NODE_RED = ROOT / ".cache/node-red/node_modules/.bin/node-red"
DASHBOARD = json.loads((ROOT / "docs/grafana/mien.json").read_text(encoding="utf-8"))
DEVICES = 4
INFLUX = """
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
[http]
  bind-address = "127.0.0.1:{http}"
  log-enabled = false
"""

Series = dict[str, list[tuple[float, float]]]


def main() -> int:
    """Run the chain for a while, then ask what the dashboard asks."""
    parser = argparse.ArgumentParser(description="The dashboard's queries against a database.")
    parser.add_argument("--seconds", type=float, default=150)
    parser.add_argument("--picture", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, Mosquitto(Path(name)) as broker:
        folder, port = Path(name), free_port()
        text = INFLUX.format(folder=folder, rpc=free_port(), http=port)
        (folder / "influx.conf").write_text(text, encoding="utf-8")
        (folder / "flows.json").write_text(_flow(broker.port, port), encoding="utf-8")
        red = [NODE_RED, "--userDir", NODE_RED.parents[2], "--port", str(free_port())]
        worker = [sys.executable, "-m", "bench.fleet", "--worker", str(broker.port), "0"]
        with (folder / "log").open("wb") as log:
            database = subprocess.Popen(
                ["influxd", "-config", folder / "influx.conf"], stdout=log, stderr=log
            )
            until(lambda: _listens(port), 60)
            ask(port, "CREATE DATABASE mien")
            collector = subprocess.Popen([*red, folder / "flows.json"], stdout=log, stderr=log)
            until(
                lambda: b"node-red-mien" in (folder / f"mosquitto-{broker.port}.log").read_bytes(),
                120,
            )
            devices = subprocess.Popen([*worker, str(DEVICES), "--fps", "5"])
        try:
            twice = _live(broker.port, arguments.seconds)
            panels = DASHBOARD["panels"]
            drawn = {panel["title"]: rows(port, panel, arguments.seconds) for panel in panels}
            stored = ask(port, 'SELECT count("level") FROM "mien_event" GROUP BY "id"')
        finally:
            for process in (devices, collector, database):
                process.terminate()
                process.wait()
    for title, found in drawn.items():
        print(f"| {title} | {len(found)} series | {sum(map(len, found.values()))} points |")
    once = [row["values"][0][1] for row in stored if row["tags"]["id"] == twice] == [1]
    print(f"an event that was said twice is stored once: {once}")
    if arguments.picture is not None:
        draw(drawn, arguments.picture)
    return 0 if once and all(drawn.values()) else 1


def _flow(broker: int, database: int) -> str:
    flow = json.loads((ROOT / "docs/node-red.json").read_text(encoding="utf-8"))
    for node in flow:
        if node["type"] == "mqtt-broker":
            node |= {"broker": "127.0.0.1", "port": str(broker)}
        if node["type"] == "influxdb":
            node |= {"port": str(database), "url": f"http://127.0.0.1:{database}"}
    return json.dumps(flow)


def _live(broker: int, seconds: float) -> str:
    """The devices drive; their health is said for them. Gives the id of an event said twice."""
    health = m.decode("health", (examples.GOLDEN / "health.json").read_bytes())
    event = m.decode("event", (examples.GOLDEN / "event_new.json").read_bytes())
    assert isinstance(event, m.Event)
    end = time.monotonic() + seconds
    with Listener(broker, "mien/none") as person:
        event.ts = _now()
        for _ in range(2):
            person.say("mien/pi_000000/event", m.encode(event))
        warm = 41.0
        while time.monotonic() < end:
            for number in range(DEVICES):
                warmer = msgspec.structs.replace(
                    health, ts=_now(), fps=5.0, temp_c=warm + 3 * number
                )
                person.say(f"mien/pi_{number:06d}/health", m.encode(warmer))
            warm += 0.5
            time.sleep(5)
    return event.id


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _listens(port: int) -> bool:
    try:
        ask(port, "SHOW DATABASES")
    except urllib.error.URLError:
        return False
    return True


def ask(port: int, query: str) -> list[dict[str, Any]]:
    """The series that an InfluxQL query gives."""
    form = urllib.parse.urlencode({"q": query, "db": "mien", "epoch": "ms"}).encode()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/query", form, 30) as answer:
        (result,) = json.load(answer)["results"]
    assert "error" not in result, result
    found: list[dict[str, Any]] = result.get("series", [])
    return found


def rows(port: int, panel: dict[str, Any], seconds: float) -> Series:
    """What a panel draws: Grafana's variables stand for all devices, the run, 5 s."""
    found: Series = {}
    for target in panel["targets"]:
        query = target["query"].replace("/^$device$/", "/^(.*)$/")
        query = query.replace("$timeFilter", f"time > now() - {seconds:.0f}s").replace(
            "$__interval", "5s"
        )
        for series in ask(port, query):
            label = next(iter(series["tags"].values()))
            found[label] = [(at, value) for at, value in series["values"] if value is not None]
    return found


def draw(drawn: dict[str, Series], file: Path) -> None:
    """The dashboard's panels where Grafana puts them."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - only where a picture is wanted

    figure = Figure(figsize=(12, 12), layout="constrained")
    grid = figure.add_gridspec(30, 24)
    began_ms = min(at for found in drawn.values() for points in found.values() for at, _ in points)
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        axes = figure.add_subplot(grid[at["y"] : at["y"] + at["h"], at["x"] : at["x"] + at["w"]])
        axes.set_title(panel["title"], loc="left", fontsize=10)
        style = "steps-post" if panel["type"] == "state-timeline" else "default"
        for label, points in sorted(drawn[panel["title"]].items()):
            seconds = [(at_ms - began_ms) / 1000 for at_ms, _ in points]
            axes.plot(seconds, [value for _, value in points], label=label, drawstyle=style, lw=1)
        axes.legend(fontsize=6, loc="upper left")
        axes.set_ylim(bottom=0)
        axes.tick_params(labelsize=7)
    figure.supxlabel("seconds", fontsize=8)
    figure.savefig(file, dpi=70)


if __name__ == "__main__":
    sys.exit(main())
