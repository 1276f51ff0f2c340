"""Releases for drills: this checkout under other numbers, good ones and broken ones, signed."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from edge.appliance import release

ROOT = Path(__file__).parents[2]

CRASHES = {"edge/commands/service.py": "raise RuntimeError('broken')\n"}
BLIND = {
    "edge/commands/service.py": "import time\nfrom edge.device import watchdog\n"
    "watchdog.ready()\ntime.sleep(600)\n"
}
"""It gets up and says so, and never works a frame through."""


def new_key(file: Path) -> Path:
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(file)]
    subprocess.run(command, check=True)
    return file


def signed(
    key: Path,
    number: str,
    out: Path,
    instead: dict[str, str] | None = None,
    wheels: Path | None = None,
) -> Path:
    """With the files of ``instead`` replaced; in ``out``, by a name of its own."""
    with tempfile.TemporaryDirectory() as name:
        source = Path(name)
        for file in release.versions.released(ROOT):
            (source / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, source / file)
        text = f'"""A release for the drill."""\n\n__version__ = "{number}"\n'
        (source / "edge/__init__.py").write_text(text, encoding="utf-8")
        for file, content in (instead or {}).items():
            (source / file).write_text(content, encoding="utf-8")
        arguments = ["--key", key, "--source", source, "--out", out]
        arguments += ["--wheels", wheels] if wheels else []
        assert release.main([str(each) for each in arguments]) == 0
        return max(out.glob(f"mien-{number}-*.update"), key=lambda file: file.stat().st_mtime)
