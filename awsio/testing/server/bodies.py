"""Streaming bodies: what is not an event stream, and comes in pieces all the same."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from awsio import ServerSentEvent
from awsio.errors import EventSerializeError

__all__ = ("ReplayedPieces", "body_pieces", "encode_piece", "is_whole")

LINE_END = re.compile(r"\r\n|\r|\n")
#: What is one piece by itself.
WHOLE = (str, bytes, bytearray, memoryview, ServerSentEvent)


def is_whole(body: Any) -> bool:
    """Return whether a body is one piece."""
    return isinstance(body, WHOLE)


def encode_piece(piece: Any) -> bytes:
    """Encode a piece of a body.

    Raises:
        EventSerializeError: it is neither bytes, text nor a server-sent event.
    """
    if isinstance(piece, ServerSentEvent):
        return encode_server_sent_event(piece)
    if isinstance(piece, str):
        return piece.encode()
    if isinstance(piece, (bytes, bytearray, memoryview)):
        return bytes(piece)
    msg = f"a piece of a body is bytes, str or a ServerSentEvent, not {type(piece).__name__}"
    raise EventSerializeError(msg)


def encode_server_sent_event(event: ServerSentEvent) -> bytes:
    """Write an event of a ``text/event-stream``.

    See https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
    """
    fields = [("event", event.type)] if event.type != ServerSentEvent().type else []
    fields += [("id", event.id)] if event.id else []
    fields += [("retry", str(event.retry))] if event.retry is not None else []
    fields += [("data", line) for line in LINE_END.split(event.data)]
    return "".join(f"{name}: {value}\n" for name, value in fields).encode() + b"\n"


def body_pieces(body: Any) -> tuple[bytes, ...] | ReplayedPieces:
    """Prepare what a script gives for a streaming body, so that each call can have it.

    Args:
        body: bytes, text, a server-sent event, or an iterable of these.

    Returns:
        The encoded pieces; what is not a list is taken while it is sent.

    Raises:
        EventSerializeError: it is none of these.
    """
    if isinstance(body, ReplayedPieces):
        return body
    if is_whole(body):
        return (encode_piece(body),)
    if isinstance(body, (list, tuple)):
        return tuple(map(encode_piece, body))
    if isinstance(body, Iterable) and not isinstance(body, Mapping):
        return ReplayedPieces(body)
    msg = f"a body is bytes, str, or an iterable of such pieces, not {type(body).__name__}"
    raise EventSerializeError(msg)


class ReplayedPieces:
    """The pieces of an iterable that can be taken once, for every call that wants them.

    Args:
        pieces: the iterable. It is read by one thread at a time, and may block.
    """

    def __init__(self, pieces: Iterable[Any]) -> None:
        self._iterator = iter(pieces)
        self._lock = threading.Lock()
        # Guarded by the lock: what was taken, and how the iterator ended.
        self._taken: list[Any] = []
        self._end: Exception | None = None

    def __iter__(self) -> Iterator[Any]:
        """Yield all pieces from the beginning.

        Raises:
            Exception: what the iterable raised, after the pieces before it.
        """
        index = 0
        while self._has(index):
            yield self._taken[index]
            index += 1
        if not isinstance(self._end, StopIteration):
            raise self._end or AssertionError

    def _has(self, index: int) -> bool:
        """Take pieces until there is one at an index; return whether there is."""
        with self._lock:
            while self._end is None and len(self._taken) <= index:
                try:
                    self._taken.append(next(self._iterator))
                except Exception as error:  # noqa: BLE001 - raised again, for each call
                    self._end = error
            return index < len(self._taken)
