"""Writing timestamps in the formats of botocore's models."""

from __future__ import annotations

import datetime
from email.utils import format_datetime
from types import MappingProxyType
from typing import Any

from awsio.events.times import parse_timestamp

__all__ = ("epoch_seconds", "format_timestamp")

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def aware_datetime(value: Any) -> datetime.datetime:
    """Return a datetime with a time zone; a naive datetime is UTC.

    Raises:
        ValueError: the value is not a timestamp.
    """
    time = value if isinstance(value, datetime.datetime) else parse_timestamp(value)
    return time if time.tzinfo is not None else time.replace(tzinfo=datetime.UTC)


def epoch_seconds(value: Any) -> int | float:
    """Return a timestamp as seconds since the epoch, whole seconds as an int.

    Raises:
        ValueError: the value is not a timestamp.
    """
    seconds = (aware_datetime(value) - EPOCH).total_seconds()
    return int(seconds) if seconds.is_integer() else seconds


def iso8601(value: Any) -> str:
    """Return a timestamp such as ``2015-01-25T08:00:00Z``, with its fraction if it has one."""
    return aware_datetime(value).astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")


def rfc822(value: Any) -> str:
    """Return a timestamp such as ``Sun, 25 Jan 2015 08:00:00 GMT``."""
    return format_datetime(aware_datetime(value).astimezone(datetime.UTC), usegmt=True)


FORMATTERS = MappingProxyType(
    {"unixtimestamp": epoch_seconds, "iso8601": iso8601, "rfc822": rfc822}
)


def format_timestamp(value: Any, timestamp_format: str) -> int | float | str:
    """Return a timestamp in a format of the models.

    Args:
        value: a datetime (a naive one is UTC), epoch seconds or a string.
        timestamp_format: ``unixTimestamp``, ``iso8601`` or ``rfc822``, in any case.

    Raises:
        ValueError: the value is not a timestamp, or the format is unknown.
    """
    formatter = FORMATTERS.get(timestamp_format.lower())
    if formatter is None:
        msg = f"unknown timestamp format {timestamp_format!r}"
        raise ValueError(msg)
    return formatter(value)
