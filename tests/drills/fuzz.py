"""Coverage-guided fuzzing of everything that comes in: ``make fuzz-atheris``.

Atheris (https://github.com/google/atheris) watches which branches an input reaches and breeds
from those that reach new ones. Any exception is a finding.
"""

import sys

import atheris

with atheris.instrument_imports(include=["edge.tell", "edge.commands", "edge.config"]):
    from tests.tell import hostile

DESK = hostile.a_desk()
TOPICS = [topic for topic, _ in hostile.GOOD]


def one_input(data: bytes) -> None:
    """First byte: which topic. The rest: what is sent there."""
    if data:
        hostile.send(DESK, TOPICS[data[0] % len(TOPICS)], data[1:])


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
