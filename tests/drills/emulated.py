"""``make drill-arm64``: the installer in an arm64 Debian Trixie, Python 3.13, under emulation.

It is installed from pinned wheels into a root that is not booted; the settings of a card are read,
the three networks run once each, and all of it is taken away again. Before that the pins are asked
for every Python and processor that boards have. Emulation says nothing about speed; it needs apt's
mmdebstrap, systemd-container and qemu-user-static, and root.
"""

from __future__ import annotations

import sys
import time

from tests.drills.machine import ROOT, Kind, Machine, machine, wheels
from tests.drills.nspawn import CARD, listing

BOARDS = {
    "Bookworm": Kind(debian="arm64", wheel="aarch64"),
    "Trixie": Kind("trixie", "3.13", "arm64", "aarch64"),
    "Trixie on a PC": Kind("trixie", "3.13"),
    "Bookworm on a PC": Kind(),
}


def main() -> int:
    for name, kind in BOARDS.items():
        count = len(list(wheels(kind).glob("*.whl")))
        print(f"{name}: Python {kind.python}, {kind.wheel}: {count} pinned wheels, hashes right")
    trixie = BOARDS["Trixie"]
    binds = {ROOT.resolve(): "/src", wheels(trixie): "/wheels"}
    with machine(binds, trixie) as board:
        pristine = listing(board.path)
        command = ["/src/install.sh", "--no-apt", "--wheels", "/wheels", "--profile", "home"]
        print(f"installed in {_done(board, *command):.0f} s")
        text = CARD.format(port=1883, password="sesame 99")  # noqa: S106 - of no broker at all
        (board.path / "boot/firmware/mien.yaml").write_text(text, encoding="utf-8")
        print(f"mien boot in {_done(board, 'mien', 'boot'):.0f} s")
        left = (board.path / "boot/firmware/mien.yaml").read_text(encoding="utf-8")
        assert "sesame" not in left
        # /run is the container's own, so both in one
        both = "mien boot && mien check --config /run/mien/config.yaml"
        said = board.before_boot("sh", "-c", both).stdout
        print(said)
        for network in ("detector", "landmarks", "expression"):
            assert any(network in line and line.startswith("ok") for line in said.splitlines())
        print(f"uninstalled in {_done(board, '/src/install.sh', 'uninstall'):.0f} s")
        ours = {name for name in listing(board.path) - pristine if not name.startswith(BOUND)}
        assert not ours, sorted(ours)
        print(f"every name in the file system as before: {len(pristine)}")
    return 0


BOUND = ("/src", "/wheels", "/run/", "/tmp/")  # noqa: S108 - listed, not used


def _done(board: Machine, *command: str) -> float:
    """Run it in the root; gives the seconds that it took."""
    began = time.monotonic()
    done = board.before_boot(*command)
    assert done.returncode == 0, done.stdout + done.stderr
    return time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main())
