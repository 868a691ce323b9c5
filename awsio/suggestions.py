"""Names close to a wrong one, for error messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ("close_matches", "did_you_mean")


def close_matches(
    name: object, names: Iterable[str], limit: int = 3, cutoff: float = 0.6
) -> list[str]:
    """Return the names that are most similar to a wrong one.

    Args:
        name: the wrong name.
        names: the names that exist.
        limit: the most names to return.
        cutoff: the least similarity, 0 to 1, as in :func:`difflib.get_close_matches`.

    Returns:
        The best match first; possibly empty.
    """
    import difflib  # noqa: PLC0415 - needed only after a typo

    return difflib.get_close_matches(str(name), [*names], limit, cutoff)


def did_you_mean(suggestions: Sequence[str]) -> str:
    """Return the end of an error message that names suggestions, empty without any."""
    return f"; did you mean {' or '.join(suggestions)}?" if suggestions else ""
