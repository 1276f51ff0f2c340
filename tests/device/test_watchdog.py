"""systemd's side of the conversation, over a real socket."""

from __future__ import annotations

import socket

from edge.device import watchdog


def test_systemd_hears_ready_alive_and_stopping(tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        watchdog.ready()
        watchdog.alive()
        watchdog.stopping()
        heard = [systemd.recv(100) for _ in range(3)]
    assert heard == [b"READY=1", b"WATCHDOG=1\nSTATUS=watching", b"STOPPING=1"]


def test_without_systemd_nothing_happens(monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    watchdog.alive()
