"""The file on the boot partition: read, refused in words, its secrets moved; at any power cut."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from edge import config
from edge.__main__ import main
from edge.appliance.bootfile import FILES

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SECRET = "open sesame 99"  # noqa: S105
GOOD = f"""\
# my van
profile: home
device: van_7
mqtt:
  host: broker.example
  username: van_7
  password: "{SECRET}"   # ask Ann
wifi:
  ssid: "Café 5;G"
  password: 'wifi sesame'
  country: DE
"""


class Board:
    """A card and a disk in a folder, and the power switch."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.card = root / "boot" / "firmware"
        self.kept = root / "var/lib/mien"
        for folder in (self.card, self.kept, root / "etc/mien", root / "run/NetworkManager"):
            folder.mkdir(parents=True, exist_ok=True)
        (root / "run/NetworkManager/system-connections").mkdir(exist_ok=True)
        self.write("profile: vehicle\n", root / "etc/mien/config.yaml")

    def write(self, text: str, file: Path | None = None) -> None:
        (file or self.card / "mien.yaml").write_bytes(text.encode())

    def boot(self) -> int:
        return main(["boot", "--root", str(self.root)])

    @property
    def settings(self) -> dict:
        return yaml.safe_load((self.root / "run/mien/config.yaml").read_text(encoding="utf-8"))

    @property
    def file(self) -> str:
        return (self.card / "mien.yaml").read_bytes().decode()

    @property
    def errors(self) -> str:
        file = self.card / "mien-errors.txt"
        return file.read_text(encoding="utf-8") if file.exists() else ""

    @property
    def wifi(self) -> str:
        file = self.root / "run/NetworkManager/system-connections/mien.nmconnection"
        return file.read_text(encoding="utf-8") if file.exists() else ""

    def secret(self, name: str) -> str | None:
        file = self.kept / "secret" / name
        return file.read_text(encoding="utf-8") if file.exists() else None


@pytest.fixture
def board(tmp_path) -> Board:
    return Board(tmp_path)


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


def test_no_secret_stays_readable_on_the_card_or_in_the_settings(board):
    board.write(GOOD)
    board.boot()
    for file in [*board.card.iterdir(), *(board.root / "run/mien").iterdir()]:
        assert "sesame" not in file.read_text(encoding="utf-8")
    assert "# my van" in board.file
    assert "# ask Ann" in board.file
    assert yaml.safe_load(board.file)["wifi"]["ssid"] == "Café 5;G"


def test_what_was_written_is_blanked_though_somebody_still_holds_it(board):
    board.write(GOOD)
    with (board.card / "mien.yaml").open("rb") as held:
        board.boot()
        assert b"sesame" not in held.read()


def test_switching_on_again_changes_nothing(board):
    board.write(GOOD)
    board.boot()
    before = (board.file, board.settings, board.wifi, board.secret("mqtt/password"))
    written = (board.card / "mien.yaml").stat().st_ino
    board.boot()
    assert (board.file, board.settings, board.wifi, board.secret("mqtt/password")) == before
    assert (board.card / "mien.yaml").stat().st_ino == written, "cards wear"


