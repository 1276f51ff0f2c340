"""What a version needs from PyPI, and whose fault it is where that cannot be had."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from edge.appliance import versions
from edge.appliance.versions import InstallError, NotNowError


def found(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


def test_pip_has_its_wheels_beside_the_versions_and_leaves_none(source, home, monkeypatch):
    """The ``/tmp`` of a card holds 64 MB: less than they are."""
    scratch = []

    def run(_command, *, check, env):
        assert check
        scratch.append(Path(env["TMPDIR"]))
        assert scratch[-1].is_dir()

    monkeypatch.setattr(versions.subprocess, "run", run)
    folder = home.path / "deps" / versions._dependencies(source, home, None)
    assert len(scratch) == 2
    assert all(folder in each.parents for each in scratch)
    assert found(folder) == {".whole"}


@pytest.mark.parametrize(
    ("wheels", "free", "kind"),
    [(False, 1e9, NotNowError), (True, 1e8, NotNowError), (True, 1e9, InstallError)],
)
def test_where_pip_has_no_network_or_no_room_it_is_not_the_versions_fault(
    source, home, monkeypatch, wheels, free, kind
):
    def failed(command, **_):
        raise subprocess.CalledProcessError(1, command)

    monkeypatch.setattr(versions.subprocess, "run", failed)
    monkeypatch.setattr(versions.shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    with pytest.raises(InstallError) as caught:
        versions._dependencies(source, home, source if wheels else None)
    assert caught.type is kind
    assert found(home.path / "deps") == {"abc"}
