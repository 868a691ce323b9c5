"""A Converse stream of thirty events, as short as such a stream can be."""

from __future__ import annotations

import json
from itertools import accumulate
from typing import Any

from awsio.eventstream import encode_frame

__all__ = (
    "BODY",
    "CHUNKED",
    "ENDS",
    "EVENTS",
    "FRAMES",
    "TERMINAL_AT",
    "encoded",
    "number_of",
    "numbered",
)


def encoded(event: dict[str, Any]) -> bytes:
    """Encode an event with the headers alone that a parser needs."""
    [(kind, value)] = event.items()
    headers = {":message-type": "event", ":event-type": kind}
    return encode_frame(headers, json.dumps(value, separators=(",", ":")).encode())


def numbered(number: int) -> dict[str, Any]:
    """Give a delta whose text is a number."""
    return {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": str(number)}}}


def number_of(event: Any) -> int | None:
    """Give the number of a delta of :func:`numbered`; None for any other event."""
    text = event.get("contentBlockDelta", {}).get("delta", {}).get("text")
    return None if text is None else int(text)


EVENTS: list[dict[str, Any]] = [
    {"messageStart": {"role": "assistant"}},
    *map(numbered, range(26)),
    {"contentBlockStop": {"contentBlockIndex": 0}},
    {"messageStop": {"stopReason": "end_turn"}},
    {"metadata": {}},
]
FRAMES = [encoded(event) for event in EVENTS]
BODY = b"".join(FRAMES)
# Where each frame ends in the body.
ENDS = list(accumulate(map(len, FRAMES)))
# The index of the event that has to come.
TERMINAL_AT = 28
# The body as HTTP sends it in chunks, a frame in each, without the last chunk.
CHUNKED = b"".join(b"%x\r\n%s\r\n" % (len(frame), frame) for frame in FRAMES)