def test_a_new_password_replaces_the_old_one_and_a_line_taken_out_forgets_it(board):
    board.write(GOOD)
    board.boot()
    board.write(board.file.replace("password: null", 'password: "another one"', 1))
    board.boot()
    assert board.secret("mqtt/password") == "another one"
    assert "another one" not in board.file
    lines = board.file.splitlines()
    board.write("\n".join(line for line in lines if "password" not in line) + "\n")
    board.boot()
    assert board.secret("mqtt/password") is None
    assert "psk" not in board.wifi


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD.replace("host:", "hots:"), "mqtt.hots: unknown key; did you mean host?"),
        (GOOD.replace("home", "boat"), "profile: expected one of vehicle, home"),
        (GOOD.replace("van_7\nmqtt", "My Van\nmqtt"), "device: expected 1 to 32 of a-z"),
        (GOOD.replace("DE", "Germany"), "country: expected two capital letters"),
        (GOOD.replace("'wifi sesame'", "short"), "password: expected 8 to 63 characters"),
        (GOOD.replace("'wifi sesame'", "12345678"), "wifi.password: expected"),
        (GOOD.replace(f'"{SECRET}"', "99887766"), "put it in quotes"),
        (GOOD.replace("  host", "\thost"), "line 5: found character '\\t'"),
        (GOOD + "wifi: {ssid: x, country: DE}\n", "line 12: wifi: stands here twice"),
        (GOOD.replace("  host", "  tls: true\n  ca: ca.crt\n  host"), 'no file "ca.crt" beside'),
        (GOOD.replace(f'"{SECRET}"', f"*{SECRET[5:11]}"), "must stand in quotes"),
        (GOOD.replace(f'"{SECRET}"', "*x").replace("van_7\n  p", "&x sesames\n  p"), "one line"),
        ("profile: workplace\nemotion: true", "emotion: expected false with profile workplace"),
        ("- a\n- b", "expected keys and values"),
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
    assert (f"{own} holds, and so does all the rest" in board.errors) == told
    board.write("device: van_7\n")
    board.boot()
    assert board.errors == ""


def test_a_new_card_says_only_what_the_device_is_for_and_its_other_lines_work_without_their_mark(
    board,
):
    text = (ROOT / "systemd/mien.yaml").read_text(encoding="utf-8")
    assert set(yaml.safe_load(text)) == {"profile"}
    board.write("this is ca.crt", board.card / "ca.crt")
    board.write(re.sub(r"(?m)^# ( *[a-z]+:( .*)?)$", r"\1", text))
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


@pytest.mark.parametrize("name", ["mien.yaml.txt", "mien.yml"])
def test_a_name_that_a_laptop_has_changed_is_noticed(board, name):
    board.write("profile: home\n", board.card / name)
    board.boot()
    assert f"{name} is: rename it" in board.errors


def test_files_from_windows_are_read(board):
    board.write("\ufeff" + GOOD.replace("\n", "\r\n"))
    board.boot()
    assert (board.errors, board.settings["device"]) == ("", "van_7")
    assert "sesame" not in board.file


def test_a_file_that_is_lost_comes_back_as_it_was_last_good(board):
    board.write(GOOD)
    board.boot()
    before = board.file
    (board.card / "mien.yaml").unlink()
    board.boot()
    assert (board.file, board.settings["device"]) == (before, "van_7")
    assert board.secret("mqtt/password") == SECRET


def test_certificates_are_kept_and_the_private_key_leaves_the_card(board, monkeypatch):
    for name in ("ca.crt", "van.crt", "van.key"):
        board.write(f"this is {name}", board.card / name)
    tls = "  tls: true\n  ca: ca.crt\n  certificate: van.crt\n  key: van.key\n"
    board.write(GOOD.replace("  username", tls + "  username"))
    board.boot()
    assert board.errors == ""
    assert not (board.card / "van.key").exists()
    for file in board.card.glob("*.crt"):
        file.unlink()
    board.boot()  # all of it is kept
    assert board.settings["mqtt"]["ca"] == "/run/mien/ca.crt"
    assert (board.root / "run/mien/ca.crt").read_text(encoding="utf-8") == "this is ca.crt"
    folder = board.root / "credentials"
    folder.mkdir()
    (folder / "mqtt_key").write_text(board.secret("mqtt/key"), encoding="utf-8")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    assert config.load(board.root / "run/mien/config.yaml").mqtt.key == str(folder / "mqtt_key")


TLS = "profile: home\nmqtt:\n  tls: true\n"


def test_one_file_may_hold_the_certificate_and_its_key(board):
    board.write("profile: care\ndevice: before\n")
    board.boot()
    board.write("this is both", board.card / "device.pem")
    board.write(TLS + "  certificate: device.pem\n  key: device.pem\n")
    for _ in range(2):  # the second time all of it is kept
        assert board.boot() == 0
        assert board.errors == ""
        assert board.settings["mqtt"]["certificate"] == "/run/mien/device.crt"
        assert not (board.card / "device.pem").exists()
        copy = board.root / "run/mien/device.crt"
        assert copy.read_text(encoding="utf-8") == board.secret("mqtt/key") == "this is both"
        assert copy.stat().st_mode & 0o777 == 0o640


