"""The commands as a user types them."""

from __future__ import annotations

import json
import re

import pytest
import yaml

from edge.__main__ import main


def configured(folder, **changes):
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump({"profile": "home", "device": "test", **changes}))
    return path


def test_a_replay_gives_the_steps_of_the_drive_to_the_last_bit(mien, tmp_path, sleeper, port):
    from edge import config, pipeline, recording  # noqa: PLC0415
    from edge.commands.bench import read  # noqa: PLC0415
    from edge.see.sight import Sight  # noqa: PLC0415

    settings = config.load(configured(tmp_path))
    see = Sight.load(config.manifest(config.manifest_path()), settings.see)
    drive = tmp_path / "drive.jsonl"
    with drive.open("wb") as file:
        observations = pipeline.observe(iter(read(sleeper, 10_000)), see)
        watched = recording.record(observations, file, "test")
        live = list(pipeline.judge(watched, settings.rules))
    assert len(live) == 472
    assert list(pipeline.judge(recording.read(drive), settings.rules)) == live

    said = mien("replay", drive, "--config", tmp_path / "config.yaml")
    assert said.returncode == 0
    assert "new    sleep            level 4" in said.stdout
    assert said.stdout.endswith("472 observations, 19.6 s\n")
    steps = mien("replay", drive, "--config", tmp_path / "config.yaml", "--steps")
    assert len(steps.stdout.splitlines()) == 472
    assert json.loads(steps.stdout.splitlines()[100])["level"] == 4


def test_a_recording_that_is_none_is_one_line(mien, tmp_path):
    (tmp_path / "x.jsonl").write_text("nothing", encoding="utf-8")
    said = mien("replay", tmp_path / "x.jsonl")
    assert said.returncode == 1
    assert (
        said.stderr == f"mien replay: {tmp_path}/x.jsonl: line 1: not a recording of observations\n"
    )


def test_check_says_ok_where_all_is_well(mien, tmp_path, broker, port, sleeper):
    path = configured(
        tmp_path, camera={"source": str(sleeper)}, mqtt={"host": "127.0.0.1", "port": port}
    )
    with broker(port):
        said = mien("check", "--config", path)
    lines = [line.split()[:2] for line in said.stdout.splitlines()]
    assert said.returncode == 0
    for name in (
        "configuration",
        "detector",
        "landmarks",
        "eyes",
        "expression",
        "camera",
        "broker",
    ):
        assert ["ok", name] in lines


def test_check_goes_on_after_a_failure_and_says_what_to_do(mien, tmp_path, port):
    path = configured(tmp_path, camera={"source": 7}, mqtt={"host": "127.0.0.1", "port": port})
    said = mien("check", "--config", path)
    assert said.returncode == 1
    assert "FAIL camera         camera.source: /dev/video7: there is no such device" in said.stdout
    assert "set camera.source" in said.stdout
    assert f"FAIL broker         127.0.0.1:{port}: Connection refused; set mqtt.host" in said.stdout
    assert "Traceback" not in said.stderr


def test_check_and_run_refuse_a_configuration_in_the_same_words(mien, tmp_path):
    path = configured(tmp_path, camera={"fps": "fast"})
    checked, ran = mien("check", "--config", path), mien("run", "--config", path)
    assert (checked.returncode, ran.returncode) == (1, 1)
    assert 'camera.fps: expected 1..120, got "fast"' in checked.stdout
    assert 'camera.fps: expected 1..120, got "fast"' in ran.stderr
    assert "Traceback" not in checked.stderr + ran.stderr


def test_the_demo_tells_the_story_and_leaves_nothing_running(mien, sleeper):
    said = mien("demo", "--clip", sleeper, "--fast")
    assert said.returncode == 0, said.stderr
    assert "sleep new" in said.stdout
    assert "(eyes_open)" in said.stdout
    assert "● online" in said.stdout
    assert "● offline" in said.stdout
    assert said.stdout.count(" sleep new") == 1
    assert "Traceback" not in said.stderr


def test_the_demo_without_a_clip_or_a_broker_is_one_line(mien, sleeper, port):
    said = mien("demo", "--clip", "gone.mp4")
    assert (said.returncode, said.stderr) == (1, "mien demo: gone.mp4: no such file\n")
    said = mien("demo", "--clip", sleeper, "--broker", f"127.0.0.1:{port}")
    assert (said.returncode, said.stderr) == (
        1,
        f"mien demo: broker 127.0.0.1:{port}: Connection refused\n",
    )


def test_watch_without_a_broker_is_one_line(mien, port):
    said = mien("watch", "--broker", f"127.0.0.1:{port}")
    assert (said.returncode, said.stderr) == (
        1,
        f"mien watch: 127.0.0.1:{port}: Connection refused\n",
    )
    said = mien("watch", "--broker", f"[::1]:{port}", "--ca", "/no/such.crt")
    assert (said.returncode, said.stderr) == (
        1,
        f"mien watch: [::1]:{port}: --ca: expected a file that can be read, got /no/such.crt\n",
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--broker", "host:port"), "--broker: expected HOST or HOST:PORT, got 'host:port'"),
        (("--broker", "127.0.0.1:²"), "--broker: expected HOST or HOST:PORT, got '127.0.0.1:²'"),
        (("--broker", "a" * 70), "--broker: expected HOST or HOST:PORT, got 'aaa"),
        (("--base", "a/#/b"), "--base: expected one topic level"),
        (("--device", "#/a"), "--device: expected the name of a device, got '#/a'"),
        (("--certificate", "x"), "--key: expected a file, since certificate and key go together"),
    ],
)
def test_watch_says_which_of_its_arguments_is_wrong(arguments, words):
    with pytest.raises(SystemExit, match=f"^{re.escape(words)}"):
        main(["watch", *arguments])


def test_bench_prints_the_cost_beside_the_bare_networks(mien, tmp_path, media):
    said = mien("bench", "--config", configured(tmp_path), "--clip", media / "single_face.mp4")
    assert said.returncode == 0, said.stderr
    assert "ms a call" in said.stdout
    assert "ratio" in said.stdout


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        (["nothere.mp4"], 1, "mien bench: camera.source: nothere.mp4: no such file\n"),
        (["x.mp4", "--frames", "0"], 2, "mien bench: --frames: expected 1 or more, got 0\n"),
    ],
)
def test_what_bench_cannot_measure_is_refused_by_name(tmp_path, capsys, asked, status, said):
    assert main(["bench", "--config", str(configured(tmp_path)), "--clip", *asked]) == status
    assert capsys.readouterr().err == said


def test_help_and_version(mien):
    assert "COMMAND" in mien("--help").stdout
    assert mien("--version").stdout == "mien 0.1.0\n"
    assert mien("fly").returncode == 2
