"""All rows of the table, and the choice among them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.bench.tables.calls import rows_of_bulk, rows_of_calls
from tests.bench.tables.decoding import rows_of_events, rows_of_frames
from tests.bench.tables.fresh import rows_of_memory, rows_of_start
from tests.bench.tables.waiting import rows_of_first_events, rows_of_trickle

if TYPE_CHECKING:
    from tests.bench.row import Row

__all__ = ("all_rows", "select_rows")


def all_rows(*, quick: bool) -> list[Row]:
    """Give the rows of the table; quick ones do less work, and only what the target is about."""
    rows = [
        *rows_of_frames(quick=quick),
        *rows_of_events(quick=quick),
        *rows_of_calls(quick=quick),
        *rows_of_bulk(quick=quick),
        *rows_of_first_events(quick=quick),
        *rows_of_trickle(quick=quick),
        *rows_of_start(),
        *rows_of_memory(quick=quick),
    ]
    return [replace(row, others=()) for row in rows] if quick else rows


def select_rows(rows: list[Row], names: list[str]) -> list[Row]:
    """Give the rows of these names; a name also means those that begin with it and a dash.

    Raises:
        ValueError: there is no such row.
    """
    chosen = []
    for name in names:
        found = [row for row in rows if row.name == name or row.name.startswith(f"{name}-")]
        if not found:
            msg = f"there is no row {name!r}; there are {', '.join(row.name for row in rows)}"
            raise ValueError(msg)
        chosen += found
    return [row for row in rows if row in chosen]
