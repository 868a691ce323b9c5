"""What S3 Select streams by itself: three rows, in the format that was asked for.

See https://docs.aws.amazon.com/AmazonS3/latest/API/API_OutputSerialization.html
"""

from __future__ import annotations

import json
from itertools import accumulate
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ("select_object_events",)

ROWS = (
    ("1", "hello", "2025-01-02"),
    ("2", "world", "2025-01-03"),
    ("3", "again", "2025-01-04"),
)
#: Bytes of the object that the rows are from: comma-separated lines.
SCANNED = sum(len(",".join(row)) + 1 for row in ROWS)


def select_object_events(params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Answer SelectObjectContent; a frame's end cuts the second row.

    Args:
        params: the call's arguments, of which ``OutputSerialization`` and
            ``RequestProgress`` count.
    """
    rows = serialized_rows(params.get("OutputSerialization") or {})
    cut = len(rows[0]) + len(rows[1]) // 2
    body = b"".join(rows)
    payloads = [body[:cut], body[cut:]]
    has_progress = bool((params.get("RequestProgress") or {}).get("Enabled"))
    events: list[dict[str, Any]] = []
    for payload, returned in zip(payloads, accumulate(map(len, payloads)), strict=True):
        events.append({"Records": {"Payload": payload}})
        if has_progress:
            events.append({"Progress": {"Details": details(returned)}})
    return [*events, {"Stats": {"Details": details(len(body))}}, {"End": {}}]


def details(returned: int) -> dict[str, int]:
    """Count bytes: the object is one block, which is read before the first record."""
    return {"BytesScanned": SCANNED, "BytesProcessed": SCANNED, "BytesReturned": returned}


def serialized_rows(serialization: Mapping[str, Any]) -> list[bytes]:
    """Write the rows as CSV, or as JSON where that was asked for."""
    json_options = serialization.get("JSON")
    if json_options is None:
        return [csv_row(row, serialization.get("CSV") or {}) for row in ROWS]
    end = json_options.get("RecordDelimiter") or "\n"
    documents = ({f"_{number}": value for number, value in enumerate(row, 1)} for row in ROWS)
    return [json.dumps(one, separators=(",", ":")).encode() + end.encode() for one in documents]


def csv_row(row: tuple[str, ...], options: Mapping[str, str]) -> bytes:
    """Write a row."""
    delimiter = options.get("FieldDelimiter") or ","
    end = options.get("RecordDelimiter") or "\n"
    quote = options.get("QuoteCharacter") or '"'
    escape = options.get("QuoteEscapeCharacter") or quote
    always = str(options.get("QuoteFields", "")).upper() == "ALWAYS"
    fields = []
    for field in row:
        if always or any(mark in field for mark in (delimiter, end, quote)):
            fields.append(quote + field.replace(quote, escape + quote) + quote)
        else:
            fields.append(field)
    return (delimiter.join(fields) + end).encode()
