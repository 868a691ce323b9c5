"""What tests of merged streams send, and a source that has something now and then."""

from __future__ import annotations

import io
from typing import Any

from awsio import PawsConnection
from awsio.errors import StreamTimeoutError
from awsio.eventstream import encode_frame
from tests.support.wire import Gate

__all__ = ("Endless", "frame", "gated", "payloads_of", "stored")


def frame(payload: object) -> bytes:
    return encode_frame({":event-type": "e"}, str(payload).encode())


def stored(*payloads: object) -> PawsConnection:
    return PawsConnection(io.BytesIO(b"".join(map(frame, payloads))))


def payloads_of(merged: Any) -> list[str]:
    return [event.payload.decode() for _, event in merged]


def gated(*payloads: object) -> tuple[list[bytes | Gate], list[Gate]]:
    """Give the pieces of an answer with a gate before each frame."""
    gates = [Gate() for _ in payloads]
    pieces: list[bytes | Gate] = []
    for gate, payload in zip(gates, payloads, strict=True):
        pieces += [gate, frame(payload)]
    return pieces, gates


class Endless:
    """A byte source without a descriptor, which has something at every second look."""

    timeout = None

    def __init__(self, *pieces: bytes) -> None:
        self.looks = 0
        self.pieces = list(pieces)
        self.closed = False

    def read(self, size: int, deadline: float | None = None) -> bytes:  # noqa: ARG002 - a source
        self.looks += 1
        if self.looks % 2 and deadline is not None:
            raise StreamTimeoutError("nothing came in time", resumable=True)
        return self.pieces.pop(0) if self.pieces else b""

    def wake(self) -> None:
        pass

    def close(self, *, drain: bool) -> None:  # noqa: ARG002 - a source
        self.closed = True

    def fileno(self) -> int:
        raise OSError
