"""Scalars as text, in headers, labels, queries and forms."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any

from awsio.events.serializing.times import format_timestamp
from awsio.events.times import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.model import Shape

__all__ = ("from_text", "header_text")

FROM_TEXT: dict[str, Callable[[str], Any]] = {
    "blob": b64decode,
    "boolean": lambda text: text == "true",
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
    "timestamp": parse_timestamp,
}


def from_text(text: str, shape: Shape) -> Any:
    """Read a scalar.

    Raises:
        ValueError: the text is not of the shape's type.
    """
    return FROM_TEXT.get(shape.type_name, str)(text)


def header_text(value: Any, member: Any) -> str:
    """Write a header's value: a scalar, a list with commas, or JSON in base64.

    Raises:
        ValueError: a timestamp is none, or the text has a line break.
    """
    if member.serialization.get("jsonvalue"):
        return b64encode(json.dumps(value).encode()).decode()
    if member.type_name == "list":
        return ",".join(header_text(item, member.member) for item in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if member.type_name == "timestamp":
        return str(format_timestamp(value, member.serialization.get("timestampFormat", "rfc822")))
    text = str(value)
    if not text.isprintable():
        msg = f"a header cannot hold {text!r}"
        raise ValueError(msg)
    return text
