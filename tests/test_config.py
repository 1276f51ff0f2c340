"""config.yaml: what is wrong is refused with the key, the value and what is allowed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from edge import config, strict

ROOT = Path(__file__).parents[1]


@pytest.fixture
def load(tmp_path, monkeypatch):
    for name in ("MIEN_MQTT_USERNAME", "MIEN_MQTT_PASSWORD", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)

    def from_text(text: str) -> config.Config:
        path = tmp_path / "config.yaml"
        path.write_text(text, encoding="utf-8")
        return config.load(path)

    return from_text


def test_the_file_that_ships_is_valid_and_says_what_the_code_says_anyway(load):
    shipped = config.load(ROOT / "config.yaml")
    assert shipped == load("profile: vehicle")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("profile: vehicle\ncamera: {fps: fast}", 'camera.fps: expected 1..120, got "fast"'),
        ("profile: vehicle\ncamera: {fps: 900}", "camera.fps: expected 1..120, got 900"),
        ("profile: vehicle\ncamera: {fps: .nan}", "camera.fps: expected 1..120"),
        ("profile: vehicle\ncamera: {fps: true}", "camera.fps: expected 1..120, got true"),
        (
            "profile: vehicle\ncamera: {wdith: 640}",
            "camera.wdith: unknown key; did you mean width?",
        ),
        (
            "profile: vehicle\ncamera: {width: 640.5}",
            "camera.width: expected a whole number 160..4096",
        ),
        (
            "profile: vehicle\ncamera: {rotate: 45}",
            "camera.rotate: expected one of 0, 90, 180, 270, got 45",
        ),
        ("profile: vehicle\ncamera: 7", "camera: expected keys and values (source, "),
        ("profile: vehicle\nsee: {faces: 9}", "see.faces: expected a whole number 1..4, got 9"),
        ("profile: boat", "profile: expected one of vehicle, home, "),
        ("camera: {fps: 5}", "profile: missing; expected one of vehicle"),
        ("profile: vehicle\nfps: 15", "fps: unknown key; it belongs below camera"),
        ("profile: vehicle\ncolour: red", "colour: unknown key; known here: profile, device"),
        ("profile: vehicle\ndevice: My Car", "device: expected 1 to 32 of a-z, 0-9 and _"),
        ("profile: vehicle\nmqtt: {port: 0}", "mqtt.port: expected a whole number 1..65535, got 0"),
        ("profile: vehicle\nmqtt: {base: a/b}", "mqtt: base: expected one topic level"),
        ("profile: vehicle\nmqtt: {host: ''}", "mqtt: host: expected a name"),
        (f"profile: vehicle\nmqtt: {{host: {'a' * 64}}}", "mqtt: host: expected a name"),
        ("profile: vehicle\nmqtt: {host: 'broker:1883'}", "alone, got 'broker:1883'"),
        ("profile: vehicle\nmqtt: {host: ' broker'}", "mqtt: host: expected a name"),
        ("profile: vehicle\nmqtt: {host: 'mqtt://u:secret@b'}", "alone, got a login with it"),
        (
            "profile: vehicle\nrules: {presense: {driver_side: left}}",
            "rules.presense: unknown key; did you mean presence?",
        ),
        ("profile: vehicle\nrules: 3", "rules: expected keys and values (eyes, "),
        ("profile: workplace\nemotion: true", "emotion: expected false with profile workplace"),
        (
            "profile: vehicle\nrules: {drowsiness: {microsleep_s: 9}}",
            "rules.drowsiness.microsleep_s: expected 1..2, got 9",
        ),
        (
            "profile: vehicle\nrules: {eyes: {shut_below: 0.6, open_above: 0.4}}",
            "rules.eyes: deep_below <= shut_below < open_above must hold",
        ),
        ("profile: home\nrules: {on: 1}", "rules: expected a name as the key, got true"),
        ("- a list", "expected keys and values, got"),
        ("", "expected keys and values, got null"),
        ("profile: [", "not YAML"),
        ("a: 1\x00", "not YAML"),
    ],
)
def test_bad_settings_are_refused_in_words(load, text, words):
    with pytest.raises(config.ConfigError) as refusal:
        load(text)
    assert words in str(refusal.value)
    assert "config.yaml" in str(refusal.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(config.ConfigError, match=r"absent\.yaml: cannot be read: No such file"):
        config.load(tmp_path / "absent.yaml")


@pytest.mark.parametrize(
    ("profile", "emotion"),
    [
        ("vehicle", False),
        ("workplace", False),
        ("education", False),
        ("home", True),
        ("care", True),
        ("retail", True),
        ("research", True),
    ],
)
def test_the_profile_decides_on_emotion(load, profile, emotion):
    settings = load(f"profile: {profile}")
    assert settings.emotion is emotion
    assert settings.rules.emotion is emotion


def test_a_driver_may_ask_for_emotion(load):
    assert load("profile: vehicle\nemotion: true").rules.emotion is True


def test_secrets_come_from_the_environment_and_stay_out_of_sight(load, monkeypatch):
    monkeypatch.setenv("MIEN_MQTT_USERNAME", "van7")
    monkeypatch.setenv("MIEN_MQTT_PASSWORD", "hush")
    settings = load("profile: vehicle\nmqtt: {username: other, password: other}")
    assert (settings.mqtt.username, settings.mqtt.password) == ("van7", "hush")
    assert "hush" not in repr(settings)


@pytest.mark.parametrize("secret", ["hush", " hush ", "hush\t"])
def test_secrets_come_from_a_systemd_credential(load, monkeypatch, tmp_path, secret):
    (tmp_path / "mqtt_password").write_text(f"{secret}\n", encoding="utf-8")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert load("profile: vehicle").mqtt.password == secret, "spaces may be a part of it"


def test_a_credential_that_is_damaged_is_named_and_gone_without(
    load, monkeypatch, tmp_path, caplog
):
    """Watching needs no broker."""
    (tmp_path / "mqtt_password").write_bytes(b"\xff\xfe\x80hush")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert load("profile: vehicle").mqtt.password is None
    assert f"{tmp_path / 'mqtt_password'}: cannot be read" in caplog.text
    assert "hush" not in caplog.text


def test_a_key_that_is_kept_is_used_only_where_the_settings_speak_of_one(
    load, monkeypatch, tmp_path
):
    """Else a device that goes from a certificate to a password would not start any more."""
    (tmp_path / "mqtt_key").write_text("key", encoding="utf-8")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert load("profile: vehicle").mqtt.key is None
    both = load("profile: vehicle\nmqtt: {tls: true, certificate: a.crt, key: a.key}")
    assert both.mqtt.key == str(tmp_path / "mqtt_key")


def test_a_device_without_a_name_gets_one_that_a_topic_can_carry(load):
    assert config.DEVICE.fullmatch(load("profile: vehicle").device)


def test_a_manifest_without_a_hash_is_refused(tmp_path):
    path = tmp_path / "manifest.yaml"
    path.write_text("models: {detector: {file: x.tflite}}", encoding="utf-8")
    with pytest.raises(config.ConfigError, match=r"models\.detector\.sha256: missing"):
        config.manifest(path)


def test_what_is_laid_down_beside_a_manifest_is_taken_for_it_until_it_changes(tmp_path):
    path = tmp_path / "manifest.yaml"
    text = "models: {detector: {file: x.tflite, sha256: ab, version: 1, licence: MIT}}"
    path.write_text(text, encoding="utf-8")
    plain = config.manifest(path)
    config.lay_down(path)
    assert config.manifest(path) == plain
    beside = path.with_suffix(".composed")
    beside.write_bytes(beside.read_bytes().replace(b"MIT", b"BSD"))
    assert config.manifest(path)["detector"].license == "BSD", "it is what is read"
    path.write_text(text.replace("x.tflite", "y.tflite"), encoding="utf-8")
    assert config.manifest(path)["detector"].path == tmp_path / "y.tflite"


def test_what_mien_boot_composes_needs_no_yaml(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_bytes(strict.compose({"profile": "home", "device": "caf"}))
    code = (
        "import sys; from pathlib import Path; from edge import config; "
        "assert config.load(Path(sys.argv[1])).device == 'caf'; sys.exit('yaml' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT, check=False)
    assert done.returncode == 0


def test_what_somebody_has_changed_in_it_is_read_as_what_people_write(load):
    text = strict.compose({"profile": "home"}).decode()
    assert load(text).profile == "home"
    assert load(text + "\n# mine\n").profile == "home"
    with pytest.raises(config.ConfigError, match=r"line 3: not|not YAML"):
        load(text.replace('"home"', '"home'))


def test_where_nobody_drives_speed_is_ignored_and_distraction_is_off_unless_asked_for(load):
    car, desk = load("profile: vehicle").rules, load("profile: home").rules
    assert (car.speed.enabled, car.attention.enabled) == (True, True)
    assert (desk.speed.enabled, desk.attention.enabled) == (False, False)
    asked = load("profile: home\nrules: {attention: {enabled: true}}").rules
    assert (asked.speed.enabled, asked.attention.enabled) == (False, True)
