"""``mien check``: a line for each thing that a support engineer would ask, and the report."""

from __future__ import annotations

import errno
import json
import os
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from msgspec.structs import replace

from edge import config
from edge.__main__ import main
from edge.commands import check, credentials, report
from edge.commands.findings import NOTE, OK
from edge.commands.places import Places
from edge.strict import compose
from edge.tell import messages as m
from tests.tell.examples import GOLDEN


def configured(folder, **changes):
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump({"profile": "home", "device": "test", **changes}))
    return path


SECRETS = {
    "in the configuration": "sesame-in-yaml",
    "in the environment": "sesame-in-env",
    "in a credential": "sesame-in-credential",
    "in an address": "sesame-in-url",
    "as a name": "porter-of-the-gate",
}


@pytest.fixture
def systemd(tmp_path, monkeypatch):
    """systemctl and journalctl that stand in for the board's: running, with talkative lines."""
    folder = tmp_path / "bin"
    folder.mkdir()
    talk = f"mien[7]: login {' and '.join(SECRETS.values())} at rtsp://me:hush-hush@cam/1"
    for name, text in {
        "systemctl": "LoadState=loaded\nActiveState=failed\nSubState=failed\nNRestarts=5\n"
        "Result=exit-code\nExecMainStatus=1",
        "journalctl": "\n".join(f"line {n}: {talk}" for n in range(5)),
        "timedatectl": "yes",
    }.items():
        (folder / name).write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_a_report_has_everything_but_secrets_and_pictures(
    mien, tmp_path, systemd, monkeypatch, port
):
    credentials = tmp_path / "credentials" / "mqtt"
    credentials.mkdir(parents=True)
    (credentials / "mqtt_key").write_text(SECRETS["in a credential"], encoding="utf-8")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials.parent))
    monkeypatch.setenv("MIEN_MQTT_PASSWORD", SECRETS["in the environment"])
    path = configured(
        tmp_path,
        camera={"source": "rtsp://cam:{}@127.0.0.1:9/x".format(SECRETS["in an address"])},
        mqtt={
            "host": "127.0.0.1",
            "port": port,
            "username": SECRETS["as a name"],
            "password": SECRETS["in the configuration"],
        },
    )
    report = tmp_path / "report.json"
    said = mien("check", "--config", path, "--report", report)
    assert said.returncode == 1
    assert "Traceback" not in said.stderr
    text = report.read_text(encoding="utf-8")
    for where, secret in SECRETS.items():
        assert secret not in text, where
        assert secret not in said.stdout, where
    assert "hush-hush" not in text + said.stdout
    content = json.loads(text)
    assert content["format"] == "mien-report/1"
    names = [finding["name"] for finding in content["findings"]]
    assert names[:7] == ["board", "system", "clock", "heat", "power", "memory", "disk"]
    assert {"configuration", "camera", "broker", "service", "journal"} <= set(names)
    assert content["settings"]["camera.fps"] == 30.0
    assert len(content["journal"]) == 5
    assert max(map(len, text.splitlines())) < 1000, "nothing as long as a picture"


@pytest.mark.parametrize("password", ["a/bcdef", "it's hush", "p@ss", 'a"b', "a:b c@d/e"])
def test_a_cameras_password_is_taken_out_of_the_journal_whatever_stands_in_it(password):
    source = f"rtsp://me:{password}@10.0.0.5/s"
    facts = report.Facts("mien", config=config.checked({"profile": "home", **camera(source)}, "x"))
    line = report.hushed(f"mien: camera.source: {source}: cannot be opened", facts)
    assert line == "mien: camera.source: rtsp://•••@10.0.0.5/s: cannot be opened"


def camera(source: str) -> dict:
    return {"camera": {"source": source}}


def test_a_report_is_written_even_where_the_configuration_is_refused(mien, tmp_path, systemd):
    path = configured(tmp_path, mqtt={"password": 12345678})
    report = tmp_path / "report.json"
    said = mien("check", "--config", path, "--report", report)
    assert said.returncode == 1
    assert "mqtt.password" in said.stdout
    assert "12345678" not in report.read_text(encoding="utf-8") + said.stdout


