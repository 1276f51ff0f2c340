"""An RTSP camera: a real server (GStreamer's), pictures in order, and a line when it goes away."""

from __future__ import annotations

import subprocess
import time
from itertools import islice, pairwise
from pathlib import Path

import pytest

from edge.device.camera import CameraError, CameraSettings, frames

PYTHON = "/usr/bin/python3"
CHECK = "import gi; gi.require_version('GstRtspServer', '1.0')"
SERVER = Path(__file__).parent / "fake" / "rtsp_camera.py"


def has_gstreamer() -> bool:
    if not Path(PYTHON).exists():
        return False
    done = subprocess.run([PYTHON, "-c", CHECK], capture_output=True, check=False)
    return done.returncode == 0


pytestmark = pytest.mark.skipif(
    not has_gstreamer(), reason="needs apt: python3-gi gir1.2-gst-rtsp-server-1.0"
)


@pytest.fixture
def camera(port):
    """The server as a process that can be pulled out."""
    process = subprocess.Popen([PYTHON, str(SERVER), str(port)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    process.address = f"rtsp://127.0.0.1:{port}/cam"
    yield process
    process.kill()
    process.communicate()


def test_pictures_come_in_order_and_the_ball_moves(camera):
    with frames(CameraSettings(source=camera.address, fps=25)) as pictures:
        seen = list(islice(pictures, 40))
    assert {frame.image.shape for frame in seen} == {(240, 320, 3)}
    assert all(b.t_ns > a.t_ns for a, b in pairwise(seen))
    assert abs(seen[0].image.astype(int) - seen[-1].image).max() > 100


def test_a_camera_that_is_pulled_out_is_one_line_and_soon(camera):
    with frames(CameraSettings(source=camera.address, fps=25)) as pictures:
        next(pictures)
        camera.kill()
        pulled = time.monotonic()
        with pytest.raises(CameraError, match="cam: gives no more pictures") as gone:
            for _ in pictures:
                pass
    assert gone.value.fault == "camera_gone"
    assert time.monotonic() - pulled < 20


def test_an_address_that_leads_nowhere_is_refused(camera):
    with (
        pytest.raises(CameraError, match="nowhere: cannot be opened"),
        frames(CameraSettings(source=camera.address.replace("cam", "nowhere"))),
    ):
        pass
