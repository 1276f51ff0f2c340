"""What was set from outside outlives a restart, and a damaged block; an owner may contradict it."""

from __future__ import annotations

import os

import pytest

from edge.commands import kept as keeping
from edge.commands.desk import obey, opened
from edge.commands.kept import Controls, Kept
from edge.config import Config, ConfigError
from edge.tell import requests as r

FILE = Config(profile="vehicle", device="pi_1", emotion=False)
MICROSLEEP = "rules.drowsiness.microsleep_s"


def test_what_was_set_is_there_after_a_restart(tmp_path):
    desk = opened(FILE, Kept())
    for asked in (r.SetConfig(set={MICROSLEEP: 1.8}), r.Switch(name="capture", on=False)):
        desk, _ = obey(desk, asked, {})
    keeping.store(desk.kept, tmp_path)
    again = opened(FILE, keeping.load(tmp_path))
    assert again.config == desk.config
    assert again.kept.controls == Controls(capture=False)
    # nothing half-written is left
    assert sorted(os.listdir(tmp_path)) == ["kept.copy.json", "kept.json"]  # noqa: PTH208


def test_a_folder_that_cannot_be_written_leaves_the_old_file_whole(tmp_path):
    keeping.store(Kept(config={MICROSLEEP: 1.8}), tmp_path)
    (tmp_path / ".kept.json.new").mkdir()  # even root cannot write a file over a folder
    with pytest.raises(IsADirectoryError):
        keeping.store(Kept(), tmp_path)
    assert keeping.load(tmp_path).config == {MICROSLEEP: 1.8}


DAMAGES = [b"", bytes(100), b'{"config": [', b'{"config": {"prof\xe9le": 1}}']


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_kept_file_that_is_damaged_is_made_good_from_its_copy(tmp_path, caplog, damage):
    kept = Kept(config={MICROSLEEP: 1.8}, controls=Controls(emotion=False))
    keeping.store(kept, tmp_path)
    for name in ("kept.json", "kept.copy.json"):
        whole = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(damage)
        assert keeping.load(tmp_path) == kept
        assert (tmp_path / name).read_bytes() == whole
    [said] = caplog.messages  # of the copy nobody need know
    assert "kept.json: " in said
    assert said.endswith("; its copy holds")


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_kept_file_that_is_damaged_with_its_copy_is_refused_in_words(tmp_path, damage):
    for name in ("kept.json", "kept.copy.json"):
        (tmp_path / name).write_bytes(damage)
    with pytest.raises(ConfigError, match=r"kept\.json: .*; remove the file"):
        keeping.load(tmp_path)


def test_a_kept_file_that_was_removed_does_not_come_back(tmp_path):
    keeping.store(Kept(config={MICROSLEEP: 1.8}), tmp_path)
    (tmp_path / "kept.json").unlink()
    assert keeping.load(tmp_path) == Kept()


def test_a_power_cut_between_the_two_leaves_the_newer(tmp_path):
    keeping.store(Kept(config={MICROSLEEP: 1.8}), tmp_path)
    older = (tmp_path / "kept.copy.json").read_bytes()
    keeping.store(Kept(config={MICROSLEEP: 1.2}), tmp_path)
    (tmp_path / "kept.copy.json").write_bytes(older)
    assert keeping.load(tmp_path).config == {MICROSLEEP: 1.2}
    assert (tmp_path / "kept.copy.json").read_bytes() == (tmp_path / "kept.json").read_bytes()


def test_a_copy_that_cannot_be_written_costs_no_setting(tmp_path):
    (tmp_path / ".kept.copy.json.new").mkdir()
    keeping.store(Kept(config={MICROSLEEP: 1.8}), tmp_path)
    assert keeping.load(tmp_path).config == {MICROSLEEP: 1.8}


def test_a_kept_value_that_does_not_go_with_the_file_any_more_is_left_out_by_name():
    kept = Kept(config={"rules.people.window_s": 7.0, MICROSLEEP: 9, "profile": "workplace"})
    desk = opened(FILE, kept)
    assert desk.config.rules.drowsiness == FILE.rules.drowsiness
    assert desk.config.rules.people.window_s == 7.0
    assert desk.config.profile == "workplace"
    assert desk.kept.config == {"rules.people.window_s": 7.0, "profile": "workplace"}
    [words] = desk.lost
    assert words.startswith(f"kept.json: {MICROSLEEP}: expected")
    assert words.endswith(": left out, config.yaml holds")


def test_kept_values_that_hold_only_together_are_kept_together():
    together = {"rules.drowsiness.pre_s": 1.5, MICROSLEEP: 1.8}
    desk = opened(FILE, Kept(config={**together, "rules.gone": 1}))
    assert desk.config.rules.drowsiness.pre_s == 1.5
    assert desk.config.rules.drowsiness.microsleep_s == 1.8
    assert desk.lost == ("kept.json: rules.gone: no such setting: left out, config.yaml holds",)


def test_a_value_that_the_owner_contradicts_gives_way():
    file = keeping.overlay(FILE, {"rules.drowsiness.pre_s": 1.5, MICROSLEEP: 1.6}, "set")
    desk = opened(file, Kept(config={MICROSLEEP: 1.2}))
    assert desk.config == file
    assert "pre_s <= microsleep_s" in desk.lost[0]


def test_contradicting_values_are_refused_by_name():
    with pytest.raises(ConfigError, match="pre_s <= microsleep_s"):
        keeping.overlay(FILE, {"rules.drowsiness.pre_s": 1.5, MICROSLEEP: 1.2}, "set")