def test_a_kept_file_stands_for_no_other_name(board):
    board.write("this is of 2026", board.card / "ca.crt")
    board.write(TLS + "  ca: ca.crt\n")
    board.boot()
    board.write("this is of 2027", board.card / "ca-2027.crt")
    board.write(TLS + "  ca: ca-2O27.crt\n")
    assert board.boot() == 0
    assert 'mqtt.ca: there is no file "ca-2O27.crt" beside' in board.errors
    assert board.settings["mqtt"]["ca"] == "/run/mien/ca.crt"
    board.write(TLS + "  ca: ca-2027.crt\n")
    board.boot()
    (board.card / "ca-2027.crt").unlink()
    board.boot()
    assert board.errors == ""
    assert (board.root / "run/mien/ca.crt").read_text(encoding="utf-8") == "this is of 2027"


def test_a_line_taken_out_forgets_its_file_and_a_file_that_is_wrong_forgets_nothing(board):
    for name in ("ca.crt", "van.crt", "van.key"):
        board.write(f"this is {name}", board.card / name)
    board.write(TLS + "  ca: ca.crt\n  certificate: van.crt\n  key: van.key\n")
    board.boot()
    kept = [board.kept / place for place in FILES.values()]
    board.write("profile: boat\n")
    board.boot()
    assert all(file.exists() for file in kept)
    board.write("profile: home\n")
    board.boot()
    assert not any(file.exists() for file in kept)


def test_what_cannot_be_composed_changes_neither_the_card_nor_what_was_good(board):
    board.write("profile: care\ndevice: before\n")
    board.boot()
    good = (board.kept / "boot/mien.yaml").read_bytes()
    board.write("this is van.key", board.card / "van.key")
    board.write("this is van.crt", board.card / "van.crt")
    text = TLS + "  password: sesame seeds\n  certificate: van.crt\n  key: van.key\n"
    board.write(text)
    (board.root / "run/mien/.config.yaml.new").mkdir()  # even root cannot write over it
    assert board.boot() == 1
    assert board.file == text
    assert (board.card / "van.key").exists()
    assert (board.kept / "boot/mien.yaml").read_bytes() == good
    (board.root / "run/mien/.config.yaml.new").rmdir()
    assert board.boot() == 0
    assert "sesame" not in board.file
    assert not (board.card / "van.key").exists()


CAMERA = "profile: home\ncamera:\n  source: {}   # the door\n  fps: 10\n"


@pytest.mark.parametrize("login", ["admin:hunter22", "admin:p%40ss%2Fw", "me:a/b@c#d:e\\1", "só:x"])
@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_a_login_in_the_cameras_address_leaves_the_card_and_stays_in_use(board, login, quote):
    source = f"rtsp://{login}@10.0.0.5/s?x=1"
    written = source.replace("\\", "\\\\") if quote == '"' else source
    board.write(CAMERA.format(f"{quote}{written}{quote}"))
    for _ in range(2):
        assert board.boot() == 0
        assert board.errors == ""
        assert board.settings["camera"] == {"source": source, "fps": 10}
        assert "rtsp://kept@10.0.0.5/s?x=1" in board.file
        assert "# the door" in board.file
        for file in (board.card / "mien.yaml", board.kept / "boot/mien.yaml"):
            assert login not in file.read_text(encoding="utf-8")
        assert (board.root / "run/mien/config.yaml").stat().st_mode & 0o777 == 0o640


