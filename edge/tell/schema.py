"""``python -m edge.tell.schema``: write ``edge/tell/schema.json`` anew from the message types."""

from __future__ import annotations

import json
from pathlib import Path

from edge.tell.messages import json_schemas

SCHEMA_FILE = Path(__file__).with_name("schema.json")


def text() -> str:
    """The checked-in file's content as the types stand now."""
    return level(json.dumps(json_schemas(), indent=1, ensure_ascii=False, sort_keys=True)) + "\n"


def level(schema: str) -> str:
    """JSON with descriptions out of docstrings: Python 3.13 takes their margin off, 3.11 not."""
    return schema.replace("\\n    ", "\\n")


if __name__ == "__main__":
    SCHEMA_FILE.write_text(text(), encoding="utf-8")
