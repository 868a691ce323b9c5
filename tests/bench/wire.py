"""The bytes that are read: event streams in frames, and frames in bodies of HTTP.

They look as AWS sends them: Bedrock's token events with their padding ``p``, which no
model knows, and S3's records as bytes.
"""

from __future__ import annotations

import json
from itertools import cycle, islice
from typing import Any

from awsio.eventstream import encode_frame

__all__ = ("cut", "event", "records", "select_end", "tokens")

JSON = "application/json"
BYTES = "application/octet-stream"
# The text of a token; with it, an event has about 200 bytes on the wire.
TOKEN = " world"
# Of which Bedrock sends a part, of a length that differs from event to event.
PADDING = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
# Every length, in an order without a pattern.
PADDINGS = [number * 23 % (len(PADDING) + 1) for number in range(len(PADDING) + 1)]

METADATA = {
    "usage": {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5},
    "metrics": {"latencyMs": 9},
}
BEGIN: list[tuple[str, Any]] = [("messageStart", {"role": "assistant"})]
END: list[tuple[str, Any]] = [
    ("contentBlockStop", {"contentBlockIndex": 0}),
    ("messageStop", {"stopReason": "end_turn"}),
    ("metadata", METADATA),
]


def event(kind: str, payload: bytes, content_type: str = JSON) -> bytes:
    """Encode an event, its headers in the order in which AWS writes them."""
    headers = {":event-type": kind, ":content-type": content_type, ":message-type": "event"}
    return encode_frame(headers, payload)


def json_event(kind: str, members: dict[str, Any], padding: int = 30) -> bytes:
    """Encode an event of Bedrock, with so many letters of padding."""
    document = {**members, "p": PADDING[:padding]}
    return event(kind, json.dumps(document, separators=(",", ":")).encode())


def tokens(count: int, size: int | None = None) -> list[bytes]:
    """Give the frames of a Converse stream of so many events, most of them tokens.

    Args:
        count: of all events.
        size: bytes of text in each token, None for those of a word.
    """
    text = TOKEN if size is None else "x" * size
    delta = {"contentBlockIndex": 0, "delta": {"text": text}}
    deltas = [json_event("contentBlockDelta", delta, length) for length in PADDINGS]
    begin = [json_event(kind, members) for kind, members in BEGIN]
    end = [json_event(kind, members) for kind, members in END]
    between = islice(cycle(deltas), count - len(begin) - len(end))
    return [*begin, *between, *end]


def records(size: int) -> bytes:
    """Give a frame of S3 Select that carries so many bytes of rows."""
    row = b"1043,Bergen,2024-03-07,6.25\n"
    return event("Records", (row * (size // len(row) + 1))[:size], BYTES)


def select_end() -> bytes:
    """Give the frame that ends S3 Select."""
    return event("End", b"")


def cut(data: bytes, size: int) -> list[bytes]:
    """Cut bytes into pieces of one size."""
    return [data[at : at + size] for at in range(0, len(data), size)]
