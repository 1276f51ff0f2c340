"""Who is believed and who is let in: certificates, also those that cannot be used."""

from __future__ import annotations

import contextlib
import datetime as dt
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from msgspec.structs import replace

from edge.config import Config, ConfigError, convert
from edge.tell import line
from edge.tell.audience import Audience
from edge.tell.mqtt import Publisher
from edge.tell.settings import MqttSettings
from edge.tell.trust import LinkError, trust
from edge.tell.visit import reachable
from tests.tell.brokers import ACL, Mosquitto, needs_mosquitto, until

if TYPE_CHECKING:
    from collections.abc import Iterator

# paho 2.2 leaves the socket of a handshake that failed to the garbage collector
pytestmark = [
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning"
    ),
    pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning"),
]


@dataclass
class Certificates:
    """An authority, the broker's certificate and two devices'."""

    folder: Path
    authority: trustme.CA
    ca: str

    def issue(self, name: str, *, expired: bool = False) -> tuple[str, str]:
        """Certificate and key of ``name``, as files."""
        until_when = dt.datetime(2020, 1, 1, tzinfo=dt.UTC) if expired else None
        issued = self.authority.issue_cert(
            name.replace("_", "-"), common_name=name, not_after=until_when
        )
        certificate, key = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        issued.cert_chain_pems[0].write_to_path(certificate)
        issued.private_key_pem.write_to_path(key)
        return str(certificate), str(key)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    folder = tmp_path_factory.mktemp("certificates")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.crt")
    return Certificates(folder, authority, str(folder / "ca.crt"))


def tls_broker(certificates: Certificates, name: str, *, expired: bool = False) -> Mosquitto:
    """A broker that shows a certificate for ``name`` and asks for the device's own."""
    certificate, key = certificates.issue(name, expired=expired)
    lines = (
        f"cafile {certificates.ca}",
        f"certfile {certificate}",
        f"keyfile {key}",
        "require_certificate true",
        "use_identity_as_username true",
        f"acl_file {ACL}",
    )
    return Mosquitto(certificates.folder, lines=lines)


def settings(certificates: Certificates, port: int, device: str = "pi_a") -> MqttSettings:
    certificate, key = certificates.issue(device)
    return MqttSettings(
        host="localhost",
        port=port,
        tls=True,
        ca=certificates.ca,
        certificate=certificate,
        key=key,
    )


@pytest.fixture(scope="module")
def broker(certificates: Certificates) -> Iterator[Mosquitto]:
    with tls_broker(certificates, "localhost") as broker:
        yield broker


@needs_mosquitto
def test_a_device_with_its_certificate_is_let_in(
    broker: Mosquitto, certificates: Certificates
) -> None:
    with Publisher(settings(certificates, broker.port), "pi_a") as out:
        until(lambda: out.tend() or out.connected)


@needs_mosquitto
def test_a_device_without_a_certificate_is_not_let_in(
    broker: Mosquitto, certificates: Certificates
) -> None:
    nobody = replace(settings(certificates, broker.port), certificate=None, key=None)
    assert reachable(nobody) is not None


@needs_mosquitto
def test_who_watches_is_let_in_by_a_certificate_too(
    broker: Mosquitto, certificates: Certificates
) -> None:
    mine = settings(certificates, broker.port, "homeassistant")
    for it, refused in ((mine, False), (replace(mine, certificate=None, key=None), True)):
        problems: list[str] = []
        with contextlib.suppress(OSError), Audience(it, "+", lambda *_: None, problems.append):
            assert bool(problems) is refused


@needs_mosquitto
@pytest.mark.parametrize(
    ("shown", "expired", "words"),
    [("localhost", True, "certificate"), ("elsewhere.example", False, "certificate")],
    ids=["expired", "of another host"],
)
def test_a_broker_with_a_bad_certificate_is_not_talked_to(
    certificates: Certificates,
    caplog: pytest.LogCaptureFixture,
    shown: str,
    expired: bool,  # noqa: FBT001 - a column of the table above
    words: str,
) -> None:
    with (
        tls_broker(certificates, shown, expired=expired) as broker,
        Publisher(settings(certificates, broker.port), "pi_a") as out,
    ):
        until(lambda: out.tend() or "cannot be reached" in caplog.text)
        assert not out.connected
        assert words in caplog.text.lower()
        assert reachable(settings(certificates, broker.port)) is not None


