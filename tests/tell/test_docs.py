"""The documents say what the code does."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

from docs import api, make
from edge.tell import messages as m
from edge.tell import requests as r
from tests.tell.brokers import Listener, a_broker, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGE = (make.DOCS / "api.md").read_text(encoding="utf-8")
ASYNCAPI: dict[str, Any] = yaml.safe_load((make.DOCS / "asyncapi.yaml").read_text("utf-8"))


@pytest.mark.parametrize("name", make.FILES)
def test_the_checked_in_document_is_current(name: str) -> None:
    then = (make.DOCS / name).read_text(encoding="utf-8")
    assert then == make.FILES[name](), "run `make docs`"


def test_every_topic_command_and_switch_is_on_the_page() -> None:
    for topic in (*m.KINDS, m.AVAILABILITY):
        assert f"| `{topic}` |" in PAGE
    for name in r.COMMANDS:
        assert f"`cmd/{name}`" in PAGE
    for name in (*r.SWITCHES, *r.NUMBERS):
        assert f"`set/{name}`" in PAGE


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    if isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_every_reference_of_the_asyncapi_file_leads_somewhere() -> None:
    found = set(references(ASYNCAPI))
    assert found
    for reference in found:
        place: Any = ASYNCAPI
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_the_asyncapi_schemas_take_what_is_said() -> None:
    for block in re.findall(r"```json\n(.*?)\n```", PAGE):
        message = json.loads(block)
        topic = next(t for t, name in m.SCHEMA.items() if name == message["schema"])
        channel = ASYNCAPI["channels"][topic.replace("/", "_")]
        (payload,) = (each["payload"] for each in channel["messages"].values())
        jsonschema.validate(message, payload | {"components": ASYNCAPI["components"]})


def flat(value: dict[str, Any], prefix: str = "") -> set[str]:
    """Names of numbers as Telegraf makes them: levels joined by ``_``."""
    found: set[str] = set()
    for key, inner in value.items():
        found |= flat(inner, f"{prefix}{key}_") if isinstance(inner, dict) else {prefix + key}
    return found


def said_by(*names: str) -> set[str]:
    return set[str]().union(*(flat(json.loads((api.GOLDEN / n).read_bytes())) for n in names))


def test_the_collectors_and_the_dashboard_name_only_fields_that_are_said() -> None:
    pictures, events = said_by("state.json", "health.json"), said_by("event_end.json")
    telegraf = (make.DOCS / "telegraf.conf").read_text(encoding="utf-8")
    kept = re.search(r"included_keys = \[(.*?)\]", telegraf, re.DOTALL)
    assert kept is not None
    kept_fields = set(re.findall(r'"(\w+)"', kept[1]))
    assert kept_fields <= pictures
    assert "time_synced" in kept_fields  # a board has no clock
    assert telegraf.count('path = "time_synced"') == 1
    assert set(re.findall(r'path = "(\w+)"', telegraf)) <= events
    for node in json.loads((make.DOCS / "node-red.json").read_text(encoding="utf-8")):
        script = node.get("func", "")
        if "keep" in script:
            assert set(json.loads(re.findall(r"const keep = (.*);", script)[0])) == kept_fields
        elif script:
            taken = set(re.findall(r"\w+", re.findall(r"const {(.*)}", script)[0]))
            assert {"time_synced"} <= taken <= events
    dashboard = json.loads((make.DOCS / "grafana/mien.json").read_text(encoding="utf-8"))
    for panel in dashboard["panels"]:
        (query,) = (target["query"] for target in panel["targets"])
        (field, measure), *_ = re.findall(r'\("(\w+)"\) FROM "(\w+)"', query)
        assert field in (kept_fields if measure == "mien" else events), panel["title"]


def test_every_example_of_the_page_goes_through_a_broker(tmp_path: Path) -> None:
    examples = [json.loads(block) for block in re.findall(r"```json\n(.*?)\n```", PAGE)]
    topics = {name: topic for topic, name in m.SCHEMA.items()}
    assert {topics[example["schema"]] for example in examples} == set(m.KINDS)
    with a_broker(tmp_path) as port, Listener(port, "mien/#") as listener:
        for example in examples:
            listener.say(f"mien/pi_7c1f3a/{topics[example['schema']]}", json.dumps(example))
        until(lambda: len(listener.heard) == len(examples))
        assert [h.message.seq for h in listener.heard] == [e["seq"] for e in examples]
