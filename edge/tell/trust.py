"""TLS: whom to believe, and who we are."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

    from edge.tell.settings import MqttSettings


class LinkError(Exception):
    """A connection that cannot even be tried; the text has the key and the value."""


def trust(settings: MqttSettings) -> ssl.SSLContext | None:
    """Whom to believe, and who we are: None without TLS. Raises ``LinkError``."""
    if not settings.tls:
        return None
    import ssl  # noqa: PLC0415 - not every start needs it

    for key in ("ca", "certificate", "key"):
        file = getattr(settings, key)
        if file is not None and not os.access(file, os.R_OK):
            msg = f"mqtt.{key}: expected a file that can be read, got {file}"
            raise LinkError(msg)
    try:
        context = ssl.create_default_context(cafile=settings.ca)
    except (ssl.SSLError, OSError) as error:
        why = getattr(error, "reason", None) or error.strerror
        msg = f"mqtt.ca: expected certificates in PEM form, got {settings.ca}: {why}"
        raise LinkError(msg) from error
    if settings.certificate is not None:
        try:
            context.load_cert_chain(settings.certificate, settings.key)
        except (ssl.SSLError, OSError) as error:
            msg = f"mqtt.certificate: {settings.certificate} does not go with {settings.key}"
            raise LinkError(msg) from error
    if settings.tls_insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
