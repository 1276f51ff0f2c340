"""Whatever is wrong with a file is said in a line, and the other files are finished."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import resource
import signal
import struct
import subprocess
import sys
import time
import wave
from pathlib import Path
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
from PIL import Image

from edge import analyze
from edge.__main__ import main
from edge.analysis.results import Analysis
from edge.analysis.sources import listed
from edge.analysis.write.outputs import Wishes
from edge.commands import analyze as analyzing
from edge.commands.progress import Progress
from tests.analyze.files import png

ROOT = Path(__file__).parents[2]


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
    rest = [picture.rotate(9), picture.rotate(5)]
    picture.save(moving, "GIF", save_all=True, append_images=rest, duration=100)
    second = [
        at.end() for at in re.finditer(rb"\x21\xf9\x04.{4}\x00\x2c", moving.getvalue(), re.DOTALL)
    ][1]
    bomb = bytearray(moving.getvalue())
    bomb[second + 4 : second + 8] = (65000).to_bytes(2, "little") * 2
    avif = io.BytesIO()
    picture.save(avif, "AVIF")
    hole = bytearray(avif.getvalue())
    data = hole.index(b"mdat") + 8
    hole[data : data + 60] = bytes(60)
    flat = io.BytesIO()
    picture.convert("L").save(flat, "BMP")
    wide = struct.pack("<2I", *picture.size)
    with wave.open(str(folder / "sound.mp4"), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(8000))
    for name, content in {
        "bomb.gif": bomb,
        "bomb.bmp": flat.getvalue().replace(wide, struct.pack("<2I", 65000, 65000)),
        "cut.gif": moving.getvalue()[: second + 9],
        "empty.jpg": b"",
        "empty.mp4": b"",
        "half.jpg": photo[: len(photo) // 2],
        "half.png": whole[: len(whole) // 2],
        "half.gif": moving.getvalue()[: len(moving.getvalue()) * 2 // 3],
        "half.mp4": clip[: len(clip) // 2],
        "grey.jpg": photo[:8000] + bytes(500) + photo[8500:],
        "hole.avif": hole,
        "large.bmp": flat.getvalue().replace(wide, struct.pack("<2I", 16320, 12240)),
        "noise.jpg": noise,
        "noise.mp4": noise,
        "scratched.png": whole[:9000] + b"XXXX" + whole[9004:],
        "text.jpg": b"I am a letter.\n" * 90,
        "text.mp4": "Ich bin ein Brief: äöü.\n".encode() * 90,
    }.items():
        (folder / name).write_bytes(content)
    return folder


REASONS = {
    "bomb.gif": "breaks off at 0.1 s, after 1 of 3 frames: too large",
    "bomb.bmp": "too large: Image size (4225000000 pixels) exceeds limit of 256000000 pixels",
    "cut.gif": "damaged (IndexError",
    "empty.jpg": "the file is empty",
    "empty.mp4": "the file is empty",
    "grey.jpg": "damaged: parts of the picture are guesses",
    "half.gif": "breaks off at",
    "half.jpg": "cut off: only a part of the picture is there",
    "half.mp4": "",  # by where the index is: nothing, or a part
    "half.png": "cut off: only a part of the picture is there",
    "hole.avif": "damaged (RuntimeError",
    "large.bmp": "cut off",  # but not too large: phones make photos of 200 megapixels
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
    gone = ["gone.jpg", "~nobodyatall/x.jpg", "long" * 99]
    assert main(["analyze", str(bad), *gone, str(portrait), "--out", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    for name, why in REASONS.items():
        assert f"{bad / name}: {why}" in said
    assert "gone.jpg: no such file or folder" in said
    assert "~nobodyatall/x.jpg: cannot be read: " in said
    assert "longlong: cannot be read: File name too long" in said
    assert "Traceback" not in said
    run = json.loads((tmp_path / "summary.json").read_text())
    status = {Path(entry["file"]).name: entry["status"] for entry in run["entries"]}
    assert status.pop("single_face.jpg") == "complete"
    assert set(status) == {*REASONS, *(Path(name).name for name in gone)}
    assert "complete" not in status.values()
    assert status["bomb.gif"] == status["half.gif"] == status["grey.jpg"] == "partial"
    assert (tmp_path / "single_face.jpg.json").exists()
    assert not list(tmp_path.rglob("*.part"))


def test_a_name_that_a_spreadsheet_would_run_is_written_as_a_path(portrait, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("=1+1.jpg").write_bytes(portrait.read_bytes())
    assert main(["analyze", "=1+1.jpg", "--out", "out", "--csv"]) == 0
    rows = Path("out/=1+1.jpg.csv").read_text(encoding="utf-8").splitlines()
    assert rows[1].startswith("./=1+1.jpg,")


def test_a_name_that_is_not_utf_8_is_written_as_text(portrait, tmp_path, capfdbinary):
    folder = tmp_path / "old"
    folder.mkdir()
    for name in (b"caf\xe9.jpg", b"caf\xe8.jpg"):
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(portrait.read_bytes())
    assert main(["analyze", str(folder), "--out", str(tmp_path / "out")]) == 0
    run = json.loads((tmp_path / "out/summary.json").read_bytes())
    assert [entry["file"] for entry in run["entries"]] == [
        f"{folder}/caf\\xe8.jpg",
        f"{folder}/caf\\xe9.jpg",
    ]
    assert (tmp_path / "out/caf\ufffd.jpg.json").exists()
    assert (tmp_path / "out/caf\ufffd-2.jpg.json").exists()
    capfdbinary.readouterr()
    assert main(["analyze", str(folder), "--csv"]) == 0
    assert b"/caf\\xe9.jpg," in capfdbinary.readouterr().out


def test_a_fault_of_our_own_costs_the_file_that_it_shows_in_and_no_more(portrait, group, capsys):
    def sight(*, photo):
        return {}["nothing"]

    kit = SimpleNamespace(profile="research", emotion=False, versions={}, rules=None, sight=sight)
    with Progress(2, talks=False) as progress:
        job = analyzing.Job(kit, Wishes(None), None, progress, analyzing.Stop())
        entries = analyzing.looked_at(listed([str(portrait), str(group)], None)[0], job)
    assert [entry.status for entry in entries] == ["failed", "failed"]
    assert "damaged in an unknown way (KeyError: 'nothing')" in capsys.readouterr().err


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
