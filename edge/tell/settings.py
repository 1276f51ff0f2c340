"""What can be set about telling. Apart from ``mqtt``, so that reading it loads no paho."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from edge.types import Between


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttSettings:
    """The broker, and how to log in there. Secrets: better from the environment."""

    host: str = "localhost"
    port: Annotated[int, Between(1, 65535)] = 1883
    base: str = "mien"
    username: str | None = None
    password: str | None = field(default=None, repr=False)  # never in a log
    keepalive_s: Annotated[int, Between(5, 600)] = 20  # offline is seen within 1.5 times this

    def __post_init__(self) -> None:
        """Refuse a base topic that cannot be one."""
        if not self.base or any(c in "+#/ \0" for c in self.base):
            msg = f"base: expected one topic level without + # / or spaces, got {self.base!r}"
            raise ValueError(msg)
        if not self.host:
            msg = "host: expected a name or an address, got nothing"
            raise ValueError(msg)
