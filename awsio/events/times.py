"""Timestamps by the formats of botocore's models."""

from __future__ import annotations

import datetime
from email.utils import format_datetime
from typing import Any

__all__ = ("epoch_seconds", "parse_timestamp", "write_timestamp")

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def parse_timestamp(value: Any) -> datetime.datetime:
    """Read a timestamp as botocore does: epoch seconds, ISO 8601 or RFC 822.

    Raises:
        ValueError: the value is no timestamp, or beyond what a datetime holds.
    """
    from botocore.utils import parse_timestamp as parse  # noqa: PLC0415 - slow to import

    try:
        parsed: datetime.datetime = parse(value)
    except (OverflowError, RuntimeError) as error:
        raise ValueError(str(error)) from error
    return parsed


def to_datetime(value: Any) -> datetime.datetime:
    """Read what a user gives for a timestamp; a naive datetime is UTC.

    Raises:
        ValueError: the value is no timestamp.
    """
    time = value if isinstance(value, datetime.datetime) else parse_timestamp(value)
    return time if time.tzinfo is not None else time.replace(tzinfo=datetime.UTC)


def epoch_seconds(value: Any) -> int | float:
    """Write a timestamp as seconds since the epoch, whole ones as an int.

    Raises:
        ValueError: the value is no timestamp.
    """
    seconds = (to_datetime(value) - EPOCH).total_seconds()
    return int(seconds) if seconds.is_integer() else seconds


def iso8601(value: Any) -> str:
    """Write a timestamp as ``2015-01-25T08:00:00Z``, with a fraction where there is one."""
    return to_datetime(value).astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")


def rfc822(value: Any) -> str:
    """Write a timestamp as ``Sun, 25 Jan 2015 08:00:00 GMT``."""
    return format_datetime(to_datetime(value).astimezone(datetime.UTC), usegmt=True)


FORMATS = {"unixtimestamp": epoch_seconds, "iso8601": iso8601, "rfc822": rfc822}


def write_timestamp(value: Any, timestamp_format: str) -> int | float | str:
    """Write a timestamp.

    Args:
        value: a datetime (a naive one is UTC), epoch seconds or a string.
        timestamp_format: ``unixTimestamp``, ``iso8601`` or ``rfc822``, in any case.

    Raises:
        ValueError: the value is no timestamp, or the format is unknown.
    """
    write = FORMATS.get(timestamp_format.lower())
    if write is None:
        msg = f"unknown timestamp format {timestamp_format!r}"
        raise ValueError(msg)
    return write(value)
