"""Whatever is wrong with a file is said in a line, and the other files are finished."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import time
import wave
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import msgspec
import numpy as np
import pillow_heif
import pytest
from PIL import Image

from edge import analyze
from edge.__main__ import main
from edge.analysis.film import Writer
from edge.analysis.results import Analysis

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


def png(picture: Image.Image, **more: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", **more)
    return file.getvalue()


@contextlib.contextmanager
def listening(command: list[str], port: int) -> Iterator[None]:
    """A server, once it listens on ``port``."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        for _ in range(500):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
                break
            time.sleep(0.05)
        yield
        server.terminate()


@pytest.fixture(scope="module")
def bad(media, portrait, tmp_path_factory) -> Path:
    """A folder of all that people have: nothing in it is what it seems."""
    folder = tmp_path_factory.mktemp("bad")
    photo = portrait.read_bytes()
    clip = (media / "single_face.mp4").read_bytes()
    noise = np.random.default_rng(1).bytes(20_000)
    whole = png(Image.open(portrait))
    moving = io.BytesIO()
    picture = Image.open(portrait).resize((143, 140))
    picture.save(moving, "GIF", save_all=True, append_images=[picture.rotate(9), picture.rotate(5)])
    with wave.open(str(folder / "sound.mp4"), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(8000))
    for name, content in {
        "empty.jpg": b"",
        "empty.mp4": b"",
        "half.jpg": photo[: len(photo) // 2],
        "half.png": whole[: len(whole) // 2],
        "half.gif": moving.getvalue()[: len(moving.getvalue()) * 2 // 3],
        "half.mp4": clip[: len(clip) // 2],
        "grey.jpg": photo[:8000] + bytes(500) + photo[8500:],
        "noise.jpg": noise,
        "noise.mp4": noise,
        "scratched.png": whole[:9000] + b"XXXX" + whole[9004:],
        "text.jpg": b"I am a letter.\n" * 90,
        "text.mp4": "Ich bin ein Brief: äöü.\n".encode() * 90,
    }.items():
        (folder / name).write_bytes(content)
    return folder


REASONS = {
    "empty.jpg": "the file is empty",
    "empty.mp4": "the file is empty",
    "grey.jpg": "damaged: parts of the picture are guesses",
    "half.gif": "breaks off at",
    "half.jpg": "cut off: only a part of the picture is there",
    "half.mp4": "",  # by where the index is: nothing, or a part
    "half.png": "cut off: only a part of the picture is there",
    "noise.jpg": "not a picture that can be read",
    "noise.mp4": "not a video that can be read",
    "scratched.png": "damaged",
    "sound.mp4": "no video stream: only sound in it",
    "text.jpg": "not a picture: it is a text file",
    "text.mp4": "neither a photo nor a video: it is a text file",
}


def test_every_bad_file_is_reported_with_its_reason_and_the_good_ones_are_done(
    bad, portrait, tmp_path, capsys
):
    assert main(["analyze", str(bad), "gone.jpg", str(portrait), "--out", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    for name, why in REASONS.items():
        assert f"{bad / name}: {why}" in said
    assert "gone.jpg: no such file or folder" in said
    assert "Traceback" not in said
    run = json.loads((tmp_path / "summary.json").read_text())
    status = {Path(entry["file"]).name: entry["status"] for entry in run["entries"]}
    assert status.pop("single_face.jpg") == "complete"
    assert set(status) == {*REASONS, "gone.jpg"}
    assert "complete" not in status.values()
    assert status["half.gif"] == status["grey.jpg"] == "partial"
    assert (tmp_path / "single_face.jpg.json").exists()
    assert not list(tmp_path.rglob("*.part"))


def sideways(picture: Image.Image) -> tuple[str, bytes]:
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    picture.rotate(90, expand=True).save(file, "JPEG", exif=exif)
    return "exif.jpg", file.getvalue()


def as_cmyk(picture: Image.Image) -> tuple[str, bytes]:
    file = io.BytesIO()
    picture.convert("CMYK").save(file, "JPEG")
    return "cmyk.jpg", file.getvalue()


def deep_colour(picture: Image.Image) -> tuple[str, bytes]:
    deep = np.asarray(picture)[:, :, ::-1].astype(np.uint16) * 257
    return "deep.png", cv2.imencode(".png", deep)[1].tobytes()


def deep_grey(picture: Image.Image) -> tuple[str, bytes]:
    deep = np.asarray(picture.convert("L")).astype(np.uint16) * 257
    return "grey.png", png(Image.fromarray(deep))


def see_through(picture: Image.Image) -> tuple[str, bytes]:
    picture = picture.convert("RGBA")
    picture.putalpha(220)
    return "alpha.png", png(picture)


def of_a_phone(picture: Image.Image) -> tuple[str, bytes]:
    file = io.BytesIO()
    pillow_heif.from_pillow(picture).save(file)
    return "phone.heic", file.getvalue()


def without_a_name(picture: Image.Image) -> tuple[str, bytes]:
    return "portrait", png(picture)


@pytest.mark.parametrize(
    "made",
    [sideways, as_cmyk, deep_colour, deep_grey, see_through, of_a_phone, without_a_name],
)
def test_a_picture_is_read_as_a_viewer_shows_it(made, pixels, tmp_path):
    name, content = made(Image.fromarray(pixels))
    (tmp_path / name).write_bytes(content)
    result = analyze(tmp_path / name)
    assert (result.source.width, result.source.height) == (572, 562)
    (face,) = result.frames[0].faces
    assert face.emotion.label == "happy"
    assert face.box == pytest.approx(analyze(pixels).frames[0].faces[0].box, abs=6)


@pytest.mark.parametrize("across", [375, 750])
def test_in_a_photo_of_forty_nearly_everybody_is_found_and_nobody_twice(group, tmp_path, across):
    five = Image.open(group).resize((across, across * 2 // 3))
    crowd = Image.new("RGB", (4 * across, 2 * five.height))
    for place in range(8):
        crowd.paste(five, (place % 4 * across, place // 4 * five.height))
    crowd.save(tmp_path / "crowd.jpg", quality=90)
    (seen,) = analyze(tmp_path / "crowd.jpg").frames
    assert 36 <= len(seen.faces) <= 42
    assert all(face.emotion is not None for face in seen.faces)
    middles = [((f.box[0] + f.box[2]) / 2, (f.box[1] + f.box[3]) / 2) for f in seen.faces]
    inside = [
        sum(f.box[0] <= x <= f.box[2] and f.box[1] <= y <= f.box[3] for f in seen.faces)
        for x, y in middles
    ]
    assert inside == [1] * len(middles)


def test_an_animation_is_a_video_with_its_own_times(pixels, tmp_path):
    first = Image.fromarray(pixels).resize((286, 281))
    rest = [first.rotate(3), first.rotate(6)]
    first.save(tmp_path / "a.gif", save_all=True, append_images=rest, duration=[100, 300, 200])
    result = analyze(tmp_path / "a.gif")
    assert result.source.kind == "video"
    assert "3 frames" in result.source.note
    assert [frame.t_s for frame in result.frames] == pytest.approx([0, 0.1, 0.4])


def test_a_name_that_a_spreadsheet_would_run_is_written_as_a_path(portrait, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("=1+1.jpg").write_bytes(portrait.read_bytes())
    assert main(["analyze", "=1+1.jpg", "--out", "out", "--csv"]) == 0
    rows = Path("out/=1+1.jpg.csv").read_text(encoding="utf-8").splitlines()
    assert rows[1].startswith("./=1+1.jpg,")


def test_a_full_disk_costs_the_files_that_do_not_fit_and_no_more(portrait, blink, tmp_path):
    done = subprocess.run(
        [
            *(sys.executable, "-m", "edge", "analyze", str(blink), str(portrait)),
            *("--out", str(tmp_path / "out"), "--json", "--csv"),
        ],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000)),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert f"{blink}: its results cannot be written: File too large" in done.stderr
    assert "Traceback" not in done.stderr
    left = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert left == ["photos.csv", "single_face.jpg.json", "summary.csv", "summary.json"]
    msgspec.json.decode((tmp_path / "out/single_face.jpg.json").read_bytes(), type=Analysis)


def test_ctrl_c_leaves_what_was_seen_until_then_whole(sleeper, portrait, tmp_path):
    command = [sys.executable, "-m", "edge", "analyze", str(sleeper), str(portrait)]
    with subprocess.Popen(
        [*command, "--out", str(tmp_path), "--annotate", "--json", "--csv"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as process:
        draft = tmp_path / f".{sleeper.name}.csv.part"
        for _ in range(3000):  # until the first rows are there
            if draft.exists() and draft.stat().st_size:
                break
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert "stopped at" in said
    assert f"{portrait}: stopped before it" in said
    assert "Traceback" not in said
    result = msgspec.json.decode((tmp_path / f"{sleeper.name}.json").read_bytes(), type=Analysis)
    assert result.summary.ended == "interrupted"
    assert 0 < len(result.frames) < 472
    with (tmp_path / f"{sleeper.name}.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == len(result.frames)
    assert len(analyze(tmp_path / f"{sleeper.name}.annotated.mp4").frames) == len(result.frames)
    assert not list(tmp_path.rglob("*.part"))


def test_a_film_of_a_phone_held_upright_is_turned(pixels, tmp_path):
    lying = np.ascontiguousarray(np.rot90(pixels))  # as the sensor took it
    path = tmp_path / "phone.mp4"
    with path.open("wb") as file:
        writer = Writer(file, lying.shape[1], lying.shape[0])
        for number in range(3):
            writer.add(number * 40_000_000, lying)
        writer.close()
    level = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    turned = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30)
    head, track = path.read_bytes().split(b"tkhd")
    path.write_bytes(head + b"tkhd" + track.replace(level, turned, 1))
    result = analyze(path)
    assert (result.source.width, result.source.height) == (572, 562)
    assert len(result.frames[0].faces) == 1


def test_an_address_is_read_like_a_file(sleeper, port, capsys):
    # its index is at the front: a server that cannot go back in a file is enough
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    with listening([*command, "--directory", str(sleeper.parent)], port):
        address = f"http://somebody:secret@127.0.0.1:{port}"
        first, missing = f"{address}/{sleeper.name}", f"{address}/gone.mp4"
        assert main(["analyze", first, missing, "--seconds", "0.5"]) == 1
    said = capsys.readouterr()
    assert f"http://127.0.0.1:{port}/{sleeper.name}: 0.5 s, 1 face" in said.out
    assert f"http://127.0.0.1:{port}/gone.mp4: cannot be opened" in said.err
    assert "secret" not in said.out + said.err
