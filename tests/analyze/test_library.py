"""``from edge import analyze``: the same result whatever it is given, valid and typed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from PIL import Image

from edge import analyze
from edge.analysis import schema
from edge.analysis.library import AnalysisError
from edge.types import Frame

ROOT = Path(__file__).parents[2]


def test_a_laughing_man_is_happy_with_open_eyes(portrait):
    result = analyze(portrait)
    (face,) = result.frames[0].faces
    assert face.emotion.label == "happy"
    assert sum(face.emotion.probabilities.values()) == pytest.approx(1, abs=1e-3)
    assert face.actions["au12"] > 0.5
    assert face.eyes_open > 0.5
    assert result.summary.scene.share == {"happy": 1.0}


def test_an_array_a_path_and_one_frame_of_a_film_say_the_same_of_the_face(portrait, pixels):
    path, array = analyze(str(portrait)), analyze(pixels)
    assert path.frames == array.frames
    (frame,) = analyze([pixels]).frames
    assert frame.faces[0].emotion.label == "happy"


def test_frames_keep_their_own_times(pixels):
    times_s = [0.0, 0.5, 0.6, 2.0]
    result = analyze(Frame(round(t * 1e9) + 77, pixels) for t in times_s)
    assert [frame.t_s for frame in result.frames] == pytest.approx(times_s)


def test_every_face_of_a_group_is_found_and_read(group):
    faces = analyze(group).frames[0].faces
    assert len(faces) == 5
    assert all(face.emotion is not None for face in faces)


def test_forty_faces_in_one_photo(pixels):
    face = np.asarray(Image.fromarray(pixels).crop((120, 100, 440, 450)).resize((146, 160)))
    crowd = np.full((5 * 200, 8 * 200, 3), 128, np.uint8)
    for row in range(5):
        for column in range(8):
            shown = face[:, ::-1] if (row + column) % 2 else face
            y, x = row * 200 + 20, column * 200 + 27
            crowd[y : y + 160, x : x + 146] = shown
    found = analyze(crowd).frames[0].faces
    assert len(found) >= 36
    cells = {(int((f.box[1] + f.box[3]) / 400), int((f.box[0] + f.box[2]) / 400)) for f in found}
    assert len(cells) == len(found), "no face twice"


def test_the_result_validates_against_the_schema_that_is_checked_in(sleeper_analysis, group):
    assert schema.SCHEMA_FILE.read_text(encoding="utf-8") == schema.text(), "run `make schema`"
    validator = jsonschema.Draft202012Validator(json.loads(schema.text()))
    validator.validate(json.loads(sleeper_analysis.json()))
    validator.validate(json.loads(analyze(group, profile="workplace").json()))


def test_at_work_nothing_speaks_of_emotion(portrait):
    result = analyze(portrait, profile="workplace")
    text = result.json().decode()
    for word in ("emotion", "happy", "valence", "arousal", "au12", "confused", "expression"):
        assert word not in text
    assert result.frames[0].faces[0].attention is not None
    assert not any(name.startswith(("p_", "au", "emotion")) for name in result.rows()[0])


def test_rows_are_a_face_and_frame_each(sleeper_analysis):
    rows = sleeper_analysis.rows()
    assert len(rows) == len(sleeper_analysis.frames) == 472
    assert rows[0]["t_s"] == 0
    assert rows[-1]["emotion"] == "happy"


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (5, "expected a path, an address, an array or frames, got int"),
        ([[[1], [2, 3]]], "array: "),
        ("~nobodyatall/x.jpg", "cannot be read"),
        ("long" * 99, "File name too long"),
        (np.zeros((4, 4, 3), np.float32), "expected uint8"),
        (np.zeros((4, 4, 4), np.uint8), "3 channels"),
        (np.zeros((0, 4, 3), np.uint8), "expected uint8"),
        ([], "there are none"),
        ("nowhere.jpg", "nowhere.jpg: no such file"),
        (str(ROOT), "not a file"),
    ],
)
def test_what_cannot_be_analysed_says_why(source, why):
    with pytest.raises(AnalysisError, match=why):
        analyze(source)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"fps": 0}, "fps: expected more than 0, got 0"),
        ({"fps": float("nan")}, "fps: expected more than 0, got nan"),
        ({"profile": "wrkplace"}, '^profile: expected one of .* got "wrkplace"'),
    ],
)
def test_wrong_arguments_are_refused_by_name(pixels, asked, why):
    with pytest.raises(AnalysisError, match=why):
        analyze([pixels], **asked)


def test_importing_edge_loads_nothing():
    code = (
        "import sys, edge; from edge import __version__; "
        "heavy = {'numpy', 'cv2', 'PIL', 'av', 'msgspec', 'edge.analysis'} & set(sys.modules); "
        "sys.exit(', '.join(sorted(heavy)) or 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
