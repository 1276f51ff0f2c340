"""The test's own disk: a camera's pictures, the module that makes a camera of them, the guest."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import cv2
import numpy as np

WIDTH, HEIGHT = 320, 180
FPS = 4.0
"""What an emulated board keeps up with; the judgement is the same at 5 and at 30."""

AWAKE_S = (8.0, 17.0)
"""Where the woman of the pinned clip is awake and calm; before, she sleeps and wakes."""


def made(folder: Path, clip: Path, module: Path) -> Path:
    """An ext4 image labelled ``drill``, without being root and without mounting."""
    content = folder / "drill"
    content.mkdir()
    pictures = _pictures(clip)
    (content / "frames.yuyv").write_bytes(b"".join(_yuyv(picture) for picture in pictures))
    for number, picture in enumerate(pictures):
        cv2.imwrite(str(content / f"{number:03}.jpg"), picture)
    first, last = (round(s * FPS) for s in AWAKE_S)
    mode = {"width": WIDTH, "height": HEIGHT, "fps": FPS, "awake": [first, last]}
    (content / "mode.json").write_text(json.dumps(mode), encoding="utf-8")
    (content / "v4l2loopback.ko").write_bytes(module.read_bytes())
    (content / "guest.py").write_bytes(Path(__file__).with_name("guest.py").read_bytes())
    disk = folder / "drill.ext4"
    size = sum(p.stat().st_size for p in content.iterdir()) // 2**20 + 8
    make = ["mke2fs", "-q", "-t", "ext4", "-L", "drill", "-d", str(content), str(disk), f"{size}M"]
    subprocess.run(make, check=True, env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"})
    return disk


def _yuyv(picture: np.ndarray) -> bytes:
    return np.ascontiguousarray(cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_YUY2)).tobytes()


def _pictures(clip: Path) -> list[np.ndarray]:
    """Until the end of the awake part, at the times at which a camera of ``FPS`` would look."""
    capture = cv2.VideoCapture(str(clip))
    rate = capture.get(cv2.CAP_PROP_FPS)
    found: list[np.ndarray] = []
    number = 0
    while len(found) <= round(AWAKE_S[1] * FPS):
        ok, picture = capture.read()
        if not ok:
            break
        if number / rate >= len(found) / FPS - 1e-6:
            found.append(cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA))
        number += 1
    capture.release()
    return found
