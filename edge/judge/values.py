"""``replace`` for the frozen values of judging: as the standard one, at a fraction of its cost.

Judging changes some twenty values a frame, and half its time went into ``dataclasses.replace``,
which looks at every field by name, and into the constructors of frozen classes, which set each one
by a call (bench/judge_cost.py). So a value is made as one of a twin class that has the same slots
and is not frozen, and given its own class last. Fields must not be keyword-only.
"""

from __future__ import annotations

from dataclasses import fields, make_dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import replace
else:
    SHAPES: dict[type, tuple[Callable[[Any], tuple[Any, ...]], dict[str, int], type]] = {}

    def replace(value: Any, /, **changes: Any) -> Any:
        """Give a value like ``value`` with some fields changed. Raises ``KeyError`` for others."""
        cls = value.__class__
        shape = SHAPES.get(cls)
        if shape is None:
            names = [field.name for field in fields(cls)]
            twin = make_dataclass(cls.__name__, names, slots=True, eq=False, repr=False)
            shape = attrgetter(*names), {name: at for at, name in enumerate(names)}, twin
            SHAPES[cls] = shape
        get, places, twin = shape
        values = list(get(value))
        for name, changed in changes.items():
            values[places[name]] = changed
        made = twin(*values)
        made.__class__ = cls
        return made


__all__ = ["replace"]
