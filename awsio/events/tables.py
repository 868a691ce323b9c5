"""Looking up an operation in a table of what the models do not say."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ("find_operation",)

Row = TypeVar("Row")


def find_operation(
    table: Mapping[tuple[str, str], Row], service: str | None, operation: str
) -> Row | None:
    """Find the row of an operation.

    Args:
        table: ``(service, operation)`` to rows.
        service: botocore's name of the service; None where only the operation is known,
            whose name then decides.
        operation: the operation, such as ``ConverseStream``.

    Returns:
        The row, None where the table has none for the operation.
    """
    for (row_service, row_operation), row in table.items():
        if row_operation == operation and service in (None, row_service):
            return row
    return None
