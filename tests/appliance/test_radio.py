"""Wi-Fi of ``mien.yaml`` on a card whose radio NetworkManager remembers as switched off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edge.commands import radio
from tests.appliance.card import GOOD, Board

if TYPE_CHECKING:
    from pathlib import Path

OFF = "[main]\nNetworkingEnabled=true\nWirelessEnabled=false\nWWANEnabled=false\n"


@pytest.fixture
def board(tmp_path) -> Board:
    made = Board(tmp_path)
    state(made).parent.mkdir(parents=True)
    made.write(OFF, state(made))
    return made


def state(board: Board) -> Path:
    return board.root / "var/lib/NetworkManager/NetworkManager.state"


def test_a_card_flashed_with_wifi_switched_off_joins_a_network_that_it_is_given(board):
    state(board).chmod(0o644)
    board.write(GOOD)
    assert board.boot() == 0
    on = OFF.replace("WirelessEnabled=false", "WirelessEnabled=true")
    assert state(board).read_text(encoding="utf-8") == on
    assert state(board).stat().st_mode & 0o777 == 0o644


def test_where_no_network_is_asked_for_the_radio_is_left_alone(board):
    board.write("profile: home\n")
    assert board.boot() == 0
    assert state(board).read_text(encoding="utf-8") == OFF


def test_a_root_that_cannot_be_written_is_one_line_and_the_rest_holds(board, caplog):
    state(board).with_name(".NetworkManager.state.new").mkdir()  # even root cannot write over it
    board.write(GOOD)
    assert board.boot() == 0
    assert "psk=" in board.wifi
    assert [r.getMessage() for r in caplog.records if "switched off" in r.getMessage()]


def test_where_nobody_would_join_a_network_that_is_said_and_no_password_laid_out(board, caplog):
    (board.root / "usr/sbin/NetworkManager").unlink()  # its folder is ours: systemd/tmpfiles.conf
    board.write(GOOD)
    assert board.boot() == 0
    assert "there is no NetworkManager here" in caplog.text
    assert board.wifi == ""


@pytest.fixture
def tools(tmp_path, monkeypatch) -> Path:
    """Tools that write down how they were called, and the file that they write to."""
    folder, calls = tmp_path / "bin", tmp_path / "calls"
    folder.mkdir()
    calls.touch()
    for name in ("iw", "rfkill", "nmcli", "systemctl"):
        text = f'#!/bin/sh\necho {name} "$@" >>{calls}\n'
        text += "echo ActiveState=$STANDING\n" if name == "systemctl" else "exit 1\n"
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return calls


@pytest.mark.parametrize(
    ("standing", "told"),
    [("inactive", []), ("active", ["nmcli radio wifi on", "nmcli connection reload"])],
)
def test_a_networkmanager_that_runs_already_is_told_as_well(tools, monkeypatch, standing, told):
    monkeypatch.setenv("STANDING", standing)
    radio.unblock("DE")
    calls = tools.read_text(encoding="utf-8").splitlines()
    ours = [call for call in calls if not call.startswith("systemctl")]
    assert ours == ["iw reg set DE", "rfkill unblock wifi", *told]


def test_a_tool_that_does_not_answer_holds_nothing_up(tools, monkeypatch, caplog):
    monkeypatch.setenv("STANDING", "active")
    monkeypatch.setattr(radio, "PATIENCE_S", 0.2)
    (tools.parent / "bin/rfkill").write_text("#!/bin/sh\nexec /bin/sleep 30\n", encoding="utf-8")
    radio.unblock("DE")
    assert "rfkill unblock wifi: no answer" in caplog.text
    assert "nmcli connection reload" in tools.read_text(encoding="utf-8")
