"""``make drill-arm64``: the installer in arm64 Debians, Bookworm and Trixie, under emulation.

It is installed from pinned wheels into a root that is not booted, and once more, which must change
nothing; the settings of a card are read, the networks run once each, and all of it is taken away
again. Before that the pins are asked for every Python and processor that boards have. Emulation
says nothing about speed; it needs apt's mmdebstrap, systemd-container and qemu-user-static, and
root.
"""

from __future__ import annotations

import argparse
import sys
import time

from tests.drills.machine import ROOT, Kind, Machine, machine, root, wheels
from tests.drills.nspawn.drill import CARD, listing

BOARDS = {
    "Bookworm": Kind(debian="arm64", wheel="aarch64"),
    "Trixie": Kind("trixie", "3.13", "arm64", "aarch64"),
    "Trixie on a PC": Kind("trixie", "3.13"),
    "Bookworm on a PC": Kind(),
}


def main() -> int:
    parser = argparse.ArgumentParser(description="The installer under emulation.")
    parser.add_argument("--only", choices=["bookworm", "trixie"], help="this system alone")
    only = parser.parse_args().only
    for name, kind in BOARDS.items():
        count = len(list(wheels(kind).glob("*.whl")))
        print(f"{name}: Python {kind.python}, {kind.wheel}: {count} pinned wheels, hashes right")
    for name, kind in BOARDS.items():
        if kind.debian == "arm64" and only in {None, kind.suite}:
            print(f"== {name}", flush=True)
            _life(kind)
    return 0


def _life(kind: Kind) -> None:
    """Installed, installed again, used, taken away."""
    began = time.monotonic()
    root(kind)
    print(f"its root is there after {time.monotonic() - began:.0f} s", flush=True)
    with machine({ROOT.resolve(): "/src", wheels(kind): "/wheels"}, kind) as board:
        pristine = _ours(board)
        command = ["/src/install.sh", "--no-apt", "--wheels", "/wheels", "--profile", "home"]
        print(f"installed in {_done(board, *command):.0f} s", flush=True)
        before = _ours(board)
        again_s = _done(board, *command)
        changed = before ^ _ours(board)
        assert not changed, f"a second time changed {sorted(changed)[:5]}"
        print(f"a second time in {again_s:.0f} s: no name has changed, of {len(before)}")
        text = CARD.format(port=1883, password="sesame 99")  # noqa: S106 - of no broker at all
        (board.path / "boot/firmware/mien.yaml").write_text(text, encoding="utf-8")
        print(f"mien boot in {_done(board, 'mien', 'boot'):.0f} s")
        left = (board.path / "boot/firmware/mien.yaml").read_text(encoding="utf-8")
        assert "sesame" not in left
        # /run is the container's own, so both in one
        both = "mien boot && mien check --config /run/mien/config.yaml"
        said = board.before_boot("sh", "-c", both).stdout
        print(said)
        for network in NETWORKS:
            assert any(network in line and line.startswith("ok") for line in said.splitlines())
        print(f"uninstalled in {_done(board, '/src/install.sh', 'uninstall'):.0f} s")
        assert not _ours(board) - pristine, sorted(_ours(board) - pristine)
        assert not pristine - _ours(board), sorted(pristine - _ours(board))
        print(f"every name in the file system as before: {len(pristine)}", flush=True)


NETWORKS = ("detector", "landmarks", "eyes", "expression")

BOUND = ("/src", "/wheels", "/run/", "/tmp/")  # noqa: S108 - listed, not used


def _ours(board: Machine) -> set[str]:
    return {name for name in listing(board.path) if not name.startswith(BOUND)}


def _done(board: Machine, *command: str) -> float:
    """Run it in the root; gives the seconds that it took."""
    began = time.monotonic()
    done = board.before_boot(*command)
    assert done.returncode == 0, done.stdout + done.stderr
    return time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main())