@needs_mosquitto
def test_an_authority_of_somebody_else_is_not_believed(
    broker: Mosquitto, certificates: Certificates, tmp_path: Path
) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.crt")
    other = replace(settings(certificates, broker.port), ca=str(tmp_path / "other.crt"))
    assert reachable(other) is not None


@needs_mosquitto
def test_tls_insecure_works_only_spelled_out(certificates: Certificates) -> None:
    with tls_broker(certificates, "elsewhere.example") as broker:
        careless = replace(settings(certificates, broker.port), ca=None, tls_insecure=True)
        assert reachable(careless) is None
        assert reachable(replace(careless, tls_insecure=False)) is not None


@pytest.mark.parametrize(
    ("mqtt", "words"),
    [
        ({"tls_insecure": True}, "tls_insecure: expected tls: true"),
        ({"ca": "x"}, "ca: expected tls: true"),
        ({"tls": True, "tls_insecure": True, "ca": "x"}, "tls_insecure: expected false, since ca"),
        ({"tls": True, "certificate": "x"}, "key: expected a file"),
    ],
)
def test_contradicting_settings_are_refused(mqtt: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        convert({"profile": "home", "mqtt": mqtt}, Config, "config.yaml")


def test_a_missing_or_wrong_file_is_named(certificates: Certificates, tmp_path: Path) -> None:
    with pytest.raises(LinkError, match=r"mqtt\.ca: expected a file that can be read, got /no"):
        trust(MqttSettings(tls=True, ca="/no/such.crt"))
    (tmp_path / "ca.crt").write_text("not a certificate", encoding="utf-8")
    with pytest.raises(LinkError, match=r"mqtt\.ca: expected certificates in PEM form"):
        trust(MqttSettings(tls=True, ca=str(tmp_path / "ca.crt")))
    with pytest.raises(LinkError, match=r"mqtt\.ca: expected certificates in PEM form, got /"):
        trust(MqttSettings(tls=True, ca=str(tmp_path)))
    mine, _ = certificates.issue("pi_a")
    _, theirs = certificates.issue("pi_b")
    with pytest.raises(LinkError, match=r"mqtt\.certificate: .* does not go with"):
        trust(MqttSettings(tls=True, certificate=mine, key=theirs))


def half_renewed(mine: MqttSettings, folder: Path) -> tuple[MqttSettings, bytes]:
    """Settings whose key is still another's, and the key that goes with the certificate."""
    key = folder / "renewed.key"
    right = Path(str(mine.key)).read_bytes()
    trustme.CA().issue_cert("old").private_key_pem.write_to_path(key)
    return replace(mine, key=str(key)), right


def test_a_certificate_that_cannot_be_used_is_tried_again_and_said_once(
    certificates: Certificates,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(line, "RETRY_S", (0.0, 0.01))
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        mine, right = half_renewed(settings(certificates, server.getsockname()[1]), tmp_path)
        with Publisher(mine, "pi_a") as out:
            for _ in range(20):
                out.tend()
                time.sleep(0.01)
            assert caplog.text.count("does not go with") == 1
            assert not called(server)
            Path(str(mine.key)).write_bytes(right)
            until(lambda: out.tend() or called(server))


def called(server: socket.socket) -> bool:
    """Whether somebody has called since the last time."""
    with contextlib.suppress(BlockingIOError):
        server.accept()[0].close()
        return True
    return False


@needs_mosquitto
def test_a_renewal_that_is_half_written_at_a_reconnect_ends_nothing(
    certificates: Certificates,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(line, "RETRY_S", (0.0, 0.1))
    with tls_broker(certificates, "localhost") as broker:
        mine, right = half_renewed(settings(certificates, broker.port), tmp_path)
        key = Path(str(mine.key))
        wrong = key.read_bytes()
        key.write_bytes(right)
        with Publisher(mine, "pi_a") as out:
            until(lambda: out.tend() or out.connected)
            key.write_bytes(wrong)
            broker.kill()
            until(lambda: out.tend() or "does not go with" in caplog.text)
            broker.start()
            key.write_bytes(right)
            until(lambda: out.tend() or out.connected)
    assert caplog.text.count("the connection was lost") == 1
    assert caplog.text.count("does not go with") == 1
