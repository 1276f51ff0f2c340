"""``python -m docs.make``: write ``api.md`` and ``asyncapi.yaml`` anew from the types.

A test holds the checked-in files against what this gives, and publishes every example.
"""

from __future__ import annotations

from pathlib import Path

from docs import api, asyncapi

DOCS = Path(__file__).parent
FILES = {"api.md": api.page, "asyncapi.yaml": asyncapi.document}

if __name__ == "__main__":
    for file, content in FILES.items():
        (DOCS / file).write_text(content(), encoding="utf-8")
