"""Server-sent events that come in pieces.

Pure of I/O: push pieces with ``feed``, pull what is whole.
"""

from __future__ import annotations

from typing import NamedTuple

from awsio.errors import LineTooLongError
from awsio.lines import LineSplitter

__all__ = ("BOM", "ServerSentEvent", "SseDecoder")

BOM = b"\xef\xbb\xbf"
RETRY_DIGITS = 19  # more milliseconds than 64 bits hold mean nothing


class ServerSentEvent(NamedTuple):
    """An event of a ``text/event-stream``.

    Attributes:
        type: ``message`` where the stream names no other.
        data: the data lines, joined by newlines.
        id: the last event id that the stream has set, ``""`` where it has set none.
        retry: the reconnection time in milliseconds, if the stream has set it since the
            event before.
    """

    type: str = "message"
    data: str = ""
    id: str = ""
    retry: int | None = None


class SseDecoder:
    """Decodes server-sent events by the WHATWG's rules.

    See https://html.spec.whatwg.org/multipage/server-sent-events.html: a byte-order
    mark at the start is skipped, invalid UTF-8 is replaced, comments and unknown
    fields are skipped, a block without data makes no event, and one that the end cuts off
    is dropped. ``retry`` and ``id`` count from the field on, whatever becomes of the block.

    Args:
        max_size: the longest event accepted, in bytes of all its lines; None for no
            limit.
    """

    def __init__(self, max_size: int | None = None) -> None:
        self.max_size = max_size
        self._lines = LineSplitter(bare_cr=True)
        self._at_start = True
        self._id = ""
        self._type = ""
        self._data: list[str] = []
        self._length = 0  # bytes of the event's lines so far
        self._retry: int | None = None
        self._head = b""

    def feed(self, data: bytes) -> None:
        """Add a piece."""
        if self._at_start:
            data = self._head + data
            if len(data) < len(BOM) and BOM.startswith(data):
                self._head = data
                return
            self._at_start, self._head = False, b""
            data = data.removeprefix(BOM)
        self._lines.feed(data)

    def feed_eof(self) -> int:
        """Signal that no more will come; an event without its blank line is dropped.

        Returns:
            The bytes of the dropped event, 0 where none was begun.
        """
        length = self.buffered
        self._lines.max_size = None
        self._lines.feed_eof()
        while (line := self._lines.next_line()) is not None:
            self._field(line.decode(errors="replace"))
        dropped = length if self._data else 0
        self._data, self._length, self._head = [], 0, b""
        return dropped

    def next_event(self) -> ServerSentEvent | None:
        """Return an event; None if none is whole.

        Raises:
            LineTooLongError: the event is above ``max_size``; so does every later call.
        """
        while (line := self._next_line()) is not None:
            if line:
                self._field(line.decode(errors="replace"))
            else:
                event = self._dispatch()
                if event is not None:
                    return event
        return None

    @property
    def buffered(self) -> int:
        """Bytes that were fed and belong to no event taken yet."""
        return self._length + self._lines.buffered + len(self._head)

    def _next_line(self) -> bytes | None:
        """Return a line, unless the event gets too long with it."""
        limit = self.max_size
        self._lines.max_size = None if limit is None else limit - self._length
        try:
            line = self._lines.next_line()
        except LineTooLongError as error:
            length = self._length + error.length
            raise LineTooLongError(length=length, limit=self.max_size or 0) from None
        self._length += len(line or b"")
        return line

    def _field(self, line: str) -> None:
        """Process one line that is not blank."""
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._type = value
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "retry" and value.isascii() and value.isdigit() and len(value) < RETRY_DIGITS:
            self._retry = int(value)

    def _dispatch(self) -> ServerSentEvent | None:
        """End the event at a blank line; a block without data makes none."""
        event = None
        if self._data:
            event = ServerSentEvent(
                self._type or "message", "\n".join(self._data), self._id, self._retry
            )
            self._retry = None
        self._type, self._data, self._length = "", [], 0
        return event
