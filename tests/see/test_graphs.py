"""The shipped networks are int8 from end to end: read from the files themselves."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from models.training import graph

MODELS = Path(__file__).parents[2] / "models"
ENTRIES = yaml.safe_load((MODELS / "manifest.yaml").read_text(encoding="utf-8"))["models"]


@pytest.mark.parametrize("role", ENTRIES)
def test_every_operator_is_int8_in_one_xnnpack_partition(role):
    found = graph.read(MODELS / ENTRIES[role]["file"])
    graph.check(found)
    assert found.int8_share == 1.0
    assert found.partitions == 1


@pytest.mark.parametrize("role", ENTRIES)
def test_the_manifest_says_what_the_file_is(role):
    entry = ENTRIES[role]
    found = graph.read(MODELS / entry["file"])
    assert (entry["macs"], entry["parameters"]) == (found.macs, found.parameters)
    for said, port in zip(
        entry["inputs"] + entry["outputs"], found.inputs + found.outputs, strict=True
    ):
        assert (said["name"], tuple(said["shape"])) == (port.name, port.shape)
        assert (said["scale"], said["zero_point"]) == (port.scale, port.zero_point)


def test_all_of_them_together_are_small():
    assert sum((MODELS / e["file"]).stat().st_size for e in ENTRIES.values()) <= 1_500_000
