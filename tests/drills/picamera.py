"""The real picamera2 on libcamera's virtual camera, in a Debian root: ``make drill-picamera``.

It tries the call path and the life cycle (requests, timeouts, opening and closing), not the ISP:
``libcamera/stage.py`` says what is replaced. The root is made by mmdebstrap on any machine, without
a chroot of the host's architecture being touched, and kept in .cache; it wants root's rights.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path

import pytest

from tests.conftest import BROKERS, Listener

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CACHE = ROOT / ".cache" / "libcamera"
CLIP = ROOT / ".cache" / "media" / "single_face.mp4"
PORT = 18931

PACKAGES = (
    *("python3", "python3-libcamera", "libcamera-ipa", "python3-numpy", "python3-av"),
    *("python3-jsonschema", "python3-libarchive-c", "python3-piexif", "python3-pil"),
    *("python3-prctl", "python3-tqdm", "python3-flatbuffers", "python3-protobuf"),
)
WHEELS = ("picamera2==0.3.38", "simplejpeg==1.9.0", "videodev2==0.0.4")
SOURCE = "pidng==4.0.9"
"""Only as source: its C part writes DNG files, which nobody asks for here."""

OURS = ("ai-edge-litert", "opencv-python-headless", "msgspec", "paho-mqtt", "pyyaml", "numpy")
PLATFORMS = ("manylinux_2_28", "manylinux_2_27", "manylinux_2_17", "manylinux2014")
CAMERA = """\
"Virtual0":
  supported_formats:
  - width: 640
    height: 480
    frame_rates: [30, 30]
  frames:
    path: "/clip/"
  location: "CameraLocationFront"
  model: "Virtual Video Device"
"""
ENVIRONMENT = {
    "PYTHONPATH": "/stage:/opt/py:/mien",
    "MALLOC_PERTURB_": "255",
    "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0",
    "LIBCAMERA_LOG_LEVELS": "*:FATAL",
}
STORIES = (
    *("pictures", "turned", "release", "fault", "stall", "other_format", "second"),
    *("busy", "spared"),
)


def root() -> Path:
    """The root, made when it is not there or no longer what is asked for."""
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").lower().splitlines()
    ours = [pin for pin in pins if pin.split("==")[0] in OURS]
    wanted = "\n".join([*PACKAGES, *WHEELS, SOURCE, *ours])
    folder = CACHE / hashlib.sha256(wanted.encode()).hexdigest()[:12]
    if (folder / "made").is_file():
        return folder
    began = time.monotonic()
    shutil.rmtree(CACHE, ignore_errors=True)
    folder.parent.mkdir(parents=True)
    include = f"--include={','.join(PACKAGES)}"
    quiet = [
        "--dpkgopt=force-unsafe-io",
        "--dpkgopt=path-exclude=/usr/share/doc/*",
        "--dpkgopt=path-exclude=/usr/share/man/*",
    ]
    _run("mmdebstrap", "--variant=minbase", "--quiet", *quiet, include, "trixie", str(folder))
    _wheels(folder, [*WHEELS, *ours])
    (folder / "made").write_text(wanted, encoding="utf-8")
    print(f"root made in {time.monotonic() - began:.0f} s: {folder}", flush=True)
    return folder


def _wheels(folder: Path, wanted: list[str]) -> None:
    """Lay the Python parts out with the host's pip, for the root's Python."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    platforms = [f"--platform={each}_x86_64" for each in PLATFORMS]
    with tempfile.TemporaryDirectory() as wheels:
        _run(
            *(*pip, "download", "--no-deps", f"--dest={wheels}", "--python-version=3.13"),
            *(*platforms, "--only-binary=:all:", *wanted),
        )
        for wheel in Path(wheels).glob("*.whl"):
            with zipfile.ZipFile(wheel) as parts:
                parts.extractall(folder / "opt/py")  # noqa: S202 - pip has checked it
        _run(*pip, "download", "--no-deps", f"--dest={wheels}", SOURCE)
        with tarfile.open(next(Path(wheels).glob("pidng-*.tar.gz"))) as source:
            source.extractall(wheels, filter="data")
        shutil.copytree(next(Path(wheels).glob("pidng-*/src/pidng")), folder / "opt/py/pidng")


