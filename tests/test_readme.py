"""The README: its examples are messages of this version, its commands and files exist."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from edge.__main__ import _parser
from edge.tell import messages as m

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_example_is_a_message_and_every_topic_has_one():
    topic_of = {schema: topic for topic, schema in m.SCHEMA.items()}
    shown = set()
    for block in re.findall(r"```json\n(.*?)```", README, re.DOTALL):
        topic = topic_of[msgspec.json.decode(block)["schema"]]
        m.decode(topic, block.encode())
        shown.add(topic)
    named = set(re.findall(r"^\| `([a-z/]+)` \| [01],", README, re.MULTILINE))
    assert named >= set(m.KINDS)
    assert shown >= {"info", "state", "event", "alerts/active", "emotion/summary", "health"}


def test_the_commands_are_those_that_there_are():
    (commands,) = (a for a in _parser()._actions if a.dest == "command")
    assert set(re.findall(r"^\| `mien ([a-z]+)", README, re.MULTILINE)) == set(commands.choices)


def test_the_files_it_names_exist():
    for name in re.findall(r"`((?:edge|tests|systemd|models|bench|docs)/[\w./]+)`", README):
        assert (ROOT / name).exists(), name