def test_a_report_that_cannot_be_written_is_one_line(mien, tmp_path):
    said = mien("check", "--config", configured(tmp_path), "--report", "/no/such/folder/x")
    assert said.returncode == 1
    assert "mien check: /no/such/folder/x: No such file or directory\n" in said.stderr
    assert "Traceback" not in said.stderr


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A board as ``mien boot`` leaves it, and another configuration where we stand."""
    places = Places(tmp_path / "board", None)
    monkeypatch.setattr(credentials, "PLACES", places)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    monkeypatch.delenv("MIEN_MQTT_PASSWORD", raising=False)
    kept = places.kept / "secret/mqtt"
    for folder in (places.run, kept, tmp_path / "elsewhere"):
        folder.mkdir(parents=True)
    (kept / "password").write_text("sesame-in-the-device", encoding="utf-8")
    (kept / "key").write_text("BEGIN\nkey-in-the-device\n", encoding="utf-8")
    mqtt = {"host": "127.0.0.1", "port": 9, "username": "van_7"}
    tls = {"tls": True, "certificate": "/x/device.crt", "key": "/var/lib/mien/secret/mqtt/key"}
    for name in ("config", "rear"):
        text = compose({"profile": "home", "device": f"board_{name}", "mqtt": mqtt | tls})
        (places.run / f"{name}.yaml").write_bytes(text)
    monkeypatch.chdir(tmp_path / "elsewhere")
    configured(tmp_path / "elsewhere", mqtt=mqtt)
    return places


@pytest.fixture
def asked(monkeypatch):
    """A broker that says what it was shown, and nobody else should see."""
    seen = []

    def reachable(mqtt):
        key = Path(mqtt.key).read_text(encoding="utf-8") if mqtt.key else None
        seen.append((mqtt.password, key))
        return f"refused: {mqtt.password}, {key}"

    monkeypatch.setattr(check, "reachable", reachable)
    return seen


@pytest.mark.parametrize(("unit", "name"), [("mien", "config"), ("mien@rear", "rear")])
def test_a_board_is_judged_by_what_its_service_reads_and_is_handed(
    installed, asked, systemd, capsys, tmp_path, unit, name
):
    report = tmp_path / "report.json"
    main(["check", "--unit", unit, "--report", str(report)])
    said = capsys.readouterr().out
    assert f"configuration  {installed.run}/{name}.yaml: home, device board_{name}\n" in said
    assert asked == [("sesame-in-the-device", "BEGIN\nkey-in-the-device\n")]
    assert "in-the-device" not in said + report.read_text(encoding="utf-8")
    assert {file.name for file in installed.run.iterdir()} == {"config.yaml", "rear.yaml"}
    assert "CREDENTIALS_DIRECTORY" not in os.environ


def test_a_boot_file_that_was_not_taken_is_no_ok(installed, asked, capsys):
    partition = installed.root / "boot/firmware"
    partition.mkdir(parents=True)
    (partition / "mien.yaml").write_text("profile: boat\ncolour: red\n", encoding="utf-8")
    main(["boot", "--root", str(installed.root)])
    assert main(["check"]) == 1
    said = capsys.readouterr().out
    assert "FAIL mien.yaml      profile: expected one of vehicle" in said
    assert "FAIL mien.yaml      colour: unknown key" in said
    assert f"mend it: {partition}/mien-errors.txt says what holds\n" in said
    assert (
        "mien.yaml " not in (main(["check", "--config", "config.yaml"]), capsys.readouterr().out)[1]
    )


@pytest.mark.parametrize("words", [[], ["--config", "config.yaml"]])
def test_settings_that_could_not_be_made_anew_are_no_ok_though_the_old_ones_are(
    installed, asked, systemd, capsys, words
):
    assert main(["check", *words]) == 1
    told = "FAIL settings       mien boot failed, exit status 1: what was set before may hold;"
    assert (told in capsys.readouterr().out) is (not words)


def test_settings_that_were_not_made_are_named_with_where_it_says_why(installed, asked, capsys):
    (installed.run / "rear.yaml").unlink()
    assert main(["check", "--unit", "mien@rear"]) == 1
    said = capsys.readouterr().out
    assert "rear.yaml: cannot be read: No such file or directory; journalctl -u mien-boot" in said


def test_who_may_not_read_it_is_told_how(installed, monkeypatch, capsys):
    def closed(file: Path) -> bytes:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(file))

    monkeypatch.setattr(Path, "read_bytes", closed)
    assert main(["check"]) == 1
    said = capsys.readouterr().out
    assert "config.yaml: cannot be read: Permission denied; sudo mien check\n" in said


def test_another_configuration_is_not_given_the_service_s_secrets(installed, asked, capsys):
    main(["check", "--config", "config.yaml"])
    assert "configuration  config.yaml: home, device test\n" in capsys.readouterr().out
    assert asked == [(None, None)]


def test_where_nothing_is_installed_it_is_the_configuration_that_lies_here(
    installed, asked, capsys
):
    shutil.rmtree(installed.root)
    main(["check"])
    assert "configuration  config.yaml: home, device test\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("age_s", "boots_ago", "grade", "words"),
    [
        (20, 0, OK, "in use by the service, 22 frames a second"),
        (86400, 0, NOTE, "the broker has heard nothing since 20"),
        (86400, 1, NOTE, "the broker has heard nothing since 20"),
    ],
)
def test_what_the_service_said_yesterday_of_its_camera_is_not_how_it_is_now(
    age_s, boots_ago, grade, words
):
    said = m.decode("health", (GOLDEN / "health.json").read_bytes())
    then = datetime.now(UTC) - timedelta(seconds=age_s)
    up_ms = int((time.monotonic() - (5 if boots_ago else age_s)) * 1000)
    finding = check._in_use(replace(said, ts=then.isoformat(), mono_ms=up_ms, faults=[], fps=22.4))
    assert (finding.grade, words in finding.text) == (grade, True)


def test_what_the_service_last_said_is_found_at_the_broker(
    mien, tmp_path, broker, port, listen, service, media
):
    with broker(port):
        hears = listen(port)
        service(media / "single_face.mp4", port, "--source", "/dev/video9").wait(20)
        hears.wait_for("health", lambda said: said["faults"] == ["camera_gone"])
        path = configured(tmp_path, mqtt={"host": "127.0.0.1", "port": port})
        said = mien("check", "--config", path)
        assert "note faults         camera_gone (20" in said.stdout
