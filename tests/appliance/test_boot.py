"""The file on the boot partition: read, or refused in words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from edge import config
from tests.appliance.card import GOOD, SECRET

ROOT = Path(__file__).parents[2]


def test_a_good_file_becomes_settings_secrets_and_wifi(board, monkeypatch):
    board.write(GOOD)
    assert board.boot() == 0
    assert board.settings["mqtt"] == {"host": "broker.example", "username": "van_7"}
    assert board.secret("mqtt/password") == SECRET
    assert (board.kept / "secret/mqtt/password").stat().st_mode & 0o777 == 0o600
    assert "psk=wifi sesame\n" in board.wifi
    assert "ssid=67;97;102;195;169;32;53;59;71;\n" in board.wifi
    assert board.errors == ""
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(board.kept / "secret"))
    service = config.load(board.root / "run/mien/config.yaml")
    assert (service.device, service.profile, service.emotion) == ("van_7", "home", True)


def test_switching_on_again_changes_nothing(board):
    board.write(GOOD)
    board.boot()
    before = (board.file, board.settings, board.wifi, board.secret("mqtt/password"))
    written = (board.card / "mien.yaml").stat().st_ino
    board.boot()
    assert (board.file, board.settings, board.wifi, board.secret("mqtt/password")) == before
    assert (board.card / "mien.yaml").stat().st_ino == written, "cards wear"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD.replace("host:", "hots:"), "mqtt.hots: unknown key; did you mean host?"),
        (GOOD.replace("wifi:", "WiFi:"), "WiFi: unknown key; did you mean wifi?"),
        (GOOD.replace("wifi:", "wlan:"), "board, seat, wifi, aim"),
        (GOOD.replace("  host", "host"), "not YAML, line 6"),
        ("mqtt:\nhost: broker", "host: unknown key; it belongs below mqtt, with spaces in front"),
        ("country: DE", "country: unknown key; it belongs below wifi"),
        (GOOD.replace("username: van_7", "username: 2024-12-05"), "put it in quotes"),
        (GOOD.replace("'wifi sesame'", "2024-12-05"), "got something else; put it in quotes"),
        (GOOD.replace("home", "boat"), "profile: expected one of vehicle, home"),
        (GOOD.replace("van_7\nmqtt", "My Van\nmqtt"), "device: expected 1 to 32 of a-z"),
        (GOOD.replace("DE", "Germany"), "country: expected two capital letters"),
        (GOOD.replace("DE", "UK"), "two capital letters (DE, GB, US, ...), got 'UK'"),
        (GOOD.replace("'wifi sesame'", "short"), "password: expected 8 to 63 characters"),
        (GOOD.replace("'wifi sesame'", "12345678"), "wifi.password: expected"),
        (GOOD.replace(f'"{SECRET}"', "99887766"), "put it in quotes"),
        (GOOD.replace("  host", "\thost"), "line 5: found character '\\t'"),
        (GOOD + "wifi: {ssid: x, country: DE}\n", "line 12: wifi: stands here twice"),
        (GOOD.replace("  host", "  tls: true\n  ca: ca.crt\n  host"), 'no file "ca.crt" beside'),
        (GOOD.replace(f'"{SECRET}"', f"*{SECRET[5:11]}"), "must stand in quotes"),
        (GOOD.replace(f'"{SECRET}"', "*x").replace("van_7\n  p", "&x sesames\n  p"), "one line"),
        ("profile: workplace\nemotion: true", "emotion: expected false with profile workplace"),
        ("- a\n- b", "expected keys and values, got a list"),
        ("password = sesame", "expected keys and values, got text"),
        ("mqtt:\n  - host: b\n  - password: sesame", "mqtt: expected keys and values (host, port"),
        ("mqtt: password=sesame", "discovery), got text"),
        ("mqtt:\n  host: {password: sesame}", "mqtt.host: expected text, got keys and values"),
        ("device: [sesame]", "device: expected text, got a list"),
        (GOOD.replace(f'"{SECRET}"', f"“{SECRET}”"), "line 7: curly quotes: write straight ones"),
        (GOOD.replace('"Café 5;G"', "‘Café’"), "line 9: curly quotes"),
        (GOOD.replace("  host", "\u00a0 host"), "line 6: a no-break space"),
        ("mqtt:\n\u00a0 host: broker", "line 2: a no-break space"),
        (GOOD.replace('"Café 5;G"', "@home"), "line 9: found character '@' that cannot start any "),
        (GOOD.replace('"Café 5;G"', "@home"), "a value with signs in it goes in quotes"),
        (GOOD.replace(f'"{SECRET}"', "{{ sesame }}"), "with = or {{ must stand in quotes"),
        (GOOD.replace(f'"{SECRET}"', "{sesame"), "a value with signs in it goes in quotes"),
        (GOOD.replace(f'"{SECRET}"', "|sesame"), "a value with signs in it goes in quotes"),
        (GOOD.replace(f'"{SECRET}"', "- sesame"), "a value with signs in it goes in quotes"),
        (GOOD.replace(f'"{SECRET}"', '"sesame'), "above it a quote has no end"),
        ('device: "sesame', "a quote that begins has no end"),
        (GOOD.replace(f'"{SECRET}"', '"ses\\qame"'), "put the value in 'single quotes'"),
        (
            GOOD.replace('"Café 5;G"', "Bay: 5"),
            "line 9: mapping values are not allowed here; a val",
        ),
        (GOOD.replace("device: ", "device:"), "behind a key stands a colon and a space"),
        (GOOD.replace("wifi", "---\nwifi"), "line 8: a second --- line"),
        ("p\0r\0o\0f\0i\0l\0e\0", "save it as UTF-8"),
        (GOOD.replace(f'"{SECRET}"', "2024-13-45"), "line 7: cannot be read as it stands: put it"),
        (GOOD.replace(f'"{SECRET}"', "0x_"), "put it in 'single quotes'"),
        (GOOD.replace(f'"{SECRET}"', "!!bool sesame"), "line 7: cannot be read as it stands"),
        (GOOD.replace("van_7\n  p", '"van\\ud800"\n  p'), "line 6: cannot be read as it stands"),
        (GOOD + "camera: &itself {source: *itself}\n", "a value in itself"),
        ("profile: " + "[" * 2000, "brackets in brackets"),
    ],
)
def test_what_cannot_be_used_is_said_beside_the_file_and_the_last_good_stays(board, text, words):
    board.write("profile: care\ndevice: before\n")
    board.boot()
    board.write(text)
    assert board.boot() == 0
    assert words in board.errors
    assert "good the last time" in board.errors
    for secret in ("sesame", "12345678", "99887766"):
        assert secret not in board.errors
    assert board.settings["device"] == "before"
    assert board.file == text, "it is the owner's, to be mended"
    board.write("profile: care\ndevice: after\n")
    board.boot()
    assert (board.errors, board.settings["device"]) == ("", "after")


@pytest.mark.parametrize(
    ("own", "over", "holds"),
    [
        ("workplace", "home", "workplace"),
        ("education", "vehicle", "education"),
        ("workplace", "education", "education"),
        ("vehicle", "home", "home"),
        ("home", "workplace", "workplace"),
    ],
)
def test_at_work_by_the_devices_own_settings_no_line_on_the_card_has_emotion_read(
    board, own, over, holds
):
    board.write(f"profile: {own}\n", board.root / "etc/mien/config.yaml")
    emotion = "emotion: true\n" if over == "home" else ""
    board.write(f"profile: {over}\ndevice: van_7\n{emotion}")
    assert board.boot() == 0
    service = config.load(board.root / "run/mien/config.yaml")
    assert (service.profile, service.device) == (holds, "van_7")
    assert service.emotion == (holds == "home")
    told = f"profile: {over} does not go over {own} in /etc/mien/config.yaml" in board.errors
    assert told == (holds != over)
    assert (f"{own} holds" in board.errors) == told
    assert ("all the rest of it holds" in board.errors) == told
    board.write("device: van_7\n")
    board.boot()
    assert board.errors == ""


def test_a_new_card_says_only_what_the_device_is_for_and_its_other_lines_work_without_their_mark(
    board,
):
    text = (ROOT / "systemd/mien.yaml").read_text(encoding="utf-8")
    assert set(yaml.safe_load(text)) == {"profile"}
    board.write("this is ca.crt", board.card / "ca.crt")
    board.write(re.sub(r"(?m)^# ( *[a-z_]+:( .*)?)$", r"\1", text))
    assert board.boot() == 0
    assert board.errors == ""
    assert {"device", "mqtt", "camera"} < set(board.settings)
    assert "ssid=" in board.wifi


def test_every_mistake_is_named_at_once(board):
    board.write(
        "profile: boat\ncamera: {fps: fast}\nmqtt: {port: 0}\nwifi: {ssid: x}\ncolour: red\n"
    )
    board.boot()
    for key in ("profile", "camera.fps", "mqtt.port", "wifi.country", "colour"):
        assert f"  {key}: " in board.errors
    assert "settings of the device itself" in board.errors


@pytest.mark.parametrize("name", ["mien.yaml.txt", "mien.yml", "mien (1).yaml"])
def test_a_name_that_a_laptop_has_changed_is_noticed(board, name):
    board.write("profile: home\n", board.card / name)
    board.boot()
    assert f"{name} is: rename it" in board.errors


def test_a_copy_under_such_a_name_is_told_from_a_file_that_is_not_there(board):
    board.write(GOOD)
    board.write("device: van_8\n", board.card / "mien.yaml.txt")
    board.boot()
    assert "is there twice: nobody reads mien.yaml.txt: remove one" in board.errors
    assert "mien.yaml holds." in board.errors
    assert "is not there" not in board.errors
    assert board.settings["device"] == "van_7"
    (board.card / "mien.yaml.txt").unlink()
    board.boot()
    assert board.errors == ""


def test_what_was_good_the_last_time_is_not_said_to_hold_where_it_does_not(board):
    board.write("device: van_7\nemotion: true\n")
    board.boot()
    board.write("profile: workplace\n", board.root / "etc/mien/config.yaml")
    board.write("device: My Van\n")
    assert board.boot() == 0
    assert "settings of the device itself hold" in board.errors
    assert board.settings == {"profile": "workplace"}


def test_files_from_windows_are_read(board):
    board.write("\ufeff" + GOOD.replace("\n", "\r\n"))
    board.boot()
    assert (board.errors, board.settings["device"]) == ("", "van_7")
    assert "sesame" not in board.file


def test_curly_quotes_inside_straight_ones_are_the_owners(board):
    name = "Ann’s iPhone"
    board.write(GOOD.replace('"Café 5;G"', f'"{name}"').replace("my van", "“my van”"))
    board.boot()
    assert board.errors == ""
    assert "ssid=" + "".join(f"{byte};" for byte in name.encode()) in board.wifi


def test_a_tab_behind_a_key_is_no_mistake_and_what_is_secret_goes_all_the_same(board):
    text = GOOD.replace("wifi:\n", "wifi: # 🚗\t\n").replace("ssid: ", "ssid:\t")
    board.write(text.replace("password: '", "password:\t'").replace("mqtt:\n", "mqtt:\t\n"))
    assert board.boot() == 0
    assert (board.errors, board.settings["mqtt"]["host"]) == ("", "broker.example")
    assert (board.secret("mqtt/password"), board.secret("wifi")) == (SECRET, "wifi sesame")
    assert "sesame" not in board.file
    before = board.file
    board.boot()
    assert (board.file, board.errors, board.secret("wifi")) == (before, "", "wifi sesame")


@pytest.mark.parametrize("left", [None, "", "\r\n", "\0" * 4096])
def test_a_file_that_is_lost_comes_back_as_it_was_last_good(board, left):
    board.write(GOOD)
    board.boot()
    before = board.file
    (board.card / "mien.yaml").unlink()
    if left is not None:  # a laptop's half of a write
        board.write(left)
    board.boot()
    assert board.errors == ""
    assert (board.file, board.settings["device"]) == (before, "van_7")
    assert board.secret("mqtt/password") == SECRET


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("profile: vehicle\ncamera: {fps: 0}\n", "config.yaml: camera.fps: expected 1..120, got 0"),
        ("profile: boat\n", "config.yaml: profile: expected one of vehicle"),
        ("profile: vehicle\ncamera:\n\tfps: 3\n", "config.yaml: not YAML, line 3"),
        ("", "config.yaml: expected keys and values, got null"),
    ],
)
def test_a_mistake_in_the_devices_own_file_is_said_on_the_card_and_not_blamed_on_it(
    board, text, words
):
    own = board.root / "etc/mien/config.yaml"
    board.write(GOOD)
    board.write(text, own)
    assert board.boot() == 1
    assert "mien.yaml is not to blame" in board.errors
    assert [words in line for line in board.errors.splitlines() if line[:2] == "  "] == [True]
    board.write("profile: vehicle\n", own)
    assert board.boot() == 0
    assert (board.errors, board.settings["device"]) == ("", "van_7")


def test_a_second_camera_differs_in_what_its_file_says(board):
    board.write(GOOD + "board: {buzzer_pin: 18}\n")
    board.write("camera: {source: /dev/video2}\n", board.root / "etc/mien/rear.yaml")
    board.write("camera: {fps: 0}\n", board.root / "etc/mien/side.yaml")
    board.boot()
    rear = yaml.safe_load((board.root / "run/mien/rear.yaml").read_text(encoding="utf-8"))
    assert (rear["device"], rear["camera"]["source"]) == ("van_7_rear", "/dev/video2")
    assert rear["mqtt"] == board.settings["mqtt"]
    assert board.settings["board"] == {"buzzer_pin": 18}
    assert "board" not in rear, "whichever came first would have the driver's buzzer"
    assert not (board.root / "run/mien/side.yaml").exists()
