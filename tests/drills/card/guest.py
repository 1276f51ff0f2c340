"""Runs inside the emulated board, from the test's own disk: a camera to feed, and a shell.

Standard library only, as root, beside the product and not in its image. The host speaks to it
through a serial port, one JSON line each way. Pictures come raw (YUYV) from ``frames.yuyv``, or as
JPEGs, and go into v4l2loopback with write(2): a freeze, a blackout or a wrong format is one word.
"""

import ctypes
import fcntl
import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

HERE = Path(__file__).parent
PORT = Path("/dev/virtio-ports/mien.test")
DEVICE = "/dev/video0"
MODE = json.loads((HERE / "mode.json").read_text())  # width, height, fps, awake: [first, last]
SIZE = MODE["width"] * MODE["height"] * 2

VIDIOC_S_FMT = 0xC0D05605
OUTPUT = 2
LAYOUT = {"YUYV": 2, "MJPG": 2, "H264": 2}  # bytes a pixel


class PixFormat(ctypes.Structure):
    """struct v4l2_pix_format inside struct v4l2_format, on 64 bits."""

    _fields_ = [
        *(("type", ctypes.c_uint32), ("pad", ctypes.c_uint32), ("width", ctypes.c_uint32)),
        *(
            ("height", ctypes.c_uint32),
            ("pixelformat", ctypes.c_uint32),
            ("field", ctypes.c_uint32),
        ),
        *(("bytesperline", ctypes.c_uint32), ("sizeimage", ctypes.c_uint32)),
        ("rest", ctypes.c_uint8 * 176),
    ]


class Camera:
    """A thread that writes pictures into the loopback device, as it has been told."""

    def __init__(self) -> None:
        data = (HERE / "frames.yuyv").read_bytes()
        self.pictures = [data[at : at + SIZE] for at in range(0, len(data), SIZE)]
        self.jpegs = [file.read_bytes() for file in sorted(HERE.glob("*.jpg"))]
        first, last = MODE["awake"]
        there_and_back = [*range(first, last), *range(last, first, -1)]
        self.awake = there_and_back
        self.queue: list[int] = []
        self.turn = 0
        self.mode, self.fps, self.layout = "awake", MODE["fps"], "YUYV"
        self.shown = 0
        self.fd = -1

    def tell(self, mode: str, fps: float | None = None, layout: str = "YUYV") -> None:
        if mode == "sleep":  # once; then awake again
            # as she wakes, backwards: a cut lowers her head in the frame in which her lids fall
            self.queue = [*reversed(range(first_awake())), *range(first_awake())]
            mode = "awake"
        if layout != self.layout:
            self.close()
        self.mode, self.fps, self.layout = mode, fps or MODE["fps"], layout

    def picture(self) -> bytes:
        if self.layout == "H264":  # says so, and is none
            return os.urandom(SIZE)
        pictures = self.jpegs if self.layout == "MJPG" else self.pictures
        if self.mode == "frozen":
            return pictures[self.awake[self.turn % len(self.awake)]]
        if self.mode == "black":
            return b"\x10\x80" * (SIZE // 2)
        if self.mode == "covered":  # dim, with a sensor's noise
            noise = os.urandom(256)
            line = bytes(v for n in noise for v in (48 + n % 6, 128))
            at = noise[0] * 2
            return (line * (SIZE // len(line) + 2))[at : at + SIZE]
        if self.queue:
            return pictures[self.queue.pop(0)]
        self.turn += 1
        shown = pictures[self.awake[self.turn % len(self.awake)]]
        return shown[: len(shown) // 2] if self.mode == "damaged" else shown

    def open(self) -> None:
        self.fd = os.open(DEVICE, os.O_RDWR)
        code = int.from_bytes(self.layout.encode(), "little")
        wanted = PixFormat(
            type=OUTPUT,
            width=MODE["width"],
            height=MODE["height"],
            pixelformat=code,
            field=1,
            bytesperline=MODE["width"] * LAYOUT[self.layout],
            sizeimage=MODE["width"] * MODE["height"] * LAYOUT[self.layout],
        )
        fcntl.ioctl(self.fd, VIDIOC_S_FMT, wanted)

    def close(self) -> None:
        fd, self.fd = self.fd, -1
        if fd >= 0:
            os.close(fd)

    def run(self) -> None:
        due = time.monotonic()
        while True:
            due = max(due + 1 / self.fps, time.monotonic() - 1)
            time.sleep(max(0.0, due - time.monotonic()))
            try:
                if self.mode == "gone":
                    self.close()
                elif self.mode != "still":
                    if self.fd < 0:
                        self.open()
                    size = MODE["width"] * MODE["height"] * LAYOUT[self.layout]
                    os.write(self.fd, self.picture()[:size])
                    self.shown += 1
            except OSError as error:
                print(f"camera: {error}", flush=True)
                self.close()


def first_awake() -> int:
    """The clip begins asleep: pictures up to those of the waking."""
    return int(MODE["awake"][0])


def answer(camera: Camera, asked: dict) -> dict:
    if asked["do"] == "camera":
        camera.tell(**asked["as"])
        return {"shown": camera.shown}
    if asked["do"] == "outbox":
        return {"events": outbox()}
    if asked["do"] == "shell":
        done = subprocess.run(
            ["/bin/sh", "-c", asked["command"]],
            capture_output=True,
            text=True,
            timeout=asked.get("timeout_s", 120),
            check=False,
        )
        return {"rc": done.returncode, "out": done.stdout[-20000:], "err": done.stderr[-2000:]}
    return {"error": "what?"}


def outbox() -> list[dict]:
    """What the service has put on the disk and the broker has not taken: a reader beside it."""
    for file in Path("/var/lib/mien").rglob("outbox.db"):
        database = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        rows = database.execute("SELECT payload FROM waiting ORDER BY n").fetchall()
        database.close()
        return [json.loads(payload) for (payload,) in rows]
    return []


def notify(text: str) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.sendto(text.encode(), os.environ["NOTIFY_SOCKET"])


def main() -> None:
    subprocess.run(["modprobe", "videodev"], check=True)
    subprocess.run(
        [
            "insmod",
            str(HERE / "v4l2loopback.ko"),
            "video_nr=0",
            "exclusive_caps=1",
            "card_label=drill",
            "max_buffers=2",
        ],
        check=True,
    )
    camera = Camera()
    while not Path(DEVICE).exists():
        time.sleep(0.05)
    threading.Thread(target=camera.run, daemon=True).start()
    while camera.shown < 2:
        time.sleep(0.05)
    notify("READY=1")
    while not PORT.exists():
        time.sleep(0.1)
    with PORT.open("r+b", buffering=0) as port:
        rest = b""
        while True:
            data = port.read(65536)
            if not data:  # nobody at the other end
                time.sleep(0.1)
                continue
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                asked = json.loads(line)
                try:
                    said = answer(camera, asked)
                except (OSError, subprocess.SubprocessError, sqlite3.Error, TypeError) as error:
                    said = {"error": repr(error)}
                os.write(port.fileno(), json.dumps({"n": asked["n"], **said}).encode() + b"\n")


if __name__ == "__main__":
    sys.exit(main())
