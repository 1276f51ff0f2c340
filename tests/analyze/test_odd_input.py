"""What is unusual and no fault: read as a viewer would show it."""

from __future__ import annotations

import contextlib
import io
import socket
import struct
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pillow_heif
import pytest
from PIL import Image

from edge import analyze
from edge.__main__ import main
from edge.analysis.film import Writer
from tests.analyze.files import png

if TYPE_CHECKING:
    from collections.abc import Iterator


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


def grey_of_ten_bits(picture: Image.Image) -> tuple[str, bytes]:
    return "grey10.png", png(
        Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) * 4)
    )


def with_a_preview(picture: Image.Image) -> tuple[str, bytes]:
    file = io.BytesIO()
    small = picture.resize((143, 140))
    picture.save(file, "MPO", save_all=True, append_images=[small], quality=92)
    return "preview.jpg", file.getvalue()


def of_several_pages(picture: Image.Image) -> tuple[str, bytes]:
    file = io.BytesIO()
    picture.save(file, "TIFF", save_all=True, append_images=[picture.rotate(90)])
    return "pages.tif", file.getvalue()


def with_damaged_exif(picture: Image.Image) -> tuple[str, bytes]:
    exif = Image.Exif()
    exif[0x0112], exif[0x011A] = 6, 72.0  # how many pixels an inch: made a text
    file = io.BytesIO()
    picture.rotate(90, expand=True).save(file, "JPEG", exif=exif)
    rational, text = struct.pack(">2H", 0x011A, 5), struct.pack(">2H", 0x011A, 2)
    assert rational in file.getvalue()
    return "damaged.jpg", file.getvalue().replace(rational, text)


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


NOTES = {
    grey_of_ten_bits: "10 bits of grey in 16, made as light as in 10",
    with_a_preview: "one of 2 pictures in this file",
    of_several_pages: "one of 2 pictures in this file",
}


@pytest.mark.parametrize(
    "made",
    [
        *(sideways, as_cmyk, deep_colour, deep_grey, grey_of_ten_bits, see_through),
        *(of_a_phone, with_a_preview, of_several_pages, with_damaged_exif, without_a_name),
    ],
)
def test_a_picture_is_read_as_a_viewer_shows_it(made, pixels, tmp_path):
    name, content = made(Image.fromarray(pixels))
    (tmp_path / name).write_bytes(content)
    result = analyze(tmp_path / name)
    assert (result.source.kind, result.summary.ended) == ("photo", "complete")
    assert NOTES.get(made) == result.source.note
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


def test_a_photo_at_an_address_is_looked_at_as_a_photo(group, port):
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    with listening([*command, "--directory", str(group.parent)], port):
        result = analyze(f"http://127.0.0.1:{port}/{group.name}")
    assert result.source.kind == "photo"
    assert result.frames == analyze(group).frames
