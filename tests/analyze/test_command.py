"""``mien analyze`` as a user runs it: what is written, and the same twice."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import msgspec
import numpy as np
import pytest
from PIL import Image

from edge import analyze
from edge.__main__ import main
from edge.analysis import film as films
from edge.analysis import schema
from edge.analysis.results import Analysis

ROOT = Path(__file__).parents[2]


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def summary(out: Path) -> dict:
    return json.loads((out / "summary.json").read_bytes())


def test_the_same_files_give_the_same_bytes_in_another_process(portrait, blink, tmp_path):
    asked = ["--json", "--csv", "--timeline", "--report", "--annotate", "--thumbnails"]
    arguments = [str(portrait), str(blink), *asked]
    assert main(["analyze", *arguments, "--out", str(tmp_path / "a")]) == 0
    subprocess.run(
        [sys.executable, "-m", "edge", "analyze", *arguments, "--out", str(tmp_path / "b")],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": "7"},
        check=True,
        capture_output=True,
    )
    first = {p.name: p.read_bytes() for p in (tmp_path / "a").iterdir()}
    second = {p.name: p.read_bytes() for p in (tmp_path / "b").iterdir()}
    assert sorted(first) == [
        "index.html",
        "photos.csv",
        "single_face.jpg.annotated.jpg",
        "single_face.jpg.json",
        "single_face.mp4.annotated.mp4",
        "single_face.mp4.csv",
        "single_face.mp4.html",
        "single_face.mp4.json",
        "single_face.mp4.timeline.png",
        "single_face.mp4.timeline.svg",
        "summary.csv",
        "summary.json",
    ]
    assert [name for name in first if first[name] != second.get(name)] == []


def test_what_is_written_of_a_video_is_what_the_library_says(sleeper_analysis, sleeper, tmp_path):
    assert main(["analyze", str(sleeper), "--out", str(tmp_path), "--json", "--csv"]) == 0
    text = (tmp_path / f"{sleeper.name}.json").read_bytes()
    assert msgspec.json.decode(text, type=Analysis) == sleeper_analysis
    rows = table(tmp_path / f"{sleeper.name}.csv")
    assert [row["emotion"] for row in rows] == [r["emotion"] or "" for r in sleeper_analysis.rows()]
    shut = [float(row["t_s"]) for row in rows if row["eyes_shut"] == "1"]
    assert shut[0] < 0.7
    assert any(4 < t_s < 5 for t_s in shut)
    assert {row["emotion"] for row in rows if float(row["t_s"]) > 12} == {"happy"}
    assert not (tmp_path / f"{sleeper.name}.html").exists()


def test_a_folder_has_a_summary_that_is_valid_and_keeps_its_folders(portrait, group, tmp_path):
    holiday = tmp_path / "holiday"
    (holiday / "day2").mkdir(parents=True)
    (holiday / "a.jpg").write_bytes(portrait.read_bytes())
    (holiday / "day2" / "a.jpg").write_bytes(group.read_bytes())
    (holiday / "notes.txt").write_text("not for us")
    out = holiday / "results"
    for _ in range(2):  # what was written the first time is not analysed the second time
        assert main(["analyze", str(holiday), "--out", str(out), "--annotate", "--json"]) == 0
    assert (out / "day2" / "a.jpg.annotated.jpg").exists()
    run = json.loads((out / "summary.json").read_text())
    parts = json.loads(schema.text())
    jsonschema.validate(run, parts | {"$ref": "#/$defs/Run"})
    assert (run["photos"], run["faces_in_photos"], run["failed"]) == (2, 6, 0)
    assert run["photos_shown"]["happy"] >= 4


def test_what_was_written_beside_the_photos_is_not_taken_for_one(portrait, group, tmp_path):
    for path in (portrait, group):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    asked = ["analyze", str(tmp_path), "--annotate", "--json", "--out"]
    for out in (tmp_path, tmp_path, tmp_path / "elsewhere"):
        assert main([*asked, str(out)]) == 0
        names = [Path(entry["file"]).name for entry in summary(out)["entries"]]
        assert names == [group.name, portrait.name]
    (tmp_path / portrait.name).unlink()  # in the folder that is written to it is ours all the same
    (tmp_path / "clip.mp4.timeline.png").write_bytes(b"")
    assert main([*asked, str(tmp_path)]) == 0
    assert [Path(entry["file"]).name for entry in summary(tmp_path)["entries"]] == [group.name]


def test_files_called_as_what_is_written_of_a_run_lose_nothing(portrait, tmp_path):
    (tmp_path / "in").mkdir()
    paths = [tmp_path / "in" / name for name in ("summary", "photos", "Photo.JFIF")]
    for path in paths:
        path.write_bytes(portrait.read_bytes())
    out = tmp_path / "out"
    assert main(["analyze", *map(str, paths[:2]), str(tmp_path), "--out", str(out)]) == 0
    assert [e["file"] for e in summary(out)["entries"]] == [str(path) for path in paths]
    for name in ("summary-2", "photos-2", "in/Photo.JFIF"):
        assert len(msgspec.json.decode((out / f"{name}.json").read_bytes(), type=Analysis).frames)
    assert len(table(out / "photos.csv")) == 3


def test_a_shell_may_have_closed_standard_output(portrait):
    mien = f'"{sys.executable}" -m edge analyze "{portrait}"'
    for asked, status, said in ((">&-", 0, ""), ("--csv >&-", 2, "standard output is closed")):
        done = subprocess.run(
            ["sh", "-c", f"{mien} {asked}"], cwd=ROOT, check=False, capture_output=True, text=True
        )
        assert done.returncode == status
        assert said in done.stderr
        assert "Traceback" not in done.stderr


def test_a_page_needs_nothing_but_itself_and_shows_people_only_if_asked(blink, tmp_path):
    assert main(["analyze", str(blink), "--out", str(tmp_path / "plain"), "--report"]) == 0
    assert main(["analyze", str(blink), "--out", str(tmp_path / "faces"), "--thumbnails"]) == 0
    plain, faces = ((tmp_path / d / f"{blink.name}.html").read_text() for d in ("plain", "faces"))
    for page in (plain, faces):
        assert "<script" not in page
        assert not re.findall(r'(?:src|href)="(?!data:|#)[^"]*"', page)
        assert "<svg" in page
    assert "data:image" not in plain
    assert "data:image/jpeg" in faces
    assert [p.name for p in (tmp_path / "plain").iterdir()] == [f"{blink.name}.html"]


def test_at_work_no_file_speaks_of_emotion(portrait, blink, tmp_path):
    arguments = ["analyze", str(portrait), str(blink), "--out", str(tmp_path)]
    assert main([*arguments, "--profile", "workplace"]) == 0
    texts = [p for p in tmp_path.iterdir() if p.suffix in {".json", ".csv", ".html", ".svg"}]
    assert len(texts) == 9
    for path in texts:
        text = path.read_text()
        for word in ("emotion", "happy", "neutral", "valence", "arousal", "au12", "uncertain"):
            assert not re.search(rf"\b{word}\b", text), (path.name, word)


def test_without_a_folder_one_table_goes_to_standard_output(portrait, group, capfdbinary):
    assert main(["analyze", str(portrait), str(group), "--csv"]) == 0
    lines = capfdbinary.readouterr().out.decode().splitlines()
    assert [line.partition(",")[0] for line in lines] == ["file", str(portrait), *[str(group)] * 5]
    assert main(["analyze", str(portrait), "--json"]) == 0
    out = capfdbinary.readouterr().out
    assert msgspec.json.decode(out, type=Analysis) == analyze(str(portrait))


def test_uneven_times_are_kept_in_what_is_read_and_in_what_is_drawn(film, tmp_path):
    times_s = [0.0, 0.04, 0.5, 0.52, 1.75]
    path = film(times_s)
    out = tmp_path / "out"
    assert main(["analyze", str(path), "--out", str(out), "--csv", "--annotate"]) == 0
    read = [float(row["t_s"]) for row in table(out / "made.mp4.csv")]
    assert read == pytest.approx(times_s, abs=1e-3)
    with films.opened(str(out / "made.mp4.annotated.mp4")) as drawn:
        assert [f.t_ns / 1e9 for f in drawn.frames] == pytest.approx(times_s, abs=1e-3)


def test_boxes_are_drawn_on_the_faces(portrait, pixels, tmp_path):
    assert main(["analyze", str(portrait), "--out", str(tmp_path), "--annotate", "--json"]) == 0
    drawn = np.asarray(Image.open(tmp_path / "single_face.jpg.annotated.jpg")).astype(int)
    changed = np.abs(drawn - pixels).max(axis=2) > 90
    left, top, right, bottom = analyze(pixels).frames[0].faces[0].box
    rows, columns = np.nonzero(changed)
    assert abs(rows.max() - bottom) < 8
    assert columns.min() > left - 8
    assert changed[round(bottom), round(left) : round(right)].mean() > 0.5
    assert top < bottom


@pytest.mark.parametrize(
    ("arguments", "status", "why"),
    [
        (["x.jpg", "--annotate"], 2, "--annotate: needs --out DIR"),
        (["x.jpg", "--json", "--csv"], 2, "one of them on standard output"),
        (["x.mp4", "--seconds", "0"], 2, "--seconds: expected more than 0, got 0"),
        (["x.jpg", "--profile", "wrkplace"], 2, "--profile: expected one of vehicle, home"),
        (["x.jpg", "--out", "/proc/here"], 1, "--out /proc/here: cannot be written to"),
    ],
)
def test_wrong_arguments_are_refused_by_name(arguments, status, why, capsys):
    assert main(["analyze", *arguments]) == status
    assert why in capsys.readouterr().err
