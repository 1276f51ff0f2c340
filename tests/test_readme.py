"""The README: its examples are messages of this version, its commands and files exist."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.__main__ import _parser
from edge.tell import messages as m

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
GOLDEN = ROOT / "tests/tell/golden"
README = (ROOT / "README.md").read_text(encoding="utf-8")


def uncounted(message: str) -> dict[str, Any]:
    """Which in a row it was is another matter in another drive."""
    return {**msgspec.json.decode(message), "seq": 0}


def test_every_example_is_a_message_and_every_topic_has_one():
    topic_of = {schema: topic for topic, schema in m.SCHEMA.items()}
    shown, said = set(), [uncounted(file.read_text("utf-8")) for file in GOLDEN.glob("*.json")]
    for block in re.findall(r"```json\n(.*?)```", README, re.DOTALL):
        topic = topic_of[msgspec.json.decode(block)["schema"]]
        m.decode(topic, block.encode())
        assert uncounted(block) in said, f"{topic}: not what is said"
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


def test_what_is_to_be_installed_can_be_had_from_a_checkout():
    """Mien is not on PyPI: pip would find nothing by its name."""
    files = [*ROOT.glob("edge/**/*.py"), *ROOT.glob("docs/*.md"), ROOT / "README.md"]
    texts = {file: file.read_text(encoding="utf-8") for file in files}
    named = [name for text in texts.values() for name in re.findall(r"'\.\[(\w+)\]'", text)]
    assert (
        {"analyze", "page", "plot", "board"} <= set(named) <= set(PROJECT["optional-dependencies"])
    )
    assert not [file for file, text in texts.items() if "pip install 'mien" in text]


@pytest.mark.parametrize(
    ("version", "fits"), [((3, 10, 9), False), ((3, 13, 5), True), ((3, 14, 0), False)]
)
def test_a_python_that_pip_would_refuse_is_refused_in_one_line(tmp_path, version, fits):
    assert PROJECT["requires-python"] == ">=3.11,<3.14"
    assert "needs Python 3.11 to 3.13 " in README
    python = tmp_path / "python"
    lines = (f"#!{sys.executable}", "import sys", "if sys.argv[1] != '-c': sys.exit('goes on')")
    lines += (f"sys.version_info = {version}", "exec(sys.argv[2])", "")
    python.write_text("\n".join(lines), encoding="utf-8")
    python.chmod(0o755)
    command = ["make", "setup", f"PYTHON={python}", f"VENV={tmp_path}/venv"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert ("goes on" in done.stderr) is fits
    refused = [line for line in done.stdout.splitlines() if line.startswith("Mien needs")]
    assert refused == (
        [] if fits else ["Mien needs Python 3.11 to 3.13: make PYTHON=python3.13 ..."]
    )
