"""What the streams carry: lines of JSON with the number of the stream and their own."""

from __future__ import annotations

import json
from base64 import b64encode
from functools import lru_cache

from tests.support.frames import event

__all__ = ("FOREIGN", "OPERATIONS", "document", "frames", "line", "payload")

#: The number of the stream that no one asks for: what it carries must never be read.
FOREIGN = 0
CONVERSE, INVOKE = "converse-stream", "invoke-with-response-stream"
OPERATIONS = (CONVERSE, INVOKE)


def document(stream: int, number: int) -> dict[str, object]:
    """Return what a frame carries; their lengths differ."""
    length = 3000 if (stream + number) % 97 == 0 else (stream * 31 + number * 17) % 60
    return {"stream": stream, "number": number, "filler": "x" * length}


def line(stream: int, number: int) -> str:
    """Return what a frame carries, as a line of text."""
    return json.dumps(document(stream, number)) + "\n"


def frames(operation: str, stream: int, count: int) -> list[bytes]:
    """Encode the frames of a stream; Converse has a terminal event after them."""
    if operation == INVOKE:
        texts = (line(stream, number).encode() for number in range(count))
        return [event("chunk", {"bytes": b64encode(text).decode()}) for text in texts]
    found = [
        event(
            "contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": line(stream, number)}}
        )
        for number in range(count)
    ]
    return [*found, event("messageStop", {"stopReason": "end_turn"})]


@lru_cache(maxsize=16)
def payload(stream: int, count: int) -> bytes:
    """Return what all frames of a stream carry."""
    return "".join(line(stream, number) for number in range(count)).encode()
