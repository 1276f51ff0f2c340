"""Pictures as files, for tests of what is read."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image


def png(picture: Image.Image, **more: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", **more)
    return file.getvalue()
