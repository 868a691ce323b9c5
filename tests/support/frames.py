"""Short ways to write the frames that tests send."""

from __future__ import annotations

import json
from typing import Any

from awsio.eventstream import encode_frame

__all__ = ("CONVERSE", "CONVERSE_EVENTS", "SELECT", "event", "exception", "initial", "text")


def event(kind: str, payload: Any = None, content_type: str = "application/json") -> bytes:
    """Encode an event; a payload that is not bytes goes as JSON."""
    data = payload if isinstance(payload, bytes) else json.dumps(payload or {}).encode()
    headers = {":event-type": kind, ":content-type": content_type, ":message-type": "event"}
    return encode_frame(headers, data)


def exception(kind: str, message: str) -> bytes:
    """Encode an exception frame."""
    headers = {
        ":exception-type": kind,
        ":content-type": "application/json",
        ":message-type": "exception",
    }
    return encode_frame(headers, json.dumps({"message": message}).encode())


def initial(**members: Any) -> bytes:
    """Encode the initial response of an RPC protocol."""
    return event("initial-response", members, "application/x-amz-json-1.1")


def text(words: str) -> bytes:
    """Encode a delta of a Converse stream."""
    delta = {"contentBlockIndex": 0, "delta": {"text": words}}
    return event("contentBlockDelta", delta)


METADATA = {
    "usage": {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5},
    "metrics": {"latencyMs": 9},
}
CONVERSE_EVENTS: list[dict[str, Any]] = [
    {"messageStart": {"role": "assistant"}},
    {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": "Hello"}}},
    {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": ", wörld"}}},
    {"contentBlockStop": {"contentBlockIndex": 0}},
    {"messageStop": {"stopReason": "end_turn"}},
    {"metadata": METADATA},
]
CONVERSE = [event(kind, value) for one in CONVERSE_EVENTS for kind, value in one.items()]
# Cut into threes, the two bytes of the a umlaut come in two frames.
ROWS = b"name,n\na\xc3\xa4,1\nbob,22\n"
SELECT = [
    *(
        event("Records", ROWS[at : at + 3], "application/octet-stream")
        for at in range(0, len(ROWS), 3)
    ),
    event("End", b""),
]
