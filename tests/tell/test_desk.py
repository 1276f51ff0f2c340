"""What may be changed from outside, and what may not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from edge import config
from edge.commands.desk import SETTABLE, Desk, Reply, flat, obey, opened
from edge.commands.kept import Kept
from edge.config import EMOTION_FORBIDDEN, Config, ConfigError, Profile
from edge.device.camera import CameraSettings
from edge.tell import requests as r
from edge.tell.settings import MqttSettings

if TYPE_CHECKING:
    from edge.commands.kept import Scalar

FACTS = {"self_test": lambda: {"fps": 30.0}, "bench": lambda: {"frames": 300}}
MICROSLEEP = "rules.drowsiness.microsleep_s"


def a_desk(profile: Profile = "vehicle", *, emotion: bool = False) -> Desk:
    secret = MqttSettings(username="pi", password="open sesame")  # noqa: S106 - of this test
    return opened(Config(profile=profile, device="pi_1", emotion=emotion, mqtt=secret), Kept())


def told(desk: Desk, *requests: r.Asked) -> tuple[Desk, Reply]:
    """The desk after some requests, and the answer to the last."""
    reply: Reply | None = None
    for asked in requests:
        desk, reply = obey(desk, asked, FACTS)
    assert reply is not None
    return desk, reply


def setting(**values: Scalar) -> r.SetConfig:
    return r.SetConfig(set={key.replace("__", "."): value for key, value in values.items()})


def test_a_longer_microsleep_holds_at_once() -> None:
    desk, reply = told(a_desk(), setting(rules__drowsiness__microsleep_s=1.8))
    assert desk.config.rules.drowsiness.microsleep_s == 1.8
    assert reply.data == {MICROSLEEP: 1.8, "effective": "at once"}


def test_what_the_camera_needs_a_restart_for_is_kept_and_said_to_come_later() -> None:
    desk, reply = told(a_desk(), setting(camera__fps=15))
    assert (desk.config.camera.fps, desk.kept.config) == (30, {"camera.fps": 15})
    assert reply.data["effective"] == "after a restart"
    assert opened(desk.file, desk.kept).config.camera.fps == 15


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        (MICROSLEEP, 9, f"{MICROSLEEP}: expected 1..2, got 9"),
        (MICROSLEEP, "soon", f'{MICROSLEEP}: expected 1..2, got "soon"'),
        ("camera.fps", True, "camera.fps: expected"),
    ],
)
def test_a_value_out_of_range_changes_nothing_and_is_named(
    key: str, value: Scalar, words: str
) -> None:
    before = a_desk()
    after, reply = told(before, r.SetConfig(set={key: value}))
    assert (after, reply.code) == (before, "invalid")
    assert words in reply.msg


def test_all_keys_are_set_or_none() -> None:
    before = a_desk()
    after, reply = told(before, r.SetConfig(set={MICROSLEEP: 1.8, "rules.people.window_s": 0}))
    assert (after, reply.code) == (before, "invalid")


@pytest.mark.parametrize(
    "key",
    ["emotion", "profile", "camera.source", "mqtt.host", "mqtt.password", "nonsense", "rules"],
)
def test_what_is_not_on_the_list_cannot_be_set_from_afar(key: str) -> None:
    before = a_desk()
    after, reply = told(before, r.SetConfig(set={key: None}))
    assert (after, reply.code) == (before, "forbidden")


@pytest.mark.parametrize("key", SETTABLE)
def test_every_key_on_the_list_is_a_setting(key: str) -> None:
    assert key in flat(a_desk().config)


def test_null_goes_back_to_what_the_file_says() -> None:
    raise_it, back = (
        setting(rules__drowsiness__microsleep_s=1.8),
        r.SetConfig(set={MICROSLEEP: None}),
    )
    desk, _ = told(a_desk(), raise_it, back)
    assert desk.config.rules.drowsiness.microsleep_s == 1.5
    assert desk.kept.config == {}


def test_home_assistants_number_is_the_same_setting() -> None:
    desk, _ = told(a_desk(), r.Number(name="microsleep_s", value=1.2))
    assert desk.kept.config == {MICROSLEEP: 1.2}


def test_no_answer_tells_the_password() -> None:
    desk = a_desk()
    replies = [told(desk, r.GetConfig())[1], told(desk, r.GetConfig(prefix="mqtt"))[1]]
    assert "mqtt.host" in replies[1].data
    assert "sesame" not in json.dumps([reply.data for reply in replies])
    assert told(desk, r.GetConfig(prefix="mqtt.password"))[1].code == "unknown"
    assert "sesame" not in told(desk, r.SetConfig(set={"mqtt.metrics_hz": 99}))[1].msg


def test_no_answer_tells_the_password_of_a_network_camera() -> None:
    source = CameraSettings(source="rtsp://admin:hunter2@192.168.1.9:554/stream")
    desk = opened(Config(profile="vehicle", device="pi_1", emotion=False, camera=source), Kept())
    reply = told(desk, r.GetConfig(prefix="camera"))[1]
    assert reply.data["camera.source"] == "rtsp://192.168.1.9:554/stream"
    assert told(desk, r.GetConfig(prefix="camera.source"))[1].data == {
        "camera.source": "rtsp://192.168.1.9:554/stream"
    }


# Privacy is loosened on the device only -----------------------------------------------------


def test_the_profile_can_be_made_stricter_and_not_looser() -> None:
    desk, reply = told(a_desk("home", emotion=True), r.SetProfile(profile="workplace"))
    assert reply.data["effective"] == "restarting"
    assert (desk.restart, desk.emotion, desk.config.rules.emotion) == (True, False, False)
    again = opened(desk.file, desk.kept)
    assert (again.config.profile, again.emotion) == ("workplace", False)
    after, reply = told(again, r.SetProfile(profile="home"))
    assert (after, reply.code) == (again, "forbidden")


def test_a_profile_that_the_owners_file_does_not_go_with_is_not_said_to_hold() -> None:
    def with_profile(profile: str) -> Config:
        raise ConfigError(f"config.yaml: seat: not with {profile}")

    before = opened(Config(profile="home", device="pi_1", emotion=True), Kept(), with_profile)
    after, reply = told(before, r.SetProfile(profile="workplace"))
    assert (after, reply.code) == (before, "invalid")
    assert "config.yaml: seat: not with workplace" in reply.msg


def test_an_owner_who_has_become_stricter_is_not_overruled_by_what_was_kept() -> None:
    kept = Kept(config={"profile": "vehicle"})
    desk = opened(Config(profile="workplace", device="pi_1", emotion=False), kept)
    assert desk.config.profile == "workplace"


def test_emotion_can_be_switched_off_and_on_only_where_the_owner_has_it_on() -> None:
    desk, reply = told(a_desk("home", emotion=True), r.Switch(name="emotion", on=False))
    assert (desk.emotion, desk.restart, reply.data["effective"]) == (False, True, "restarting")
    assert told(desk, r.Switch(name="emotion", on=True))[0].emotion
    assert told(a_desk(emotion=False), r.Switch(name="emotion", on=True))[1].code == "forbidden"


def test_ack_and_recalibrate_are_passed_to_the_judgement() -> None:
    desk, _ = told(a_desk(), r.Ack(), r.Recalibrate())
    assert desk.for_judge == ("ack", "recalibrate")


def test_the_judgement_is_told_that_the_camera_had_been_shut_and_of_nothing_asked_meanwhile() -> (
    None
):
    shut = r.Switch(name="capture", on=False)
    desk, _ = told(a_desk(), shut, *(r.Ack() for _ in range(50)))
    desk, _ = told(desk, r.Switch(name="capture", on=True), r.Ack())
    assert desk.for_judge == ("reopened", "ack")


def test_a_refusal_is_answered_and_speed_is_not() -> None:
    assert told(a_desk(), r.Refused(code="unknown", msg="what?"))[1].code == "unknown"
    desk, reply = obey(a_desk(), r.Vehicle(speed_kmh=63.2), FACTS)
    assert reply is None
    assert desk.vehicle == r.Vehicle(speed_kmh=63.2)


@pytest.mark.parametrize("hz", [1e-300, 0.05])
def test_a_stream_that_is_none_is_refused(hz: float) -> None:
    before = a_desk()
    desk, reply = told(before, r.SetConfig(set={"mqtt.metrics_hz": hz}))
    assert reply.code == "invalid"
    assert "metrics_hz: expected 0 or 0.1..5" in reply.msg
    assert desk == before


def test_settings_that_are_rows_are_shown_flat_too() -> None:
    values = flat({"mirrors": [{"name": "left"}, {"name": "right"}]})
    assert values == {"mirrors.0.name": "left", "mirrors.1.name": "right"}


# A profile is more than its name ------------------------------------------------------------


def of_a_file(profile: str, **more: object) -> Desk:
    """A desk as the service opens it: with what else the file would say under another profile."""
    settings = {"profile": profile, "device": "pi_1", **more}

    def with_profile(other: str) -> Config:
        return config.checked(config.as_profile(settings, other), "config.yaml")

    return opened(config.checked(settings, "config.yaml"), Kept(), with_profile)


@pytest.mark.parametrize("emotion", [None, True, False])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        *(("home", "vehicle"), ("care", "vehicle"), ("retail", "care"), ("home", "workplace")),
        *(("vehicle", "workplace"), ("vehicle", "education"), ("workplace", "education")),
    ],
)
def test_a_profile_that_was_set_is_the_same_as_in_the_file(before, after, emotion) -> None:
    asked = emotion and before not in EMOTION_FORBIDDEN
    desk, reply = told(of_a_file(before, emotion=asked), r.SetProfile(profile=after))
    assert reply.code is None
    file = of_a_file(after, emotion=asked and after not in EMOTION_FORBIDDEN)
    assert desk.config == file.config
    again = opened(of_a_file(before, emotion=asked).file, desk.kept, desk.with_profile)
    assert again.config == file.config


def test_a_profile_that_was_kept_and_is_none_any_more_is_told_of() -> None:
    desk = opened(of_a_file("home").file, Kept(config={"profile": "pub"}))
    assert desk.config.profile == "home"
    assert desk.lost[0].startswith("kept.json: profile: ")
    assert not desk.kept.config


def test_an_owner_who_has_become_stricter_is_not_overruled_by_a_later_setting_either() -> None:
    kept = Kept(config={"profile": "home"})
    desk, reply = told(opened(of_a_file("workplace").file, kept), setting(camera__fps=12))
    assert reply.code is None
    assert (desk.config.profile, desk.kept.config) == ("workplace", {"camera.fps": 12})
    assert told(desk, r.SetProfile(profile="home"))[1].code == "forbidden"


def test_what_waits_for_a_restart_is_not_said_to_hold_after_another_setting() -> None:
    desk, reply = told(a_desk(), setting(camera__fps=11))
    assert reply.data == {"camera.fps": 11.0, "effective": "after a restart"}
    desk, _ = told(desk, setting(rules__drowsiness__microsleep_s=1.2))
    assert desk.config.camera.fps == a_desk().config.camera.fps
    assert desk.config.rules.drowsiness.microsleep_s == 1.2
    assert opened(desk.file, desk.kept).config.camera.fps == 11
