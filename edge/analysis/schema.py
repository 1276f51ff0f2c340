"""``python -m edge.analysis.schema``: write ``edge/analysis/schema.json`` anew from the types."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from edge.analysis.results import Analysis
from edge.analysis.runs import Run

SCHEMA_FILE = Path(__file__).with_name("schema.json")


def text() -> str:
    """The checked-in file's content as the types stand now.

    The document itself is an analysis; ``summary.json`` of a run is ``#/$defs/Run``.
    """
    (analysis, _), parts = msgspec.json.schema_components(
        [Analysis, Run], ref_template="#/$defs/{name}"
    )
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", **analysis, "$defs": parts}
    written = json.dumps(whole, indent=1, ensure_ascii=False, sort_keys=True)
    # docstrings: Python 3.13 takes their margin off, 3.11 does not
    return written.replace("\\n    ", "\\n") + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(text(), encoding="utf-8")
