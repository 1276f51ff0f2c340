"""Every film says what stands beside it; a change of a rule shows as a change of these files."""

from __future__ import annotations

import pytest
import scenes

from edge import recording
from edge.judge.rules import Rules


@pytest.mark.parametrize("film", scenes.films(), ids=lambda film: film.stem)
def test_a_film_gives_the_alerts_beside_it(film):
    assert scenes.alerts(film) == film.with_suffix(".alerts").read_text(encoding="utf-8")


def test_there_are_twenty_scenes_and_none_without_its_alerts():
    assert len([film for film in scenes.films() if film.suffix == ".scene"]) >= 20
    expected = {film.with_suffix(".alerts") for film in scenes.films()}
    assert expected == set(scenes.HERE.glob("*/*.alerts"))


ATTENTIVE = (
    "attentive-in-traffic",
    "blinking-a-lot",
    "glances-at-the-mirror",
    "mirrors-with-the-eyes",
    "laughs-and-talks",
    "yawns-three-times",
    "waits-at-a-crossing",
    "drives-into-dusk",
    "sunglasses",
    "passenger-sleeps",
    "one_blink",
    "cartoon",
    "face_comes",
)


@pytest.mark.parametrize("name", ATTENTIVE)
def test_whoever_is_attentive_hears_nothing_above_a_note(name):
    film = next(film for film in scenes.films() if film.stem == name)
    said = film.with_suffix(".alerts").read_text(encoding="utf-8")
    assert not [line for line in said.splitlines() if "level" in line and "level 1" not in line]


def test_a_scene_that_cannot_be_read_is_named(tmp_path):
    scene = tmp_path / "odd.scene"
    scene.write_text("10 awake\n3 levitating\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"odd.scene:2: '3 levitating'"):
        scenes.written(scene)


def test_a_scene_survives_being_recorded(tmp_path):
    script = scenes.written(scenes.HERE / "scenes" / "nods-off.scene")
    path = tmp_path / "nods-off.jsonl"
    seen = list(scenes.filmed(script))
    with path.open("wb") as file:
        assert list(recording.record(seen, file, "test")) == seen
    assert scenes.alerts(path) == scenes.alerts(scenes.HERE / "scenes" / "nods-off.scene")
    assert script.rules == Rules()
