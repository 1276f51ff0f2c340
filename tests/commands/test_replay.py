from __future__ import annotations

import re
from pathlib import Path

import pytest

from edge.__main__ import main

CLIP = Path(__file__).parents[1] / "films" / "clips" / "eyes_shut_then_laughing.jsonl"


@pytest.fixture
def later(tmp_path):
    rules = tmp_path / "later.yaml"
    rules.write_text(
        "profile: vehicle\nrules:\n"
        "  drowsiness: {microsleep_s: 2.0, sleep_s: 5.0, unresponsive_s: 15}\n"
        "  alerts: {update_s: 5}\n",
        encoding="utf-8",
    )
    return rules


def replay(*arguments):
    return main(["replay", str(CLIP), "--config", "none.yaml", *map(str, arguments)])


def test_a_diff_says_what_comes_goes_and_moves(later, capsys):
    assert replay("--rules", later, "--diff") == 0
    said = capsys.readouterr().out.splitlines()
    # sleep begins 2 s later: too far to be the same one, moved
    assert re.match(r"- sleep +3\.\d\d\.\.8\.\d\d s level 4", said[2])
    assert re.match(r"\+ sleep +5\.\d\d\.\.8\.\d\d s level 4", said[3])
    assert re.match(
        r"~ microsleep +2\.\d\d\.\.3\.\d\d s level 3  ->  2\.\d\d\.\.5\.\d\d s", said[1]
    )
    gone = [line.split()[1] for line in said if line.startswith("- ")]
    assert gone == ["sleep"]
    assert (
        said[-1] == "1 come, 1 go, 2 move, 1 stay"
    )  # what the laugh at the end shuts is shut still


def test_the_same_rules_differ_in_nothing(tmp_path, capsys):
    same = tmp_path / "same.yaml"
    same.write_text("profile: vehicle\n", encoding="utf-8")
    assert replay("--rules", same, "--diff") == 0
    assert re.fullmatch(r"0 come, 0 go, 0 move, [1-9] stay\n", capsys.readouterr().out)


def test_a_recording_that_was_cut_off_is_compared_up_to_there(later, tmp_path, capfd):
    cut = tmp_path / "cut.jsonl"
    cut.write_bytes(CLIP.read_bytes()[:-40])
    asked = ["--config", "none.yaml", "--rules", str(later), "--diff"]
    assert main(["replay", str(cut), *asked]) == 0
    assert capfd.readouterr().out.endswith("1 come, 1 go, 2 move, 1 stay\n")


def test_a_diff_needs_rules_to_compare_with(capsys):
    assert replay("--diff") == 1
    assert "--diff: needs --rules FILE" in capsys.readouterr().err


def test_rules_that_contradict_each_other_are_refused_by_name(tmp_path, capsys):
    odd = tmp_path / "odd.yaml"
    odd.write_text(
        "profile: vehicle\nrules:\n  fatigue: {severe: 0.2, severe_exit: 0.3}\n", encoding="utf-8"
    )
    assert replay("--rules", odd) == 1
    said = capsys.readouterr().err
    assert "severe_exit < severe must hold; got severe_exit = 0.3, severe = 0.2" in said


def test_a_plot_is_a_picture(tmp_path):
    pytest.importorskip("matplotlib", reason="the extra `plot` is not installed")
    picture = tmp_path / "drive.png"
    assert replay("--plot", picture) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_plot_of_an_unknown_kind_is_refused(tmp_path, capsys):
    pytest.importorskip("matplotlib", reason="the extra `plot` is not installed")
    assert replay("--plot", tmp_path / "drive.nonsense") == 1
    assert "--plot" in capsys.readouterr().err
