"""What both documents of the contract say of a topic beside its types."""

from __future__ import annotations

from edge.tell import requests as r

OUT = {
    # topic: QoS, retained, when
    "availability": (1, True, "`online` on every connect; `offline` on a clean stop and as will"),
    "info": (1, True, "on connect and on change"),
    "health": (0, True, "every 30 s and on a fault"),
    "state": (1, True, "on change, at most 2 a second; else every 30 s"),
    "event": (1, False, "new, update, end of an episode; at least every 5 s while it is open"),
    "alerts/active": (1, True, "on change"),
    "calibration": (1, True, "on change: how far the driver's eyes are learned"),
    "attention/summary": (1, True, "each window (60 s) and on `cmd/summary`, in every profile"),
    "emotion/summary": (
        1,
        True,
        "each window (60 s) and on `cmd/summary`, where the profile allows it",
    ),
    "controls": (1, True, "on connect and when a switch changes"),
    "metrics": (0, False, "`mqtt.metrics_hz` a second, at most 5; off by default"),
    "log": (0, False, "warnings and errors"),
    "rsp": (1, False, "`rsp/<name>`: once for every `cmd/<name>` and `set/<name>`"),
}
IN_SET = dict.fromkeys(r.SWITCHES, "`ON` or `OFF`") | {
    name: f"a number: `{key}`" for name, key in r.NUMBERS.items()
}


def first_line(kind: type) -> str:
    """What a request does, in the words of its type."""
    return (kind.__doc__ or "").splitlines()[0]
