"""What ``info`` says of the settings."""

from __future__ import annotations

from msgspec.structs import replace

from edge.commands import who
from edge.config import Config
from edge.tell import messages as m
from edge.tell.settings import MqttSettings
from tests.tell.examples import WHO, reporter


def config_hash(config: Config) -> str:
    head = reporter().head("info", 0)
    said = who.info(config, {}, WHO, "", head, page=False).message
    assert isinstance(said, m.Info)
    return said.config_hash


def van(number: int) -> Config:
    own = f"/etc/mien/van_{number}"
    login = {"username": f"van_{number}", "certificate": f"{own}.crt", "key": f"{own}.key"}
    mqtt = MqttSettings(host="broker.example", tls=True, **login)
    return Config(profile="vehicle", device=f"van_{number}", seat=f"seat_{number}", mqtt=mqtt)


def test_vans_that_are_set_alike_have_the_same_hash_and_one_that_is_not_is_seen():
    alike = {config_hash(van(number)) for number in range(3)}
    assert len(alike) == 1
    other = replace(van(1), camera=replace(van(1).camera, fps=15))
    assert config_hash(other) not in alike
