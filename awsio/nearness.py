"""Names near to a wrong one, for the messages of errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ("did_you_mean", "near_names")


def near_names(
    name: object, names: Iterable[str], most: int = 3, likeness: float = 0.6
) -> list[str]:
    """Find the names that are most like a wrong one.

    Args:
        name: the wrong one.
        names: those that there are.
        most: how many are given.
        likeness: how like they must be, 0 to 1.

    Returns:
        The nearest first; may be empty.
    """
    import difflib  # noqa: PLC0415 - only who mistypes pays for it

    return difflib.get_close_matches(str(name), [*names], most, likeness)


def did_you_mean(near: list[str]) -> str:
    """Say near names behind a message, if there are any."""
    return f"; did you mean {' or '.join(near)}?" if near else ""
