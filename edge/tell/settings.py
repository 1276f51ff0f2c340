"""What can be set about telling. Apart from ``link``, so that reading it loads no paho."""

from __future__ import annotations

from typing import Annotated, Literal

from edge.types import Settings, between
from edge.types.written import is_host

LEAST_HZ = 0.1
"""Raw signals more rarely than this are no stream; none at all is 0."""


class MqttSettings(Settings, frozen=True, kw_only=True):
    """The broker, and how to log in there. Secrets: better from the environment."""

    host: str = "localhost"
    port: Annotated[int, between(1, 65535)] = 1883
    base: str = "mien"
    username: str | None = None
    password: str | None = None
    # mosquitto says offline after 1.5 times this and up to 5 s more (it looks every 5 s): 29 s
    keepalive_s: Annotated[int, between(5, 600)] = 16
    protocol: Literal["auto", "5", "3.1.1"] = "auto"  # auto: 5, and 3.1.1 where 5 is not spoken
    tls: bool = False
    ca: str | None = None  # file of the authority that signed the broker; None: the system's
    certificate: str | None = None  # this device's own, where the broker asks for one
    key: str | None = None
    tls_insecure: bool = False  # take any certificate: for a bench, never for a car
    state_s: Annotated[float, between(0.5, 30)] = 0.5  # least seconds between two pictures
    metrics_hz: Annotated[float, between(0, 5)] = 0  # raw signals a second; 0: none
    discovery: bool = True  # announce to Home Assistant; false takes the announcement back

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        if not self.base or any(c in "+#/ \0" for c in self.base):
            msg = f"base: expected one topic level without + # / or spaces, got {self.base!r}"
            raise ValueError(msg)
        if not is_host(self.host):
            got = "a login with it" if "@" in self.host else repr(self.host)
            msg = f"host: expected a name or an address alone, got {got}"
            raise ValueError(msg)
        if (self.certificate is None) != (self.key is None):
            missing = "key" if self.key is None else "certificate"
            msg = f"{missing}: expected a file, since certificate and key go together"
            raise ValueError(msg)
        for name in ("ca", "certificate", "tls_insecure"):
            if getattr(self, name) and not self.tls:
                msg = f"{name}: expected tls: true with it, got tls: false"
                raise ValueError(msg)
        if 0 < self.metrics_hz < LEAST_HZ:
            msg = f"metrics_hz: expected 0 or {LEAST_HZ}..5, got {self.metrics_hz}"
            raise ValueError(msg)
        if self.tls_insecure and self.ca:
            msg = "tls_insecure: expected false, since ca says whom to trust"
            raise ValueError(msg)

    def __repr__(self) -> str:
        """Without the password, which must never be in a log."""
        return f"MqttSettings(host={self.host!r}, port={self.port}, base={self.base!r})"
