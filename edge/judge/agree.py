"""Rules must not contradict each other: refused where they are made, by name."""

from __future__ import annotations


def agree(agreed: bool, what: str, **values: float) -> None:  # noqa: FBT001 - reads as a sentence
    """Raise ``ValueError`` unless ``agreed``: ``what`` must hold, and the values that do not."""
    if not agreed:
        shown = ", ".join(f"{name} = {value:g}" for name, value in values.items())
        msg = f"{what} must hold; got {shown}"
        raise ValueError(msg)
