"""Timestamps of the wire, in the formats of botocore's models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datetime

__all__ = ("parse_timestamp",)


def parse_timestamp(value: Any) -> datetime.datetime:
    """Parse a timestamp as botocore does: epoch seconds, ISO 8601 or RFC 822.

    Raises:
        ValueError: the value is not a timestamp, or is out of a datetime's range.
    """
    from botocore.utils import parse_timestamp as parse  # noqa: PLC0415 - slow to import

    try:
        parsed: datetime.datetime = parse(value)
    except (OverflowError, RuntimeError) as error:
        raise ValueError(str(error)) from error
    return parsed
