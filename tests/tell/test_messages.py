from __future__ import annotations

import json
import typing

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.tell import messages as m
from edge.tell import schema
from tests.tell import examples

if typing.TYPE_CHECKING:
    from pathlib import Path

SCHEMAS = json.loads(schema.SCHEMA_FILE.read_text(encoding="utf-8"))


def test_the_checked_in_schema_is_that_of_the_types() -> None:
    assert schema.SCHEMA_FILE.read_text(encoding="utf-8") == schema.text(), "run `make schema`"


def test_the_golden_messages_are_what_is_said() -> None:
    now = examples.golden()
    then = {path.name: path.read_bytes() for path in examples.GOLDEN.iterdir()}
    assert then == now, "a change of the API: `python -m tests.tell.examples`, then look at it"


@pytest.mark.parametrize("topic", m.KINDS)
def test_every_topic_has_a_golden_message(topic: str) -> None:
    assert any(examples.topic_of(path.name) == topic for path in examples.GOLDEN.iterdir())


@pytest.mark.parametrize("path", sorted(examples.GOLDEN.iterdir()), ids=lambda p: p.stem)
def test_a_golden_message_keeps_to_its_schema_and_is_read_back_whole(path: Path) -> None:
    topic, payload = examples.topic_of(path.name), path.read_bytes()
    validator(topic).validate(json.loads(payload))
    assert json.loads(m.encode(m.decode(topic, payload))) == json.loads(payload)


def test_the_schema_refuses_a_level_that_is_a_word() -> None:
    message = json.loads((examples.GOLDEN / "state.json").read_bytes())
    with pytest.raises(jsonschema.ValidationError, match="'high' is not of type 'integer'"):
        validator("state").validate(message | {"level": "high"})


def test_a_reader_of_this_version_ignores_what_a_later_one_adds() -> None:
    message = json.loads((examples.GOLDEN / "state.json").read_bytes())
    later = json.dumps(message | {"mood_ring": "teal"}).encode()
    assert m.decode("state", later).seq == message["seq"]


# No type that could carry a picture --------------------------------------------------------


def places(kind: object) -> typing.Iterator[object]:
    """Every type that is to be found inside a message type."""
    yield kind
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        for hint in typing.get_type_hints(kind).values():
            yield from places(hint)
    for inner in typing.get_args(kind):
        yield from places(inner)


@pytest.mark.parametrize("topic", m.KINDS)
def test_no_message_type_holds_bytes_or_a_row_of_numbers(topic: str) -> None:
    numbers = {int, float, complex}
    for kind in places(m.KINDS[topic]):
        assert kind not in {bytes, bytearray, memoryview, object, typing.Any}
        if typing.get_origin(kind) in {list, tuple, set, frozenset}:
            assert not numbers & set(places(kind)) or _are_structs(kind), kind


def _are_structs(kind: object) -> bool:
    """A list of records: each names its numbers."""
    return all(issubclass(each, msgspec.Struct) for each in typing.get_args(kind))


def anything_of(topic: str) -> st.SearchStrategy[m.Message]:
    """Messages of this type with any text, any number and any length anywhere."""
    return st.from_type(m.KINDS[topic])


@pytest.mark.parametrize("topic", m.KINDS)
@given(data=st.data())
def test_whatever_is_put_into_a_message_no_picture_gets_out(
    topic: str, data: st.DataObject
) -> None:
    message = data.draw(anything_of(topic))
    stuffing = data.draw(st.integers(0, 4096))
    message = msgspec.structs.replace(message, boot_id="A" * stuffing)
    try:
        payload = m.encode(message)
    except (ValueError, msgspec.ValidationError):
        return
    assert len(payload) <= m.PAYLOAD_LIMIT
    rows, longest = measured(json.loads(payload))
    assert rows <= 64
    assert longest <= m.TEXT_LIMIT


def test_a_picture_as_text_is_refused_in_words() -> None:
    state = m.decode("state", (examples.GOLDEN / "state.json").read_bytes())
    smuggler = msgspec.structs.replace(state, light="iVBORw0KGgo" * 100)
    with pytest.raises(ValueError, match="a string is longer than 1024"):
        m.encode(smuggler)
    with pytest.raises(ValueError, match="expected at most 2048 bytes"):
        m.encode(msgspec.structs.replace(state, light="iVBORw0KGgo" * 200))


def measured(value: object) -> tuple[int, int]:
    """The longest row of numbers and the longest string in plain data."""
    if isinstance(value, str):
        return 0, len(value)
    if isinstance(value, dict):
        inner = [measured(v) for v in (*value, *value.values())]
        numbers = 0  # each has a name
    elif isinstance(value, list):
        inner = [measured(v) for v in value]
        numbers = sum(isinstance(v, int | float) for v in value)
    else:
        return 0, 0
    return max([numbers, *(r for r, _ in inner)]), max([0, *(n for _, n in inner)])


def validator(topic: str) -> jsonschema.Draft202012Validator:
    """The published schema of one topic."""
    return jsonschema.Draft202012Validator(SCHEMAS["topics"][topic] | {"$defs": SCHEMAS["$defs"]})
