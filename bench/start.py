"""``python -m bench.start``: what a start costs, counted in instructions (apt: valgrind).

No busy machine disturbs a count. The service is laid out as on a board and runs until it tells
systemd READY, with the pinned clip as its camera; Python alone and what it cannot do without are
counted beside it. Numbers are of this machine's Python and processor, so their ratios count.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from edge.appliance.versions import LAY_DOWN, Home, lay_out
from edge.strict import compose

ROOT = Path(__file__).parents[1]
CLIP = ROOT / ".cache" / "media" / "WolfgangLanger_Pexels.mp4"

SERVICE = """\
import os, sys
sys.path.insert(0, {version!r})
from edge.device import watchdog
watchdog.ready = lambda: os._exit(0)
from edge.__main__ import main
sys.exit(main(["run", "--config", {config!r}]) or 1)
"""


def main() -> int:
    if shutil.which("valgrind") is None:
        print("bench.start: valgrind is missing: apt-get install valgrind", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        version = lay_out(ROOT, Home(folder), deps="none")
        subprocess.run([sys.executable, "-I", "-B", "-c", LAY_DOWN, str(version)], check=True)
        config = folder / "config.yaml"
        camera = {"source": str(CLIP.resolve()), "loop": True}
        config.write_bytes(compose({"profile": "vehicle", "camera": camera}))
        counted = {
            "Python": millions("pass", folder),
            "… with NumPy and OpenCV": millions("import numpy, cv2", folder),
            "the service until READY": millions(
                SERVICE.format(version=str(version), config=str(config)), folder
            ),
        }
    bare = counted["… with NumPy and OpenCV"]
    for what, count in counted.items():
        print(f"| {what} | {count:.0f} million instructions | {count / bare:.2f} |")
    return 0


def millions(code: str, folder: Path) -> float:
    """Of instructions, the second time: what Python compiles it has compiled by then."""
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/counted"]
    command += [sys.executable, "-I", "-c", code]
    env = os.environ | {"PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1"}
    for _ in range(2):
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    (count,) = re.findall(r"Collected : (\d+)", done.stderr)
    return int(count) / 1e6


if __name__ == "__main__":
    sys.exit(main())
