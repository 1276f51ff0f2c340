"""Numbers and places as people write them: taken apart, or none."""

from __future__ import annotations

import pytest

from edge.types.written import host_port, whole


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("broker", "broker", None),
        ("broker.example.:1884", "broker.example.", 1884),
        ("10.0.0.7:0", "10.0.0.7", 0),
        ("::1", "::1", None),
        ("[::1]:1884", "::1", 1884),
        ("[fe80::1%eth0]", "fe80::1%eth0", None),
        (f"{'a' * 63}.example", f"{'a' * 63}.example", None),
    ],
)
def test_a_place_has_a_host_and_perhaps_a_port(text, host, port):
    assert host_port(text) == (host, port)


@pytest.mark.parametrize(
    "text",
    ["", ":1", "a:", "a:b", "a:-1", "a:65536", "a:²", "²:1", "host:1:2", "[a]:1", "[::1]x", "[::1"]
    + ["a" * 64, "a..b", ".", "a\0b", "bücher.example", "a:" + "9" * 5000],
)
def test_what_is_no_place_is_none(text):
    assert host_port(text) is None


def test_a_number_has_plain_digits():
    assert (whole("0"), whole("8077")) == (0, 8077)
    assert {whole(text) for text in ("", "²", "-1", "+1", " 1", "1_0", "٣", "9" * 5000)} == {None}