def furnish(folder: Path) -> None:
    """What may change from run to run: the camera's pictures, our code and the stage."""
    camera = folder / "usr/share/libcamera/pipeline/virtual/virtual.yaml"
    camera.parent.mkdir(parents=True, exist_ok=True)
    camera.write_text(f"%YAML 1.1\n---\n{CAMERA}", encoding="utf-8")
    clip = folder / "clip"
    if not clip.is_dir():
        import cv2  # noqa: PLC0415 - nowhere else

        clip.mkdir()
        capture, number = cv2.VideoCapture(str(CLIP)), 0
        while True:
            ok, picture = capture.read()
            if not ok:
                break
            small = cv2.resize(picture, (640, 480))
            cv2.imwrite(str(clip / f"{number:04}.jpg"), small, [cv2.IMWRITE_JPEG_QUALITY, 95])
            number += 1
    for name, source in (("stage", HERE / "libcamera"), ("mien/edge", ROOT / "edge")):
        shutil.rmtree(folder / name, ignore_errors=True)
        shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.rmtree(folder / "mien/models", ignore_errors=True)
    (folder / "mien/models").mkdir()
    for file in (ROOT / "models/manifest.yaml", *(ROOT / "models").glob("*.tflite")):
        shutil.copy(file, folder / "mien/models" / file.name)


def inside(folder: Path, *command: str) -> subprocess.Popen[str]:
    """Start a command in the root, with the host's network."""
    wrapped = ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--pipe"]
    wrapped += [f"--directory={folder}", *(f"--setenv={k}={v}" for k, v in ENVIRONMENT.items())]
    return subprocess.Popen(
        [*wrapped, *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def told(folder: Path, story: str) -> tuple[bool, str]:
    """Run one story; whether it holds, and what it found."""
    process = inside(folder, "/usr/bin/python3", "/stage/stories.py", story)
    try:
        output = process.communicate(timeout=120)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        return False, "it hangs"
    found = [line for line in output.splitlines() if line.startswith("story: ")]
    if process.returncode == 0 and found:
        return True, found[0].removeprefix("story: ")
    return False, output[-600:]


def served(folder: Path) -> tuple[bool, str]:
    """The whole service on this camera: networks, broker, and a stop that is asked for."""
    config = f"profile: home\ndevice: virtual\nmqtt:\n  host: 127.0.0.1\n  port: {PORT}\n"
    (folder / "mien/config.yaml").write_text(config, encoding="utf-8")
    start = BROKERS.get("mosquitto") or BROKERS["amqtt"]
    with start(PORT):
        hears = Listener(PORT)
        arguments = ("run", "--config", "/mien/config.yaml")
        process = inside(folder, "/usr/bin/python3", "-m", "stage", *arguments)
        try:
            state = hears.wait_for("state", lambda said: said["subject"]["present"], seconds=60)
            info = hears.wait_for("info", lambda said: said["hw"]["camera"] == "picamera2")
            health = hears.wait_for("health", lambda said: said["camera"]["ok"])
            time.sleep(5)
            _stop(process)
            hears.wait_for("availability", lambda said: said == "offline")
            seen = len(hears.of("state"))
        except pytest.fail.Exception as silent:
            process.kill()
            return False, f"{silent}: {process.communicate(timeout=20)[0][-600:]}"
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            hears.close()
        output = process.communicate(timeout=20)[0]
    calm = "Traceback" not in output and process.returncode == 0
    words = f"{info['hw']['camera']}, face at {state['subject']['confidence']}, {seen} states"
    return calm, f"{words}, faults {health['faults']}, exit {process.returncode}"


def _stop(process: subprocess.Popen[str]) -> None:
    """SIGTERM to the service itself: nspawn stands between."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    for child in children.read_text(encoding="ascii").split():
        os.kill(int(child), signal.SIGTERM)
    process.wait(timeout=20)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def main() -> int:
    """Tell every story; 1 if one does not hold."""
    for tool in ("mmdebstrap", "systemd-nspawn"):
        if shutil.which(tool) is None:
            sys.exit(f"drill-picamera: needs {tool} (apt install mmdebstrap systemd-container)")
    folder = root()
    furnish(folder)
    failed = 0
    for name in (*STORIES, "service"):
        began = time.monotonic()
        good, words = served(folder) if name == "service" else told(folder, name)
        failed += not good
        took = time.monotonic() - began
        print(f"{'ok  ' if good else 'FAIL'} {name:13} {took:4.1f} s  {words}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
