"""``replace`` for the frozen values of judging: as the standard one, at half its cost.

Judging changes some twenty values a frame, and half its time went into ``dataclasses.replace``,
which looks at every field by name (bench/judge_cost.py). Fields must not be keyword-only.
"""

from __future__ import annotations

from dataclasses import fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import replace
else:
    SHAPES: dict[type, tuple[Callable[[Any], tuple[Any, ...]], dict[str, int]]] = {}

    def replace(value: Any, /, **changes: Any) -> Any:
        """Give a value like ``value`` with some fields changed. Raises ``KeyError`` for others."""
        cls = value.__class__
        shape = SHAPES.get(cls)
        if shape is None:
            names = [field.name for field in fields(cls)]
            shape = attrgetter(*names), {name: at for at, name in enumerate(names)}
            SHAPES[cls] = shape
        get, places = shape
        values = list(get(value))
        for name, changed in changes.items():
            values[places[name]] = changed
        return cls(*values)


__all__ = ["replace"]