def test_a_kept_login_goes_with_another_address_and_goes_when_it_is_taken_out(board):
    board.write(CAMERA.format("rtsp://admin:hunter22@10.0.0.5/s"))
    board.boot()
    board.write(board.file.replace("10.0.0.5", "10.0.0.6"))
    board.boot()
    assert board.settings["camera"]["source"] == "rtsp://admin:hunter22@10.0.0.6/s"
    board.write(CAMERA.format(0))
    board.boot()
    assert (board.errors, board.secret("camera")) == ("", None)
    board.write(CAMERA.format("rtsp://kept@10.0.0.6/s"))
    board.boot()
    assert "camera.source: no login is kept here" in board.errors
    assert board.settings["camera"]["source"] == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (CAMERA.format('"rtsp://admin:hunter22\\x4010.0.0.5/s"'), "one line"),
        (CAMERA.format("rtsp://admin:hunter22@h/s") + "# rtsp://admin:hunter22@g/\n", "one line"),
        ("profile: home\ncamera: rtsp://admin:hunter22@h/s\n", "camera: expected keys and values"),
    ],
)
def test_a_login_that_cannot_be_moved_is_refused_and_not_quoted(board, caplog, text, words):
    board.write(text)
    assert board.boot() == 0
    assert words in board.errors
    assert "hunter22" not in board.errors + caplog.text
    assert board.file == text


def test_a_second_camera_differs_in_what_its_file_says(board):
    board.write(GOOD)
    board.write("camera: {source: /dev/video2}\n", board.root / "etc/mien/rear.yaml")
    board.write("camera: {fps: 0}\n", board.root / "etc/mien/side.yaml")
    board.boot()
    rear = yaml.safe_load((board.root / "run/mien/rear.yaml").read_text(encoding="utf-8"))
    assert (rear["device"], rear["camera"]["source"]) == ("van_7_rear", "/dev/video2")
    assert rear["mqtt"] == board.settings["mqtt"]
    assert not (board.root / "run/mien/side.yaml").exists()


@pytest.mark.parametrize("card", [None, "device: van_7\n"])
def test_a_password_in_config_yaml_does_not_become_readable_for_all(board, card):
    if card is not None:
        board.write(card)
    for password in ("open sesame", "close sesame"):
        text = f"profile: home\nmqtt: {{password: {password}}}\n"
        board.write(text, board.root / "etc/mien/config.yaml")
        board.boot()
        assert board.secret("mqtt/password") == password
        assert "sesame" not in (board.root / "run/mien/config.yaml").read_text(encoding="utf-8")


CUT = """
import shutil, sys
from pathlib import Path
import edge.commands.boot  # before there are a hundred processes
from edge.__main__ import main
from tests.appliance.power import cut
folder, cuts = Path(sys.argv[1]), 0
while True:
    home = folder / str(cuts)
    shutil.copytree(folder / "fresh", home)
    if cut(lambda: main(["boot", "--root", str(home)]), cuts):
        break
    cuts += 1
"""


@pytest.fixture
def memory(tmp_path) -> Iterator[Path]:
    """A folder in memory, where there is one: there are many power cuts, and disks are slow."""
    if not Path("/dev/shm").is_dir():  # noqa: S108 - looked at, not guessed
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name:
        yield Path(name)


def test_the_power_may_go_at_any_call_to_the_disk(memory):
    """The process ends before its n-th call that changes a disk, for every n there is."""
    fresh = Board(memory / "fresh")
    fresh.write("this is both", fresh.card / "van.pem")
    tls = "  tls: true\n  certificate: van.pem\n  key: van.pem\n"
    fresh.write(GOOD.replace("  username", tls + "  username"))
    subprocess.run([sys.executable, "-c", CUT, str(memory)], cwd=ROOT, check=True, timeout=120)
    homes = sorted(set(memory.iterdir()) - {memory / "fresh"})
    assert len(homes) > 20
    for home in homes:
        board = Board(home)
        assert board.boot() == 0
        assert board.settings["device"] == "van_7"
        assert board.secret("mqtt/password") == SECRET
        assert board.secret("mqtt/key") == "this is both"
        assert not (board.card / "van.pem").exists()
        assert "psk=wifi sesame" in board.wifi
        assert "sesame" not in board.file
        assert board.errors == ""
