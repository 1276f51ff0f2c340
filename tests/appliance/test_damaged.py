"""Whatever has become of ``mien.yaml``, it is read or refused in words: nobody sees a traceback."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from edge.appliance import bootfile
from edge.appliance.rewrite import counted, without_secrets
from tests.appliance.card import GOOD

CARD = (Path(__file__).parents[2] / "systemd/mien.yaml").read_text(encoding="utf-8")
FILES = (
    GOOD + "aim: 3\n",
    re.sub(r"(?m)^# ( *[a-z_]+:( .*)?)$", r"\1", CARD),
)
SIGNS = (
    *("\t", "\r", "\n", "\0", " ", "\u00a0", "\u0085", "\ufeff", '"', "'", "“", ":", "#", "- "),
    *("&a ", "*a", "!!int ", "!!bool ", "{", "}", "[", "]", "|", "> ", "<<: ", "? ", "%", "@", "="),
    *("0x_", "2024-13-45", "2024-01-05", "1_0", ".nan", "~", "null", "yes", "\\ud800", "---\n"),
)


def damaged(text: str, drawn: random.Random) -> str:
    signs = list(text)
    for _ in range(drawn.randint(1, 3)):
        at = drawn.randrange(len(signs))
        match drawn.randrange(4):
            case 0:
                del signs[at : at + drawn.randint(1, 20)]
            case 1:
                signs[at] = drawn.choice(SIGNS)
            case _:
                signs.insert(at, drawn.choice(SIGNS))
    return "".join(signs)


@pytest.mark.parametrize("text", FILES)
def test_a_file_that_is_damaged_anywhere_is_read_or_refused_in_words(text):
    drawn = random.Random(7)
    for _ in range(1500):
        data = damaged(text, drawn).encode()
        wish = bootfile.read(data, {"profile": "vehicle"}, lambda _: "kept", lambda *_: True)
        if isinstance(wish, bootfile.Wish):
            left = without_secrets(data.decode("utf-8-sig"))
            again = bootfile.read(
                left.encode(), {"profile": "vehicle"}, wish.secrets.get, lambda *_: True
            )
            assert isinstance(again, bootfile.Wish), data
            assert (again.settings, again.wifi) == (wish.settings, wish.wifi), data
            if wish.aim:
                counted(left)
        else:
            assert all(line.startswith("mien.yaml: ") for line in wish), data
